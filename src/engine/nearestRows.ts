import { range } from '../base/index.js';
import { nativeKernels } from './kernels.js';
import { emptyPanels, fillPanels } from './panels.js';
import { topOf } from './scoreRow.js';

/** Of each row those that are most like it. */
export interface NearestRows {
  /** Best first, equal ones by their number; -1 where there are fewer. [N, count] */
  readonly row: Int32Array;
  /** The inner products; -Infinity where there is none. [N, count] */
  readonly product: Float32Array;
}

/**
 * For each row of a matrix the `count` others with the largest inner products. All pairs are looked at, N^2 width
 * multiplications, and none is kept that is not among the best.
 *
 * @param rows row-major [N, width]
 */
export function nearestRows(rows: Float32Array, width: number, count: number): NearestRows {
  const size = rows.length / width;
  const nearest = { row: new Int32Array(size * count), product: new Float32Array(size * count) };
  if (size === 0) return nearest;
  const kernels = nativeKernels();
  if (!kernels) {
    nearestPortably(rows, width, count, nearest);
    return nearest;
  }
  const panels = emptyPanels(size, width);
  fillPanels(panels, rows, width, 0);
  // Each row has seen itself.
  const [offsets, self] = [range(0, size + 1), range(0, size)];
  const { row, product } = nearest;
  kernels.topItems(kernels.threads, width, size, panels, rows, offsets, self, count, row, product);
  return nearest;
}

function nearestPortably(rows: Float32Array, width: number, count: number, nearest: NearestRows): void {
  const size = rows.length / width;
  const empty = (): Float32Array => new Float32Array(size);
  const products: Four<Float32Array> = [empty(), empty(), empty(), empty()];
  for (let first = 0; first < size; first += 4) {
    // At the end the last row comes several times.
    const at = (n: number): number => Math.min(first + n, size - 1);
    const block: Four<number> = [at(0), at(1), at(2), at(3)];
    multiply(rows, width, block, products);
    block.forEach((r, n) => {
      products[n]![r] = Number.NEGATIVE_INFINITY;
      const [from, to] = [r * count, (r + 1) * count];
      topOf(products[n]!, nearest.row.subarray(from, to), nearest.product.subarray(from, to));
    });
  }
}

type Four<T> = readonly [T, T, T, T];

/** Inner products of four rows with all, so that each is read once for four. [size] each */
function multiply(
  rows: Float32Array,
  width: number,
  [a, b, c, d]: Four<number>,
  [ofA, ofB, ofC, ofD]: Four<Float32Array>,
): void {
  const [atA, atB, atC, atD] = [a * width, b * width, c * width, d * width];
  for (let other = 0, at = 0; other < ofA.length; other++) {
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    for (let k = 0; k < width; k++) {
      const value = rows[at++]!;
      sumA += rows[atA + k]! * value;
      sumB += rows[atB + k]! * value;
      sumC += rows[atC + k]! * value;
      sumD += rows[atD + k]! * value;
    }
    ofA[other] = sumA;
    ofB[other] = sumB;
    ofC[other] = sumC;
    ofD[other] = sumD;
  }
}
