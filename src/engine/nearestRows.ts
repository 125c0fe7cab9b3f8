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
  const products = new Float32Array(rows.length / width);
  for (let r = 0; r < products.length; r++) {
    for (let other = 0; other < products.length; other++) {
      products[other] = product(rows, width, r * width, other * width);
    }
    products[r] = Number.NEGATIVE_INFINITY;
    const [from, to] = [r * count, (r + 1) * count];
    topOf(products, nearest.row.subarray(from, to), nearest.product.subarray(from, to));
  }
}

/** By four sums that the processor can work on side by side. */
function product(rows: Float32Array, width: number, a: number, b: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 4 <= width; k += 4) {
    s0 += rows[a + k]! * rows[b + k]!;
    s1 += rows[a + k + 1]! * rows[b + k + 1]!;
    s2 += rows[a + k + 2]! * rows[b + k + 2]!;
    s3 += rows[a + k + 3]! * rows[b + k + 3]!;
  }
  for (; k < width; k++) s0 += rows[a + k]! * rows[b + k]!;
  return s0 + s1 + s2 + s3;
}
