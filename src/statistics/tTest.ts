import { studentCdf } from './distributions.js';
import { rounding, summarize } from './sample.js';

/** What is held to be true of a mean when the test rejects. */
export type Alternative = 'two-sided' | 'greater' | 'less';

export interface TTestOptions {
  /** What the mean is held against. Default: 0. */
  readonly against?: number;
  /** Default: two-sided. */
  readonly alternative?: Alternative;
}

export interface TTest {
  readonly n: number;
  /** Of the values, or of the differences. */
  readonly mean: number;
  readonly sd: number;
  /** Infinite where all values are equal and not what they are held against; 0 where they are. */
  readonly t: number;
  readonly dof: number;
  readonly p: number;
}

/**
 * Student's t test of one mean. Null of fewer than two values, which cannot be tested.
 *
 * Equal values have no deviation to be held against. If all of them are `against`, they speak for nothing: t is 0 and p is 1,
 * whatever the alternative. If they are all the same other number, t is infinite, and p is 0 or 1 by its side.
 *
 * @throws RangeError for values that are no finite numbers
 */
export function tTest(
  values: readonly number[],
  { against = 0, alternative = 'two-sided' }: TTestOptions = {},
): TTest | null {
  const { n, mean, sd } = summarize(values);
  if (sd === null) return null;
  const dof = n - 1;
  const beyond = mean - against;
  if (sd === 0 && Math.abs(beyond) <= rounding([...values, against])) {
    return { n, mean, sd, t: 0, dof, p: 1 };
  }
  const t = beyond / (sd / Math.sqrt(n));
  return { n, mean, sd, t, dof, p: pOf(t, dof, alternative) };
}

/**
 * Student's t test of the mean of the differences a - b, pair by pair.
 *
 * @throws RangeError for samples of different lengths
 */
export function pairedTTest(
  a: readonly number[],
  b: readonly number[],
  options?: TTestOptions,
): TTest | null {
  return tTest(differences(a, b), options);
}

/** a - b, pair by pair. */
export function differences(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be paired with ${b.length}`);
  return a.map((value, i) => value - b[i]!);
}

function pOf(t: number, dof: number, alternative: Alternative): number {
  switch (alternative) {
    case 'greater':
      return studentCdf(-t, dof);
    case 'less':
      return studentCdf(t, dof);
    case 'two-sided':
      return 2 * studentCdf(-Math.abs(t), dof);
  }
}
