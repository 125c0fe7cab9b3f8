import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  dropout,
  glorotUniform,
  type Mode,
  type ParameterSet,
} from '../engine/index.js';
import { linear } from './linear.js';
import { softmaxPool } from './pooling.js';

/** Multi-head feature-wise attention among blocks: additive scores, one a channel, normalised over contributing blocks. */
export interface BlockAttention {
  /** Matrices, without the bias. */
  readonly weights: readonly DenseParameter[];
  /**
   * @param blocks [U, m, d]
   * @param allowed 1 where block j (second) may contribute to block i (first). [U, m, m]
   * @param counted weights are set to 0 after the softmax where this is 0. [U, m, m]
   * @returns [U, m, d]
   */
  apply(blocks: tf.Tensor3D, allowed: tf.Tensor3D, counted: tf.Tensor3D, mode: Mode): tf.Tensor3D;
}

export interface BlockAttentionOptions {
  readonly width: number;
  readonly heads: number;
  readonly headWeights: 'shared' | 'perHead';
  readonly activation: (z: tf.Tensor) => tf.Tensor;
  /** Share kept by dropout on query, key, value and scores; 1: no dropout. */
  readonly keep: number;
}

export function blockAttention(
  parameters: ParameterSet,
  name: string,
  { width, heads, headWeights, activation, keep }: BlockAttentionOptions,
): BlockAttention {
  const square = { inputs: width, outputs: width, bias: false };
  const query = linear(parameters, `${name}.query`, square);
  const key = linear(parameters, `${name}.key`, square);
  const value = linear(parameters, `${name}.value`, square);
  const headWidth = width / heads;
  const copies = headWeights === 'shared' ? 1 : heads;
  const out = parameters.addDense(`${name}.out`, [copies, headWidth, headWidth], glorotUniform);
  const bias = parameters.addDense(`${name}.bias`, [copies, headWidth], (shape, random) =>
    Float32Array.from(
      Array.from({ length: copies }, () => [...glorotUniform(shape.slice(1), random)]).flat(),
    ),
  );

  /** Each head's channels times that head's matrix: [.., width] -> [.., width]. */
  const mix = (z: tf.Tensor): tf.Tensor => {
    const matrices = out.value<tf.Rank.R3>();
    if (copies === 1) return tf.matMul(z.reshape([-1, headWidth]), matrices.reshape([headWidth, headWidth]));
    const byHead = z.reshape([-1, heads, headWidth]).transpose([1, 0, 2]);
    return tf.matMul(byHead, matrices).transpose([1, 0, 2]);
  };

  return {
    weights: [query.weight, key.weight, value.weight, out],
    apply: (blocks, allowed, counted, mode) => {
      const [users, m] = blocks.shape;
      const project = (map: typeof query, site: string) =>
        dropout(map.apply(blocks), keep, mode, `${name}.${site}`);
      const received = project(query, 'query').expandDims(2);
      const contributed = project(key, 'key').expandDims(1);
      const offset = tf.tile(bias.value<tf.Rank.R2>(), [heads / copies, 1]).reshape([width]);
      const mixed = mix(activation(received.add(contributed).add(offset)));
      const scores = dropout(mixed.reshape([users, m, m, width]), keep, mode, `${name}.out`);
      const values = project(value, 'value').expandDims(1).mul(counted.expandDims(3));
      return softmaxPool(scores, values, allowed.expandDims(3), 2) as tf.Tensor3D;
    },
  };
}
