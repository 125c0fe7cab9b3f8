/**
 * The weights that pooling layers give, for those who want to look at them. Pooling itself never has them in this form:
 * lists are padded here to one length.
 */
import * as tf from '@tensorflow/tfjs';
import { gatherBlocks, gatherRows } from '../engine/index.js';
import type { AdditivePoolInput, AdditivePoolSpec } from './additivePool.js';
import { lengthOf, type RowLists } from './rowLists.js';

/**
 * Rows of lists as a block, zero past the end of a list: [R, ..] -> [L, height, ..].
 *
 * @throws RangeError for a list that is longer than `height`
 */
export function paddedLists(x: tf.Tensor, lists: RowLists, height: number): tf.Tensor {
  const { rows } = placesOf(lists, height, x.shape[0]!);
  const [, ...rest] = x.shape;
  const shape = [lists.offsets.length - 1, height, ...rest];
  if (rows.length === 0) return tf.zeros(shape);
  const withZero = tf.concat([x, tf.zeros([1, ...rest])], 0);
  return gatherBlocks(withZero, rows).reshape(shape);
}

/** The weights of `softmaxPool`: [R, d] -> [L, height, d], zero past the end of a list. */
export function softmaxWeights(scores: tf.Tensor2D, lists: RowLists, height: number): tf.Tensor3D {
  return maskedSoftmax(paddedLists(scores, lists, height) as tf.Tensor3D, lists);
}

/** The weights of `additivePool` without dropout: one list a pair. [P, height, d], zero past the end of a list. */
export function additiveWeights(
  { keys, queries, matrix }: Omit<AdditivePoolInput, 'values'>,
  { activation, lists, of, query }: Pick<AdditivePoolSpec, 'activation' | 'lists' | 'of' | 'query'>,
  height: number,
): tf.Tensor3D {
  const ofPairs = listsOfPairs(lists, of);
  const [pairs, width] = [of.length, keys.shape[1]];
  if (pairs === 0) return tf.zeros([0, height, width]);
  const asked = query ? gatherRows(queries, query) : queries;
  const hidden = activation.apply(paddedLists(keys, ofPairs, height).add(asked.reshape([pairs, 1, width])));
  const scores = tf
    .matMul(hidden.reshape<tf.Tensor2D>([-1, width]), matrix)
    .reshape<tf.Tensor3D>([pairs, height, width]);
  return maskedSoftmax(scores, ofPairs);
}

/** 1 for each place of a list, 0 past its end. [L, height, 1] */
export function listMask(lists: RowLists, height: number): tf.Tensor3D {
  return tf.tensor3d(placesOf(lists, height, 0).mask, [lists.offsets.length - 1, height, 1]);
}

/** Over the middle axis, as far as each list reaches; all zero for an empty list. */
function maskedSoftmax(scores: tf.Tensor3D, lists: RowLists): tf.Tensor3D {
  const [count, height, width] = scores.shape;
  const { mask } = placesOf(lists, height, 0);
  // Masks of the full shape: engines without kernels are slow where shapes differ.
  const spread = Float32Array.from({ length: mask.length * width }, (_, i) => mask[Math.floor(i / width)]!);
  const counts = tf.tensor3d(spread, [count, height, width]);
  const masked: tf.Tensor3D = scores.add(counts.sub(1).mul(2 ** 32));
  return tf.transpose(tf.softmax(tf.transpose(masked, [0, 2, 1])), [0, 2, 1]).mul(counts);
}

/** Row of each place, `none` past the end of a list, and 1 where there is one. [L height] each */
function placesOf(lists: RowLists, height: number, none: number): { rows: Int32Array; mask: Float32Array } {
  const count = lists.offsets.length - 1;
  const rows = new Int32Array(count * height).fill(none);
  const mask = new Float32Array(count * height);
  for (let list = 0; list < count; list++) {
    const length = lengthOf(lists, list);
    if (length > height) throw new RangeError(`a list of ${length} rows is longer than ${height}`);
    rows.set(lists.rows.subarray(lists.offsets[list], lists.offsets[list + 1]), list * height);
    mask.fill(1, list * height, list * height + length);
  }
  return { rows, mask };
}

function listsOfPairs({ offsets, rows }: RowLists, of: Int32Array): RowLists {
  const starts = new Int32Array(of.length + 1);
  const all: number[] = [];
  of.forEach((list, p) => {
    for (let at = offsets[list]!; at < offsets[list + 1]!; at++) all.push(rows[at]!);
    starts[p + 1] = all.length;
  });
  return { offsets: starts, rows: Int32Array.from(all) };
}
