import { range } from '../base/index.js';
import type { PreparedData, VectorFeature } from '../data/index.js';
import { nearestRows } from '../engine/index.js';
import { rowCount, type SparseMatrix, transposed } from '../layers/index.js';

/** Vectors that are read at a time. */
const ROWS = 65_536;

/**
 * Edges between items of like content: the sum over features of (C + C') / 2, where a row of C has the `neighbours` items with the
 * highest cosines of centred vectors, those above 0, divided by their sum. The centre is the mean over items with a train row. An
 * item whose vector is all zeros has none, and no edge. [items, items]; a row may have several entries in a column, which add up.
 */
export function contentGraph(
  features: readonly VectorFeature[],
  neighbours: number,
  { store, warmItems }: PreparedData,
): SparseMatrix {
  const count = store.itemIds.length;
  const halves = features.flatMap((feature) => {
    const half = halfEdges(directions(feature, count, warmItems), neighbours, count);
    return [half, transposed(half)];
  });
  return joined(halves, count);
}

/** Centred vectors of length 1. */
interface Directions {
  /** Items that have a vector, ascending. [N] */
  readonly items: Int32Array;
  /** Row-major [N, width] */
  readonly rows: Float32Array;
  readonly width: number;
}

function directions(feature: VectorFeature, count: number, warm: Uint8Array): Directions {
  const { width } = feature;
  const known: number[] = [];
  const rows = new Float32Array(count * width);
  const centre = new Float64Array(width);
  let warmCount = 0;
  for (let from = 0; from < count; from += ROWS) {
    const items = range(from, Math.min(count, from + ROWS));
    const read = feature.rows(items);
    for (const item of items) {
      const vector = read.subarray((item - from) * width, (item - from + 1) * width);
      if (vector.every((value) => value === 0)) continue;
      rows.set(vector, known.length * width);
      known.push(item);
      if (!warm[item]) continue;
      warmCount++;
      for (let k = 0; k < width; k++) centre[k]! += vector[k]!;
    }
  }
  if (warmCount > 0) for (let k = 0; k < width; k++) centre[k]! /= warmCount;
  for (let r = 0; r < known.length; r++) turn(rows.subarray(r * width, (r + 1) * width), centre);
  return { items: Int32Array.from(known), rows: rows.subarray(0, known.length * width), width };
}

/** Makes of a vector its direction as seen from the centre; zeros where it is there. */
function turn(vector: Float32Array, centre: Float64Array): void {
  let squares = 0;
  for (let k = 0; k < vector.length; k++) squares += (vector[k]! - centre[k]!) ** 2;
  const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let k = 0; k < vector.length; k++) vector[k] = factor * (vector[k]! - centre[k]!);
}

/** C / 2. [items, items] */
function halfEdges({ items, rows, width }: Directions, neighbours: number, count: number): SparseMatrix {
  const { row, product } = nearestRows(rows, width, neighbours);
  const offsets = new Int32Array(count + 1);
  const column = new Int32Array(row.length);
  const value = new Float32Array(row.length);
  let entries = 0;
  for (let item = 0, r = 0; item < count; item++) {
    if (items[r] === item) {
      const best = product.subarray(r * neighbours, (r + 1) * neighbours).filter((cosine) => cosine > 0);
      const sum = best.reduce((all, cosine) => all + cosine, 0);
      best.forEach((cosine, n) => {
        column[entries] = items[row[r * neighbours + n]!]!;
        value[entries++] = cosine / sum / 2;
      });
      r++;
    }
    offsets[item + 1] = entries;
  }
  return { columns: count, offsets, column: column.slice(0, entries), value: value.slice(0, entries) };
}

/** The sum of matrices of one shape: the entries of each row, one matrix after another. */
function joined(matrices: readonly SparseMatrix[], columns: number): SparseMatrix {
  const entries = matrices.reduce((sum, { column }) => sum + column.length, 0);
  const whole = {
    columns,
    offsets: new Int32Array(rowCount(matrices[0]!) + 1),
    column: new Int32Array(entries),
    value: new Float32Array(entries),
  };
  let at = 0;
  for (let r = 0; r + 1 < whole.offsets.length; r++) {
    for (const { offsets, column, value } of matrices) {
      const [from, to] = [offsets[r]!, offsets[r + 1]!];
      whole.column.set(column.subarray(from, to), at);
      whole.value.set(value.subarray(from, to), at);
      at += to - from;
    }
    whole.offsets[r + 1] = at;
  }
  return whole;
}
