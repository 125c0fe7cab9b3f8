/*
 * What a step does to the rows of tables in host memory, and nothing else: its cost is a function of the rows that it
 * touches, not of the table. Arrays of rows are row-major [rows.length, width].
 */

import * as tf from '@tensorflow/tfjs';
import { DistinctInts, requireRows } from '../base/index.js';
import type { Floats } from './kernelArrays.js';
import { nativeKernels } from './kernels.js';
import type { NativeFunctions } from './nativeFunctions.js';
import { filledTensors } from './tensorMemory.js';

/**
 * Zeros for a table or its moments. Rows far apart in memory cost less to find, and to write for the first time, where
 * the system keeps large pages.
 */
export function tableValues(length: number): Float32Array {
  const values = new Float32Array(length);
  nativeKernels()?.useLargePages(values);
  return values;
}

/** Rows of a table by number; -1 gives zeros. Throws a RangeError for other numbers outside. */
export function tableRows(data: Float32Array, width: number, rows: Int32Array): Float32Array {
  const values = new Float32Array(rows.length * width);
  const kernels = nativeKernels();
  if (kernels) kernels.takeRows(kernels.threads, width, data, rows, values);
  else takeRowsPortably(data, width, rows, values);
  return values;
}

/** The same as a tensor. [N, width] */
export function rowsTensor(data: Float32Array, width: number, rows: Int32Array): tf.Tensor2D {
  const shape: [number, number] = [rows.length, width];
  const kernels = nativeKernels();
  if (!kernels) return tf.tensor2d(tableRows(data, width, rows), shape);
  const fill = (values: Floats) => kernels.takeRows(kernels.threads, width, data, rows, values);
  return filledTensors(kernels, [shape], fill)[0] as tf.Tensor2D;
}

/** Twin of the kernel `takeRows`; `values` holds zeros. */
export function takeRowsPortably(
  data: Float32Array,
  width: number,
  rows: Int32Array,
  values: Float32Array,
): void {
  requireRows(rows, -1, data.length / width);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * width;
    if (from < 0) continue;
    for (let c = 0, to = i * width; c < width; c++) values[to + c] = data[from + c]!;
  }
}

/** Gradients of rows. */
export interface RowValues {
  readonly rows: Int32Array;
  readonly values: Float32Array;
}

/** Each row once: several gradients of one row add up, in their order; unknown rows (-1) are left out. */
export function mergeRows(parts: readonly RowValues[], width: number): RowValues {
  const count = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const numbers = new DistinctInts(count);
  const places = parts.map(({ rows }) => rows.map((row) => (row < 0 ? -1 : numbers.of(row))));
  if (parts.length === 1 && numbers.count === count) return parts[0]!; // each row once already
  const values = new Float32Array(numbers.count * width);
  const accumulate = nativeKernels()?.accumulateRows ?? accumulateRowsPortably;
  for (const [p, part] of parts.entries()) accumulate(width, places[p]!, part.values, values);
  return { rows: numbers.values(), values };
}

/** Twin of the kernel `accumulateRows`. */
export function accumulateRowsPortably(
  width: number,
  rows: Int32Array,
  values: Float32Array,
  sum: Float32Array,
): void {
  requireRows(rows, -1, sum.length / width);
  for (let i = 0; i < rows.length; i++) {
    if (rows[i]! < 0) continue;
    for (let from = i * width, to = rows[i]! * width, c = 0; c < width; c++)
      sum[to + c]! += values[from + c]!;
  }
}

/**
 * The gradient of all rows of a table, l2 * row included.
 *
 * @param touched what a step gives some of them, each once
 * @param values becomes the gradient, row by row
 */
export function fillWholeTable(
  { data, width }: Pick<AdamTable, 'data' | 'width'>,
  touched: RowValues | undefined,
  l2: number,
  values: Float32Array,
): void {
  const kernels = nativeKernels();
  const factor = Math.fround(l2);
  if (kernels) kernels.scale(kernels.threads, factor, data, values);
  else for (let i = 0; i < data.length; i++) values[i] = factor * data[i]!;
  const accumulate = kernels?.accumulateRows ?? accumulateRowsPortably;
  if (touched) accumulate(width, touched.rows, touched.values, values);
}

