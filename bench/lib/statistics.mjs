// @ts-check
/** Median and quartiles, by linear interpolation between order statistics (numpy's default). */

/**
 * @typedef {{ median: number, low: number, high: number }} Spread quartiles beside the median
 */

/**
 * @param {readonly number[]} values at least one
 * @param {number} share 0..1
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (at - below) * (high - low);
}

/** @param {readonly number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spreadOf(values) {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/**
 * Ours over theirs, repetition by repetition: the two of one repetition ran one right after the other, so a machine
 * that slows down slows both.
 *
 * @param {readonly number[]} ours
 * @param {readonly number[]} theirs as many
 */
export function ratios(ours, theirs) {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} against ${theirs.length} values`);
  return ours.map((value, i) => value / /** @type {number} */ (theirs[i]));
}
