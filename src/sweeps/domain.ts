import type { RandomStream } from '../base/index.js';
import type { Domain } from '../config/index.js';

/** Options by their dotted path, and what a search may set each to. */
export type Space = Readonly<Record<string, Domain>>;
/** A value for each option of a space. */
export type Assignment = Readonly<Record<string, unknown>>;

export type Range = Extract<Domain, { readonly low: number }>;

/** How many values a domain holds; Infinity for a range without steps. */
export function sizeOf(domain: Domain): number {
  if ('values' in domain) return domain.values.length;
  const step = stepOf(domain);
  // A step that misses `high` by rounding alone still comes to it.
  return step === null ? Number.POSITIVE_INFINITY : Math.floor((domain.high - domain.low) / step + 1e-9) + 1;
}

/** The value of that number, from 0, of a domain that has so many. */
export function valueAt(domain: Domain, i: number): unknown {
  return 'values' in domain ? domain.values[i] : onStep(domain, i);
}

/** The values at the ends of a domain, or all where it names them, and where each of them is written in it. */
export function endsOf(
  domain: Domain,
): { readonly value: unknown; readonly at: readonly (string | number)[] }[] {
  if ('values' in domain) return domain.values.map((value, i) => ({ value, at: ['values', i] }));
  const size = sizeOf(domain);
  const high = Number.isFinite(size) ? onStep(domain, size - 1) : domain.high;
  return [
    { value: domain.low, at: ['low'] },
    { value: high, at: ['high'] },
  ];
}

/** Any value with the same chance; of a logarithmic range, any factor. */
export function draw(domain: Domain, random: RandomStream): unknown {
  if ('values' in domain) return domain.values[random.int(domain.values.length)];
  const line = new Line(domain);
  return line.value(line.low + random.uniform() * (line.high - line.low));
}

/**
 * A range laid out where it is searched: on its logarithm with `log`, and half a step wider on either side where it has
 * steps, so that all of them get an equal share.
 */
export class Line {
  readonly low: number;
  readonly high: number;
  private readonly step: number | null;
  private readonly size: number;

  constructor(private readonly range: Range) {
    this.step = stepOf(range);
    this.size = sizeOf(range);
    const half = (this.step ?? 0) / 2;
    const top = this.step === null ? range.high : onStep(range, this.size - 1);
    this.low = this.place(range.low - half);
    this.high = this.place(top + half);
  }

  /** Where a value lies. */
  place(value: number): number {
    return this.range.log ? Math.log(value) : value;
  }

  /** The value at a place, the nearest step where there are steps. */
  value(place: number): number {
    const { range, step, size } = this;
    const value = range.log ? Math.exp(place) : place;
    if (step === null) return Math.min(range.high, Math.max(range.low, value));
    const i = Math.round((value - range.low) / step);
    return onStep(range, Math.min(size - 1, Math.max(0, i)));
  }

  /** The stretch that stands for a value, or null where there are no steps. */
  share(value: number): readonly [from: number, to: number] | null {
    if (this.step === null) return null;
    return [this.place(value - this.step / 2), this.place(value + this.step / 2)];
  }
}

function stepOf({ integer, step }: Range): number | null {
  return step ?? (integer ? 1 : null);
}

/** Without the last bits that sums leave behind: 0.3, not 0.30000000000000004. */
function onStep(range: Range, i: number): number {
  return Number((range.low + i * stepOf(range)!).toPrecision(12));
}
