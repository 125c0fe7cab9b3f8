import * as tf from '@tensorflow/tfjs';
import type { Sequences } from '../data/index.js';
import type { ThacilOptions } from './options.js';

export interface ThacilMasks {
  /** 1 for real items. [U, m, k, 1] */
  readonly items: tf.Tensor4D;
  /** 1 for blocks that hold an item. [U, m, 1] */
  readonly blocks: tf.Tensor3D;
}

/**
 * Histories are padded at the end. A block counts when it holds at least one item: the first
 * m - floor(padding / k) blocks do.
 */
export function thacilMasks({ count, width, length }: Sequences, k: number): ThacilMasks {
  const m = width / k;
  const items = new Float32Array(count * width);
  const blocks = new Float32Array(count * m);
  for (let u = 0; u < count; u++) {
    items.fill(1, u * width, u * width + length[u]!);
    blocks.fill(1, u * m, u * m + m - Math.floor((width - length[u]!) / k));
  }
  return { items: tf.tensor4d(items, [count, m, k, 1]), blocks: tf.tensor3d(blocks, [count, m, 1]) };
}

export interface Contributions {
  /** 1 where block j (second) may contribute to block i (first): Eq. 7 and padding. [U, m, m] */
  readonly allowed: tf.Tensor3D;
  /** Weights are set to 0 after the softmax where this is 0. [U, m, m] */
  readonly counted: tf.Tensor3D;
}

/**
 * The first block has no block before it, so its softmax runs over masked scores only and is uniform. `zero` lets
 * nothing of that count; `uniform` (released graph) sets only the weights of empty blocks to 0 afterwards, so that
 * the first block receives 1/m of every non-empty block, later ones and itself among them.
 */
export function contributions(
  blocks: tf.Tensor3D,
  { interAttention, firstBlock }: Pick<ThacilOptions, 'interAttention' | 'firstBlock'>,
): Contributions {
  const [users, m] = blocks.shape;
  const nonEmpty = tf.tile(blocks.reshape([users, 1, m]), [1, m, 1]) as tf.Tensor3D;
  if (interAttention === 'bidirectional') return { allowed: nonEmpty, counted: nonEmpty };
  const before = Float32Array.from({ length: m * m }, (_, at) => (at % m < Math.floor(at / m) ? 1 : 0));
  const allowed = nonEmpty.mul(tf.tensor3d(before, [1, m, m])) as tf.Tensor3D;
  return { allowed, counted: firstBlock === 'zero' ? allowed : nonEmpty };
}
