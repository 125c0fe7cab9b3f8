import { UserError } from '../base/index.js';
import type { SweepOptions } from './sweepTypes.js';

/** When claims are looked at while seeds are added until they are decided; settled before the first of them. */
export interface Looks {
  /** In the order in which they are added. */
  readonly seeds: readonly number[];
  /** With how many of the seeds the claims are looked at; the last time with all. */
  readonly at: readonly number[];
}

/** Most seeds where nobody says. */
const usual = 20;

/**
 * The looks of a sweep: once they are settled, for all its later runs.
 *
 * @param claimed seeds to begin with; null: the sweep claims nothing
 */
export function plannedLooks(
  { untilDecided, only }: Pick<SweepOptions, 'untilDecided' | 'only'>,
  claimed: readonly number[] | null,
  settled: Looks | null,
): Looks | null {
  if (!untilDecided) return settled;
  if (!claimed) throw new UserError('--until-decided: the sweep claims nothing', 'Give the file claims.');
  if (only.length > 0) {
    throw new UserError(
      '--until-decided and --only go against each other',
      'Claims are about the whole table: leave one out.',
    );
  }
  return looksOf(claimed, untilDecided.mostSeeds, settled);
}

/**
 * Twice the seeds at each look. Every look costs power, since all p are multiplied by their number; so they are few, and as
 * far apart as what a seed still adds.
 *
 * @param first seeds to begin with; what follows counts on from the largest
 * @param most seeds at all; null: as many as were settled before, or else 20
 * @param settled the looks of this sweep so far
 * @throws UserError where others were settled: p were multiplied by their number
 */
export function looksOf(first: readonly number[], most: number | null, settled: Looks | null): Looks {
  const all = most ?? settled?.seeds.length ?? usual;
  if (all < first.length) {
    const problem = `the sweep begins with ${first.length} seeds, and --most-seeds is ${all}`;
    throw new UserError(problem, `Give --most-seeds ${first.length} or more.`);
  }
  const largest = Math.max(...first);
  const seeds = Array.from({ length: all }, (_, i) => first[i] ?? largest + 1 + i - first.length);
  const at: number[] = [];
  for (let n = Math.max(2, first.length); n < all; n *= 2) at.push(n);
  at.push(all);
  if (!settled || JSON.stringify(settled) === JSON.stringify({ seeds, at })) return { seeds, at };
  throw new UserError(
    `the claims of this sweep are looked at with ${numbers(settled.at)} of the seeds ${settled.seeds[0]} to ${settled.seeds.at(-1)}, which was settled when --until-decided was first given, not with ${numbers(at)}`,
    `Leave --seeds as they were and --most-seeds ${settled.seeds.length}, or begin anew: other seeds, and another --name.`,
  );
}

/**
 * How often the claims are looked at: as `--until-decided` has settled it, and beside that with each other set of seeds that they
 * were judged by before, and are now.
 *
 * @param seen sets of seeds that they were judged by so far
 * @param seeds those of now
 */
export function looksSoFar(
  settled: Looks | null,
  seen: readonly (readonly number[])[],
  seeds: readonly number[],
): { readonly looks: number; readonly before: readonly (readonly number[])[] } {
  const key = (set: readonly number[]): string => JSON.stringify([...set].sort((a, b) => a - b));
  const planned = new Set(settled?.at.map((n) => key(settled.seeds.slice(0, n))));
  const others = new Map(seen.map((set) => [key(set), set]));
  for (const known of [...planned, key(seeds)]) others.delete(known);
  const before = [...others.values()];
  return { looks: planned.add(key(seeds)).size + before.length, before };
}

/** `They were looked at before, with 3 and 5 seeds`. */
export const lookedBefore = (before: readonly (readonly number[])[]): string =>
  `They were looked at before, with ${numbers(before.map(({ length }) => length))} ${before.length === 1 && before[0]!.length === 1 ? 'seed' : 'seeds'}; looks that --until-decided settles beforehand are corrected for better`;

const numbers = (all: readonly number[]): string =>
  all.length > 1 ? `${all.slice(0, -1).join(', ')} and ${all.at(-1)}` : `${all[0]}`;
