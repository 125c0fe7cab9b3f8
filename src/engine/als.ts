import { nativeKernels } from './kernels.js';
import type { NativeFunctions } from './nativeFunctions.js';

/** Cells that were observed, row by row: those of row r are the columns `column[offsets[r] .. offsets[r+1]-1]`. */
export interface ObservedCells {
  /** [R + 1] */
  readonly offsets: Int32Array;
  /** [cells] */
  readonly column: Int32Array;
}

/** What every cell costs besides its squared error. */
export interface AlsWeights {
  /** An observed cell, whose value is 1, counts 1 + alpha times; the others, whose value is 0, once. */
  readonly alpha: number;
  readonly l2: number;
}

/**
 * Half a sweep of alternating least squares (Hu, Koren and Volinsky 2008, Eq. 4): the vectors of the rows, each the minimiser of
 *
 *     sum over all columns i of c_ri (y_ri - x_r . z_i)^2 + l2 |x_r|^2,  c = 1 + alpha y
 *
 * given those of the columns: x_r = (Z'Z + alpha Z_r'Z_r + l2)^-1 (1 + alpha) Z_r' 1 with Z_r the columns that were
 * observed. In double precision, by Cholesky; a row without an observed cell is 0. With `steps`: by so many steps of conjugate
 * gradients from where the rows are (Takacs, Pilaszy and Tikk, Applications of the Conjugate Gradient Method for Implicit Feedback
 * Collaborative Filtering, RecSys 2011), which come near to it.
 *
 * A row of n < width / 2 cells is solved by a system of n: with V_r = Z_r (Z'Z + l2)^-1 x_r is V_r'(1 + alpha Z_r V_r')^-1 (1 + alpha) 1
 * (the matrix inversion lemma). V of all columns takes twice the memory of z meanwhile.
 *
 * @param solved is filled. Row-major [R, width]
 * @param fixed z, row-major [C, width]
 */
export function solveAls(
  solved: Float32Array,
  fixed: Float32Array,
  width: number,
  { offsets, column }: ObservedCells,
  { alpha, l2 }: AlsWeights,
  steps: number | null = null,
): void {
  const gram = gramMatrix(fixed, width);
  for (let k = 0; k < width; k++) gram[k * (width + 1)]! += l2;
  const { alsRows, alsSteps, threads } = nativeKernels() ?? portable;
  const half = [threads, width, fixed, offsets, column, gram, alpha, solved] as const;
  if (steps === null) alsRows(...half);
  else alsSteps(...half, steps);
}

/** X'X of rows, row-major [width, width]. */
export function gramMatrix(rows: Float32Array, width: number): Float64Array {
  const gram = new Float64Array(width * width);
  const kernels = nativeKernels();
  if (kernels) kernels.gramMatrix(kernels.threads, width, rows, gram);
  else gramPortably(1, width, rows, gram);
  return gram;
}

/**
 * What alternating least squares minimises: the sum over all cells of c (y - x . z)^2, and L2 of either side. Not every cell is
 * looked at: those that were not observed add up to the sum of the product of the two Gram matrices.
 */
export function alsObjective(
  rows: Float32Array,
  columns: Float32Array,
  width: number,
  { offsets, column }: ObservedCells,
  { alpha, l2 }: AlsWeights,
): number {
  const [ofRows, ofColumns] = [gramMatrix(rows, width), gramMatrix(columns, width)];
  let sum = 0;
  for (let k = 0; k < ofRows.length; k++) sum += ofRows[k]! * ofColumns[k]!;
  for (let k = 0; k < width; k++) sum += l2 * (ofRows[k * (width + 1)]! + ofColumns[k * (width + 1)]!);
  for (let r = 0; r + 1 < offsets.length; r++) {
    for (let e = offsets[r]!; e < offsets[r + 1]!; e++) {
      let score = 0;
      const at = column[e]! * width;
      for (let k = 0; k < width; k++) score += rows[r * width + k]! * columns[at + k]!;
      sum += (1 + alpha) * (1 - score) ** 2 - score * score;
    }
  }
  return sum;
}

/** Twin of the kernel `gramMatrix`. */
export const gramPortably: NativeFunctions['gramMatrix'] = (_threads, width, rows, gram) => {
  for (let at = 0; at < rows.length; at += width) addOuter(gram, rows, at, width, 1);
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) gram[i * width + j] = gram[j * width + i]!;
};

