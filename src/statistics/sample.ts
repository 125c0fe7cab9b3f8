import { studentQuantile } from './distributions.js';

/** What a sample says of its mean. */
export interface Summary {
  readonly n: number;
  /** NaN of no values. */
  readonly mean: number;
  /** With n - 1; null of fewer than two values. */
  readonly sd: number | null;
}

/** Where a mean lies with some confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** For example 0.95. */
  readonly confidence: number;
}

/** Differences below this share of the values are what rounding leaves: such values are equal. */
const ROUNDING = 1e-12;

/** @throws RangeError for values that are no finite numbers: what is undefined has to be told of, not averaged */
export function summarize(values: readonly number[]): Summary {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`${wrong} among ${values.length} values`);
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { n, mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = Math.sqrt(squares / (n - 1));
  return { n, mean, sd: sd <= rounding(values) ? 0 : sd };
}

/**
 * Two-sided interval of the mean of a normal variable, by Student's t. Null of fewer than two values, which have none; of
 * equal values it has no width.
 */
export function meanInterval(values: readonly number[], confidence = 0.95): Interval | null {
  const { n, mean, sd } = summarize(values);
  if (sd === null) return null;
  const half = (studentQuantile((1 + confidence) / 2, n - 1) * sd) / Math.sqrt(n);
  return { low: mean - half, high: mean + half, confidence };
}

/** Largest difference that means nothing among these values. */
export function rounding(values: readonly number[]): number {
  return ROUNDING * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
