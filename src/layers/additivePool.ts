import type * as tf from '@tensorflow/tfjs';
import { gatherRows, nativeKernels, reluGradient } from '../engine/index.js';
import { poolNatively } from './additivePoolNative.js';
import { poolInSlices } from './additivePoolSlices.js';
import type { RowLists } from './rowLists.js';

/** An elementwise function that knows its slope from its value. */
export interface Activation {
  /** The s of s tanh(z / s); 0: the ReLU. */
  readonly scale: number;
  apply(z: tf.Tensor): tf.Tensor;
  /** dy times the slope where the function's value is y. */
  gradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor;
}

export const activations = {
  relu: { scale: 0, apply: (z) => z.relu(), gradient: reluGradient },
  tanh: { scale: 1, apply: (z) => z.tanh(), gradient: (dy, y) => dy.mul(y.square().sub(1).neg()) },
  /** 5 tanh(z / 5) */
  scaledTanh: {
    scale: 5,
    apply: (z) =>
      z
        .mul(1 / 5)
        .tanh()
        .mul(5),
    gradient: (dy, y) =>
      dy.mul(
        y
          .square()
          .mul(-1 / 25)
          .add(1),
      ),
  },
} as const satisfies Readonly<Record<string, Activation>>;

export interface AdditivePoolInput {
  /** [R, d] */
  readonly keys: tf.Tensor2D;
  /** [R, d] */
  readonly values: tf.Tensor2D;
  /** [K, d] */
  readonly queries: tf.Tensor2D;
  /** M. [d, d] */
  readonly matrix: tf.Tensor2D;
}

export interface AdditivePoolSpec {
  readonly activation: Activation;
  readonly lists: RowLists;
  /** The list that each pair's query attends to. [P] */
  readonly of: Int32Array;
  /** The query of each pair; default: the first, the second, .. [P] */
  readonly query?: Int32Array;
  readonly dropout?: ScoreDropout | null;
  /** Elements of an intermediate result: touches memory and speed only. */
  readonly slice?: number;
}

/** Masks for keys, drawn anew for each pair, and for scores: what they are multiplied with, by shape. */
export interface ScoreDropout {
  readonly keys: ((shape: readonly number[]) => tf.Tensor) | null;
  readonly scores: (shape: readonly number[]) => tf.Tensor;
  /** Added to the scores before their mask; without one it would cancel in the softmax. [d] */
  readonly bias: tf.Tensor1D | null;
}

/**
 * Pairs of a query and a list: the query attends to the rows of the list. Scores act(key + query) M, one a channel, are
 * normalised by a softmax over the list and weight the values. 0 for an empty list.
 *
 * @returns [P, d]
 */
export function additivePool(input: AdditivePoolInput, spec: AdditivePoolSpec): tf.Tensor2D {
  const kernels = nativeKernels();
  if (kernels && !spec.dropout) return poolNatively(kernels, input, spec);
  const { query } = spec;
  return poolInSlices(query ? { ...input, queries: gatherRows(input.queries, query) } : input, spec);
}