/** Twin of the kernel `alsRows`. */
export const alsRowsPortably: NativeFunctions['alsRows'] = (
  _threads,
  width,
  fixed,
  offsets,
  column,
  gram,
  alpha,
  solved,
) => {
  const upper = gram.slice();
  factorise(upper, width);
  const dual = Float64Array.from(fixed);
  for (let at = 0; at < fixed.length; at += width) {
    solveLower(upper, dual.subarray(at, at + width));
    solveUpper(upper, dual.subarray(at, at + width));
  }
  for (let r = 0; r + 1 < offsets.length; r++) {
    const cells = column.subarray(offsets[r]!, offsets[r + 1]!);
    const x = new Float64Array(width);
    if (cells.length > 0 && 2 * cells.length < width) {
      const weights = new Float64Array(cells.length).fill(1 + alpha);
      solvePositive(productsOf(fixed, dual, cells, width, alpha), weights);
      cells.forEach((c, i) => {
        for (let k = 0; k < width; k++) x[k]! += weights[i]! * dual[c * width + k]!;
      });
    } else if (cells.length > 0) {
      const matrix = gram.slice();
      for (const c of cells) {
        addOuter(matrix, fixed, c * width, width, alpha);
        for (let k = 0; k < width; k++) x[k]! += (1 + alpha) * fixed[c * width + k]!;
      }
      solvePositive(matrix, x);
    }
    solved.set(x, r * width);
  }
};

/** Twin of the kernel `alsSteps`. */
export const alsStepsPortably: NativeFunctions['alsSteps'] = (
  _threads,
  width,
  fixed,
  offsets,
  column,
  gram,
  alpha,
  solved,
  steps,
) => {
  const dot = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  for (let r = 0; r + 1 < offsets.length; r++) {
    const cells = column.subarray(offsets[r]!, offsets[r + 1]!);
    if (cells.length === 0) {
      solved.fill(0, r * width, (r + 1) * width);
      continue;
    }
    const z = Array.from(cells, (c) => Float64Array.from(fixed.subarray(c * width, (c + 1) * width)));
    const multiply = (x: Float64Array): Float64Array => {
      const y = x.map((_, k) => dot(gram.subarray(k * width, (k + 1) * width), x));
      for (const row of z) {
        const factor = alpha * dot(row, x);
        row.forEach((value, k) => {
          y[k]! += factor * value;
        });
      }
      return y;
    };
    const x = Float64Array.from(solved.subarray(r * width, (r + 1) * width));
    const left = multiply(x).map(
      (value, k) => (1 + alpha) * z.reduce((sum, row) => sum + row[k]!, 0) - value,
    );
    let direction = left.slice();
    let square = dot(left, left);
    for (let step = 0; step < steps && square >= 1e-20; step++) {
      const product = multiply(direction);
      const length = square / dot(direction, product);
      for (let k = 0; k < width; k++) {
        x[k]! += length * direction[k]!;
        left[k]! -= length * product[k]!;
      }
      const next = dot(left, left);
      direction = direction.map((value, k) => left[k]! + (next / square) * value);
      square = next;
    }
    solved.set(x, r * width);
  }
};

const portable = { threads: 1, alsRows: alsRowsPortably, alsSteps: alsStepsPortably };

/** The upper triangle of 1 + alpha Z V' of some rows. [cells, cells] */
function productsOf(
  z: Float32Array,
  v: Float64Array,
  cells: Int32Array,
  width: number,
  alpha: number,
): Float64Array {
  const count = cells.length;
  const matrix = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += z[cells[i]! * width + k]! * v[cells[j]! * width + k]!;
      matrix[i * count + j] = alpha * sum + (i === j ? 1 : 0);
    }
  }
  return matrix;
}

/** Adds weight z z' to the upper triangle. */
function addOuter(matrix: Float64Array, z: Float32Array, at: number, width: number, weight: number): void {
  for (let i = 0; i < width; i++) {
    const factor = weight * z[at + i]!;
    for (let j = i; j < width; j++) matrix[i * width + j]! += factor * z[at + j]!;
  }
}

/** A = U'U, where A is symmetric and positive definite. Its upper triangle becomes U. */
function factorise(matrix: Float64Array, width: number): void {
  for (let k = 0; k < width; k++) {
    const scale = 1 / Math.sqrt(matrix[k * width + k]!);
    for (let j = k; j < width; j++) matrix[k * width + j]! *= scale;
    for (let i = k + 1; i < width; i++) {
      const factor = matrix[k * width + i]!;
      for (let j = i; j < width; j++) matrix[i * width + j]! -= factor * matrix[k * width + j]!;
    }
  }
}

/** Solves A x = b by A = U'U; the upper triangle of A becomes U, b becomes x. */
function solvePositive(matrix: Float64Array, x: Float64Array): void {
  factorise(matrix, x.length);
  solveLower(matrix, x);
  solveUpper(matrix, x);
}

/** Solves U'x = b; b becomes x. */
function solveLower(upper: Float64Array, x: Float64Array): void {
  const width = x.length;
  for (let k = 0; k < width; k++) {
    x[k]! /= upper[k * width + k]!;
    for (let j = k + 1; j < width; j++) x[j]! -= upper[k * width + j]! * x[k]!;
  }
}

/** Solves U x = b; b becomes x. */
function solveUpper(upper: Float64Array, x: Float64Array): void {
  const width = x.length;
  for (let k = width - 1; k >= 0; k--) {
    for (let j = k + 1; j < width; j++) x[k]! -= upper[k * width + j]! * x[j]!;
    x[k]! /= upper[k * width + k]!;
  }
}
