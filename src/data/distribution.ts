/** A list of counts in a few numbers; the histogram's buckets are 0, 1, 2-3, 4-7, 8-15, ... */
export interface Distribution {
  readonly mean: number;
  readonly median: number;
  readonly max: number;
  readonly histogram: readonly number[];
}

/** @param counts at least one, none negative */
export function distribution(counts: Int32Array): Distribution {
  const sorted = counts.slice().sort();
  const middle = sorted.length / 2;
  const histogram: number[] = [];
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    const bucket = count === 0 ? 0 : 32 - Math.clz32(count);
    while (histogram.length <= bucket) histogram.push(0);
    histogram[bucket]!++;
    sum += count;
  }
  return {
    mean: sum / counts.length,
    median: (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2,
    max: sorted.at(-1)!,
    histogram,
  };
}

/** A column of numbers in a few. */
export interface NumberSummary {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** How many are 0. */
  readonly zeros: number;
  /** Whether all are 0 or 1, so that the mean is a rate. */
  readonly binary: boolean;
}

/** @param values at least one. Index loops: a log has millions of rows, and a column is looked at once. */
export function summary(values: Float32Array | Float64Array): NumberSummary {
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let zeros = 0;
  let ones = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value === 0) zeros++;
    else if (value === 1) ones++;
  }
  return { mean: sum / values.length, min, max, zeros, binary: zeros + ones === values.length };
}
