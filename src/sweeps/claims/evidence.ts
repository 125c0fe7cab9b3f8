import { effectSize, meanInterval, rounding, summarize, tTest } from '../../statistics/index.js';
import { directionOf } from './check.js';
import type { Cell, Evidence, Part } from './types.js';

/** Holds a part against the results, seed by seed. @param alpha one-sided */
export function evidenceOf(
  part: Part,
  cells: readonly Cell[],
  seeds: readonly number[],
  alpha: number,
): Evidence {
  const values = valuesOf(part, cells, seeds);
  const none = {
    rowMean: null,
    againstMean: null,
    mean: null,
    sd: null,
    interval: null,
    p: null,
    effect: null,
  };
  if ('problem' in values) return { ...part, seeds: seeds.length, ...none, problem: values.problem };
  const { row, against, sample } = values;
  const { mean, sd } = summarize(sample);
  return {
    ...part,
    seeds: seeds.length,
    rowMean: summarize(row).mean,
    againstMean: summarize(against).mean,
    mean,
    sd,
    interval: meanInterval(sample, 1 - 2 * alpha),
    p: sidesOf(sample, part),
    effect: effectSize(sample),
    problem: null,
  };
}

/**
 * One-sided p of a part and of its opposite. Differences without any spread leave a t test nothing to go by, and with a coarse
 * metric two or three of them are equal by chance: then it is the sign test, whose p is one half to the power of the seeds.
 */
function sidesOf(
  sample: readonly number[],
  { relation, threshold, smallest = threshold }: Part,
): Evidence['p'] {
  const p = (alternative: 'greater' | 'less', against: number): number | null => {
    const test = tTest(sample, { against, alternative });
    return test && (Number.isFinite(test.t) ? test.p : Math.max(test.p, 2 ** -test.n));
  };
  const [above, below] = [p('greater', threshold), p('less', smallest)];
  if (above === null || below === null) return null;
  return relation === 'above' ? { for: above, against: below } : { for: below, against: above };
}

interface Values {
  readonly row: number[];
  readonly against: number[];
  /** The differences. */
  readonly sample: number[];
}

function valuesOf(
  part: Part,
  cells: readonly Cell[],
  seeds: readonly number[],
): Values | { readonly problem: string } {
  const { metric, less } = part;
  const problems: string[] = [];
  const column = (label: string): number[] => {
    const cell = cells.find((one) => one.label === label)!;
    return seeds.map((seed) => {
      const value = cell.values.get(metric)?.get(seed);
      if (value !== undefined && value !== null && Number.isFinite(value)) return value;
      const why = value === undefined ? (cell.missing.get(seed) ?? 'there is no finished run') : 'undefined';
      problems.push(`${label}, seed ${seed}: ${value === undefined ? why : `${metric} is ${why}`}`);
      return Number.NaN;
    });
  };
  const differences = (row: readonly number[], against: readonly number[]): number[] => {
    const sign = part.kind === 'gain' && directionOf(metric) === 'lower' ? -1 : 1;
    return row.map((value, i) => {
      const difference = sign * (value - against[i]!);
      return part.unit === 'relative' ? difference / against[i]! : difference;
    });
  };
  const row = column(part.row);
  const against =
    typeof part.against === 'number' ? seeds.map(() => part.against as number) : column(part.against);
  const taken = less?.map(column);
  if (problems.length === 0 && part.unit === 'relative') {
    const bases = [against, ...(taken ? [taken[1]!] : [])].flat();
    const low = bases.find((base) => base <= 0);
    if (low !== undefined) problems.push(`nothing is relative to a ${metric} of ${low}`);
  }
  if (problems.length > 0) return { problem: listed(problems) };
  const whole = differences(row, against);
  if (!taken) return { row, against, sample: whole };
  const off = differences(taken[0]!, taken[1]!);
  // A difference of differences is of the rounding of what it is made of, not of its own size.
  const least = rounding([row, against, ...taken].flat());
  const apart = whole.map((value, i) => value - off[i]!);
  return { row, against, sample: apart.map((value) => (Math.abs(value) <= least ? 0 : value)) };
}

function listed(problems: readonly string[]): string {
  const distinct = [...new Set(problems)];
  const rest = distinct.length - 2;
  return [...distinct.slice(0, 2), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
