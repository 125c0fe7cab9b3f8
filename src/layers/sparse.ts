import * as tf from '@tensorflow/tfjs';
import { range, requireRows } from '../base/index.js';
import {
  addRows,
  computesOnGpu,
  type Floats,
  filledTensors,
  nativeKernels,
  takeRows,
  valuesInPlace,
} from '../engine/index.js';
import { cutIntoSlices, sliceElements } from './slices.js';

/** A sparse matrix [R, C] row by row (CSR): entries k = offsets[r] .. offsets[r + 1] - 1 of row r are `value[k]` in `column[k]`. */
export interface SparseMatrix {
  /** C */
  readonly columns: number;
  /** [R + 1] */
  readonly offsets: Int32Array;
  /** [entries] */
  readonly column: Int32Array;
  /** [entries] */
  readonly value: Float32Array;
}

export const rowCount = ({ offsets }: SparseMatrix): number => offsets.length - 1;

/** The row of each entry. [entries] */
export function rowOfEntries({ offsets }: SparseMatrix): Int32Array {
  const row = new Int32Array(offsets.at(-1)!);
  for (let r = 0; r + 1 < offsets.length; r++) row.fill(r, offsets[r], offsets[r + 1]);
  return row;
}

/** [R, C] -> [C, R]; entries of a row in the order of their columns. */
export function transposed(matrix: SparseMatrix): SparseMatrix {
  const { columns, column, value } = matrix;
  const offsets = new Int32Array(columns + 1);
  for (const c of column) offsets[c + 1]!++;
  for (let c = 0; c < columns; c++) offsets[c + 1]! += offsets[c]!;
  const next = offsets.slice();
  const row = rowOfEntries(matrix);
  const result = {
    columns: rowCount(matrix),
    offsets,
    column: new Int32Array(column.length),
    value: new Float32Array(column.length),
  };
  for (let k = 0; k < column.length; k++) {
    const to = next[column[k]!]!++;
    result.column[to] = row[k]!;
    result.value[to] = value[k]!;
  }
  return result;
}

/** Some rows of a matrix, in the given order: [R, C], [N] -> [N, C]. */
export function sparseRows(matrix: SparseMatrix, rows: Int32Array): SparseMatrix {
  requireRows(rows, 0, rowCount(matrix));
  const { offsets, column, value, columns } = matrix;
  const picked = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    picked[i + 1] = picked[i]! + offsets[row + 1]! - offsets[row]!;
  });
  const result = {
    columns,
    offsets: picked,
    column: new Int32Array(picked.at(-1)!),
    value: new Float32Array(picked.at(-1)!),
  };
  rows.forEach((row, i) => {
    result.column.set(column.subarray(offsets[row], offsets[row + 1]), picked[i]);
    result.value.set(value.subarray(offsets[row], offsets[row + 1]), picked[i]);
  });
  return result;
}

/** The same matrix without the columns that have no entry, and which columns those are that it has, ascending. */
export function withoutEmptyColumns(matrix: SparseMatrix): { matrix: SparseMatrix; columns: Int32Array } {
  const number = new Int32Array(matrix.columns);
  for (const c of matrix.column) number[c] = 1;
  const columns: number[] = [];
  for (let c = 0; c < number.length; c++) if (number[c]) number[c] = columns.push(c) - 1;
  const column = matrix.column.map((c) => number[c]!);
  return { matrix: { ...matrix, columns: columns.length, column }, columns: Int32Array.from(columns) };
}

/**
 * The product of a sparse matrix, which is data, and a dense one: [R, C] x [C, d] -> [R, d]. Its gradient is the product of
 * the transpose, so neither way scatters.
 *
 * @param transpose of the matrix, where it is known already
 */
export function sparseProduct(matrix: SparseMatrix, x: tf.Tensor2D, transpose?: SparseMatrix): tf.Tensor2D {
  if (x.shape[0] !== matrix.columns)
    throw new RangeError(`${matrix.columns} columns, but ${x.shape[0]} rows`);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: product(matrix, inputs[0] as tf.Tensor2D),
    gradFunc: (dy: tf.Tensor) => product(transpose ?? transposed(matrix), dy as tf.Tensor2D),
  }));
  return op(x) as tf.Tensor2D;
}

function product(matrix: SparseMatrix, x: tf.Tensor2D): tf.Tensor2D {
  const width = x.shape[1];
  const shape: [number, number] = [rowCount(matrix), width];
  if (matrix.column.length === 0) return tf.zeros(shape);
  const kernels = nativeKernels();
  if (kernels) {
    const { offsets, column, value } = matrix;
    const fill = (sums: Floats) =>
      kernels.sparseProduct(kernels.threads, width, offsets, column, value, valuesInPlace(kernels, x), sums);
    return filledTensors(kernels, [shape], fill)[0] as tf.Tensor2D;
  }
  // On a processor the numbers are cheaper to fetch than terms are to write: there are as many as entries times d.
  if (computesOnGpu()) return productInSlices(matrix, x);
  const sums = new Float32Array(shape[0] * width);
  addProducts(matrix, x.dataSync<'float32'>(), width, sums);
  return tf.tensor2d(sums, shape);
}

/**
 * Adds a sparse matrix times a dense one to `sums`, on the host.
 *
 * @param x row-major [C, width]
 * @param sums row-major [R, width]
 */
export function addProducts(
  { offsets, column, value }: SparseMatrix,
  x: Float32Array,
  width: number,
  sums: Float32Array,
): void {
  for (let r = 0; r + 1 < offsets.length; r++) {
    const to = r * width;
    for (let k = offsets[r]!; k < offsets[r + 1]!; k++) {
      const from = column[k]! * width;
      const factor = value[k]!;
      for (let c = 0; c < width; c++) sums[to + c]! += factor * x[from + c]!;
    }
  }
}

/**
 * By operations of the engine, some entries at a time.
 *
 * @param most elements of an intermediate result; touches memory and speed only
 */
export function productInSlices(matrix: SparseMatrix, x: tf.Tensor2D, most = sliceElements()): tf.Tensor2D {
  const width = x.shape[1];
  const { column, value } = matrix;
  const row = rowOfEntries(matrix);
  const slices = cutIntoSlices(range(0, column.length), () => width, most);
  return slices.reduce<tf.Tensor2D>(
    (sum, entries) => {
      const part = [entries[0]!, entries.at(-1)! + 1] as const;
      const weights = tf.tensor2d(value.slice(...part), [entries.length, 1]);
      const terms = takeRows(x, column.slice(...part)).mul<tf.Tensor2D>(weights);
      return sum.add(addRows(terms, row.slice(...part), rowCount(matrix)));
    },
    tf.zeros([rowCount(matrix), width]),
  );
}
