import * as tf from '@tensorflow/tfjs';
import { computesOnGpu, takeRows } from '../engine/index.js';

/**
 * How large an intermediate result may be: 2 MB on a processor, so that a few of them fit into its caches; on a
 * graphics card only memory sets a limit.
 */
export function sliceElements(): number {
  return computesOnGpu() ? 1 << 27 : 1 << 19;
}

/** Cuts a list of things into stretches of at most `most` elements in sum, one thing at least. */
export function cutIntoSlices(
  things: Int32Array,
  elementsOf: (thing: number) => number,
  most: number,
): Int32Array[] {
  const slices: Int32Array[] = [];
  let start = 0;
  let sum = 0;
  for (let i = 0; i < things.length; i++) {
    const elements = elementsOf(things[i]!);
    if (i > start && sum + elements > most) {
      slices.push(things.subarray(start, i));
      start = i;
      sum = 0;
    }
    sum += elements;
  }
  if (start < things.length) slices.push(things.subarray(start));
  return slices;
}

/** Where each of 0..count-1 stands in `order`; those that do not occur get `order.length`. */
export function slotsOf(order: Int32Array, count: number): Int32Array {
  const slots = new Int32Array(count).fill(order.length);
  order.forEach((thing, slot) => {
    if (thing < count) slots[thing] = slot;
  });
  return slots;
}

/** Matrices one below the other. */
export function concatRows(parts: readonly tf.Tensor2D[]): tf.Tensor2D {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts], 0);
}

/** Rows of the matrices one below the other; the position after the last row means zero. No gradient. */
export function rowsWithZero(parts: readonly tf.Tensor2D[], positions: Int32Array): tf.Tensor2D {
  const width = parts[0]!.shape[1];
  return takeRows(tf.concat([...parts, tf.zeros<tf.Rank.R2>([1, width])], 0), positions);
}
