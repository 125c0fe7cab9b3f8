import type { Bucket } from './options/fields.js';

/** What of a data set a model tells apart. */
export interface FieldRules {
  /** A value that fewer train rows have is unknown. */
  readonly minCount: number;
  /** How numbers become values, by name of the field. */
  readonly buckets: Readonly<Record<string, Bucket>>;
}

export const plainRules: FieldRules = { minCount: 1, buckets: {} };

/**
 * Turns numbers into numbers of buckets.
 *
 * @param ofRows the number of each train row, which quantiles are taken of
 */
export function bucketing(bucket: Bucket, ofRows: Float64Array): (value: number) => number {
  if (bucket === 'values') return (value) => value;
  if (bucket === 'log2') return (value) => (value < 1 ? 0 : 1 + Math.floor(Math.log2(value)));
  if (typeof bucket === 'number') return (value) => Math.floor(value / bucket);
  const boundaries = bucket === 'deciles' ? quantilesOf(ofRows, 10) : bucket;
  return (value) => reached(boundaries, value);
}

/** Boundaries between `count` buckets that hold about as many train rows each, equal ones once. */
function quantilesOf(ofRows: Float64Array, count: number): number[] {
  const sorted = ofRows.slice().sort();
  if (sorted.length === 0) return [];
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return [...new Set(Array.from({ length: count - 1 }, (_, i) => at((i + 1) / count)))];
}

/** How many of the boundaries, which ascend, are at most the value. */
function reached(boundaries: readonly number[], value: number): number {
  let [from, to] = [0, boundaries.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (boundaries[middle]! <= value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Numbers the buckets that enough train rows are in, smallest first. */
export class Vocabulary {
  readonly size: number;
  /** Whether a train row has none of them: its bucket is too rare. */
  readonly lacksRows: boolean;
  private readonly values: ReadonlyMap<number, number>;

  /**
   * @param ofRows the number of each train row, finite
   * @param least train rows that a bucket must have
   */
  constructor(
    ofRows: Float64Array,
    private readonly bucketOf: (value: number) => number,
    least: number,
  ) {
    const counts = new Map<number, number>();
    for (const value of ofRows) {
      const bucket = bucketOf(value);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    const kept = [...counts].filter(([, count]) => count >= least);
    const buckets = kept.map(([bucket]) => bucket).sort((a, b) => a - b);
    this.values = new Map(buckets.map((bucket, value) => [bucket, value]));
    this.size = buckets.length;
    this.lacksRows = kept.length < counts.size;
  }

  /** In 0..size-1, or -1 where it is unknown. */
  valueOf(value: number): number {
    return this.values.get(this.bucketOf(value)) ?? -1;
  }
}