export const sumOfSquares = (values: Float32Array): number =>
  (nativeKernels()?.sumOfSquares ?? sumOfSquaresPortably)(values);

/** Four partial sums, since one addition has to wait for the one before. */
export function sumOfSquaresPortably(values: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < values.length; i += 4) {
    a += values[i]! * values[i]!;
    b += values[i + 1]! * values[i + 1]!;
    c += values[i + 2]! * values[i + 2]!;
    d += values[i + 3]! * values[i + 3]!;
  }
  for (; i < values.length; i++) a += values[i]! * values[i]!;
  return a + b + (c + d);
}

/** A table and Adam's state of it: moments [rows, width], updates of each row [rows]. */
export interface AdamTable {
  readonly width: number;
  readonly data: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly updates: Int32Array;
}

export interface AdamRates {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * Adam on distinct rows, each corrected by the number of its own updates; gradients are multiplied by `scale`. That
 * they are distinct is the caller's promise (`mergeRows` keeps it): threads take shares of them and do not look.
 *
 * @throws RangeError for a row outside, before anything is changed
 * @param most updates that any row has had, those that are due included
 */
export function adamRows(
  table: AdamTable,
  { rows, values }: RowValues,
  rates: AdamRates,
  { scale, most }: { readonly scale: number; readonly most: number },
): void {
  const { width, data, m, v, updates } = table;
  const { learningRate, beta1, beta2, epsilon } = rates;
  const kernels = nativeKernels();
  (kernels?.adamRows ?? adamRowsPortably)(
    kernels?.threads ?? 1,
    width,
    data,
    m,
    v,
    updates,
    rows,
    values,
    biasCorrections(beta1, most),
    biasCorrections(beta2, most),
    learningRate,
    beta1,
    beta2,
    epsilon,
    scale,
  );
}

/** Twin of the kernel `adamRows`: every result is rounded to single precision. */
export const adamRowsPortably: NativeFunctions['adamRows'] = (
  _threads,
  width,
  data,
  m,
  v,
  updates,
  rows,
  values,
  first,
  second,
  learningRate,
  ...rest
) => {
  requireRows(rows, 0, updates.length);
  const { fround, sqrt } = Math;
  const [beta1, beta2] = [fround(rest[0]), fround(rest[1])];
  const [rest1, rest2] = [fround(1 - rest[0]), fround(1 - rest[1])];
  const [epsilon, scale] = [fround(rest[2]), fround(rest[3])];
  for (let i = 0; i < rows.length; i++) {
    const t = ++updates[rows[i]!]!;
    const rate = fround(learningRate / first[Math.min(t, first.length - 1)]!);
    const correction = fround(1 / second[Math.min(t, second.length - 1)]!);
    for (let c = 0, from = i * width, to = rows[i]! * width; c < width; c++, from++, to++) {
      const g = fround(scale * values[from]!);
      const mean = fround(fround(beta1 * m[to]!) + fround(rest1 * g));
      const square = fround(fround(beta2 * v[to]!) + fround(rest2 * fround(g * g)));
      m[to] = mean;
      v[to] = square;
      const deviation = fround(fround(sqrt(fround(square * correction))) + epsilon);
      data[to] = fround(data[to]! - fround(fround(rate * mean) / deviation));
    }
  }
};

/** 1 - beta^t for t = 0, 1 .. `most` at least, or to where it is 1: a power costs more than the rest of a row. */
function biasCorrections(beta: number, most: number): Float64Array {
  const known = tabulated.get(beta);
  if (known && (most < known.length || known.at(-1) === 1)) return known;
  const values = Float64Array.from({ length: 2 * most + 1024 }, (_, t) => 1 - beta ** t);
  const ones = values.indexOf(1);
  const kept = ones < 0 ? values : values.slice(0, ones + 1);
  tabulated.set(beta, kept);
  return kept;
}
const tabulated = new Map<number, Float64Array>();
