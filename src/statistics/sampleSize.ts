import { studentQuantile } from './distributions.js';

export interface SampleSizeRequest {
  /** Of the differences to the threshold, as measured so far. */
  readonly mean: number;
  readonly sd: number;
  /** Of the one-sided test. */
  readonly alpha: number;
  /** Fewest that may be the answer. */
  readonly least: number;
  /** Most that may be the answer. */
  readonly most: number;
}

/**
 * The number of values at which a one-sided t test would reject, if their mean and standard deviation stay what they are; null
 * where that is more than `most`. An estimate: those of a few values are far from the truth themselves, and if they were the
 * truth, so many values would lead to a rejection in one half of all cases or a little more.
 */
export function valuesToReject({ mean, sd, alpha, least, most }: SampleSizeRequest): number | null {
  const rejects = (n: number): boolean =>
    (studentQuantile(1 - alpha, n - 1) * sd) / Math.sqrt(n) < Math.abs(mean);
  let [low, high] = [Math.max(2, least), most];
  if (low > high || !rejects(high)) return null;
  // What the mean has to exceed falls with n.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (rejects(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
