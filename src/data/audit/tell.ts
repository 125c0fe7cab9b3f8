import type { CategoryFeature, PreparedData, VectorFeature } from '../types.js';

/** With fewer rows of either label nothing can be said about a feature. */
export const MIN_ROWS = 50;
/** Vectors are judged by at most so many train rows of each label. */
const SAMPLE = 2048;

/**
 * AUC of the train rows, each scored by the share of label 1 among rows of the same category in the other half of the
 * train part. A category that a single row has therefore tells nothing, however many there are.
 *
 * @param of item or user of each row. [rows]
 */
export function crossFitted(
  { split, label }: PreparedData,
  feature: CategoryFeature,
  of: Int32Array,
): number {
  const slots = Math.max(feature.cardinality, 0) + 1; // the last: unknown
  // [half][label][slot]
  const counts = new Int32Array(4 * slots);
  for (const row of split.train) {
    const value = feature.values[of[row]!]!;
    counts[(2 * halfOf(row) + label[row]!) * slots + (value < 0 ? slots - 1 : value)]!++;
  }
  const part = (half: number, y: number): Int32Array =>
    counts.subarray((2 * half + y) * slots, (2 * half + y + 1) * slots);
  const aucs = [0, 1].map((half) => {
    const [zeros, ones] = [part(1 - half, 0), part(1 - half, 1)];
    const rate = total(ones) / Math.max(1, total(ones) + total(zeros));
    const score = Float64Array.from(ones, (n, v) => (n + rate) / (n + zeros[v]! + 1));
    return aucOfGroups(score, part(half, 0), part(half, 1));
  });
  return (aucs[0]! + aucs[1]!) / 2;
}

/** A half by lot: neighbours in a log take turns too often for parity. */
function halfOf(row: number): 0 | 1 {
  let hash = Math.imul(row ^ 0x5bd1e995, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) & 1) as 0 | 1;
}

const total = (counts: Int32Array): number => counts.reduce((sum, n) => sum + n, 0);

/** AUC of groups of rows with one score each; ties count a half. 0.5 where a label is missing. */
function aucOfGroups(score: Float64Array, zeros: Int32Array, ones: Int32Array): number {
  const order = Int32Array.from(score.keys()).filter((v) => zeros[v]! + ones[v]! > 0);
  order.sort((a, b) => score[a]! - score[b]!);
  let won = 0;
  let below = 0;
  for (let i = 0; i < order.length; ) {
    let tied = 0;
    let positives = 0;
    for (const s = score[order[i]!]!; i < order.length && score[order[i]!] === s; i++) {
      tied += zeros[order[i]!]!;
      positives += ones[order[i]!]!;
    }
    won += positives * (below + tied / 2);
    below += tied;
  }
  const pairs = below * total(ones);
  return pairs > 0 ? won / pairs : 0.5;
}

/** The column of a vector that orders a sample of the train rows best, in either direction, and its AUC. */
export function bestColumn(
  { split, label }: PreparedData,
  feature: VectorFeature,
  of: Int32Array,
): { readonly auc: number; readonly column: number } {
  const { width } = feature;
  const [zeros, ones] = [0, 1].map((y) => {
    const rows = sample(split.train, label, y);
    return { count: rows.length, vectors: feature.rows(rows.map((row) => of[row]!)) };
  }) as [VectorsOfLabel, VectorsOfLabel];
  let best = { auc: 0.5, column: 0 };
  for (let column = 0; column < width; column++) {
    const won = pairsWon(sortedColumn(zeros, width, column), sortedColumn(ones, width, column));
    const auc = won / (zeros.count * ones.count);
    const either = Math.max(auc, 1 - auc);
    if (either > best.auc) best = { auc: either, column };
  }
  return best;
}

interface VectorsOfLabel {
  readonly count: number;
  /** Row-major [count, width] */
  readonly vectors: Float32Array;
}

/** Up to SAMPLE of the train rows with a label, evenly spread. */
function sample(train: Int32Array, label: Float32Array, y: number): Int32Array {
  let total = 0;
  for (const row of train) if (label[row] === y) total++;
  const rows = new Int32Array(Math.min(SAMPLE, total));
  let passed = 0;
  let taken = 0;
  for (const row of train) {
    if (label[row] !== y) continue;
    if (passed++ >= (taken * total) / rows.length) rows[taken++] = row;
    if (taken === rows.length) break;
  }
  return rows;
}

function sortedColumn({ count, vectors }: VectorsOfLabel, width: number, column: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => vectors[i * width + column]!).sort();
}

/** In how many pairs of a zero and a one the one is larger; ties count a half. Both ascend. */
function pairsWon(zeros: Float32Array, ones: Float32Array): number {
  let won = 0;
  let below = 0;
  let upTo = 0;
  for (const value of ones) {
    while (below < zeros.length && zeros[below]! < value) below++;
    while (upTo < zeros.length && zeros[upTo]! <= value) upTo++;
    won += (below + upTo) / 2;
  }
  return won;
}
