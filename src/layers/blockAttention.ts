import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  dropout,
  dropoutMask,
  glorotUniform,
  type Mode,
  type ParameterSet,
} from '../engine/index.js';
import { type Activation, additivePool } from './additivePool.js';
import { additiveWeights, listMask } from './attentionWeights.js';
import { linear } from './linear.js';
import { sumOfLists } from './pooling.js';
import type { RowLists } from './rowLists.js';

/** Multi-head feature-wise attention among blocks: additive scores, one a channel, normalised over contributing blocks. */
export interface BlockAttention {
  /** Matrices, without the bias. */
  readonly weights: readonly DenseParameter[];
  /**
   * @param blocks [R, d]
   * @param contributors the blocks that each block receives from; from none it receives 0
   * @returns [R, d]
   */
  apply(blocks: tf.Tensor2D, contributors: BlockContributors, mode: Mode): tf.Tensor2D;
  /** The weights with which `apply` sums without dropout, lists padded to `height`. [R, height, d] */
  weightsOf(blocks: tf.Tensor2D, contributors: BlockContributors, height: number): tf.Tensor3D;
}

export interface BlockContributors {
  /** A list a block: those that it attends to. */
  readonly attended: RowLists;
  /** A list a block: those of which it receives the sum, multiplied with `share`, without attention. */
  readonly summed: { readonly lists: RowLists; readonly share: number } | null;
}

export interface BlockAttentionOptions {
  readonly width: number;
  readonly heads: number;
  readonly headWeights: 'shared' | 'perHead';
  readonly activation: Activation;
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

  /** Each head's matrix on the diagonal: one product of that size is faster than many small ones. [d, d] */
  const matrix = (): tf.Tensor2D => {
    const diagonal = Float32Array.from({ length: heads * heads }, (_, at) =>
      at % (heads + 1) === 0 ? 1 : 0,
    );
    return out
      .value()
      .reshape([copies, headWidth, 1, headWidth])
      .mul(tf.tensor4d(diagonal, [heads, 1, heads, 1]))
      .reshape([width, width]);
  };

  /** b of every channel. [d] */
  const offset = (): tf.Tensor1D => tf.tile(bias.value<tf.Rank.R2>(), [heads / copies, 1]).reshape([width]);

  return {
    weights: [query.weight, key.weight, value.weight, out],
    apply: (blocks, { attended, summed }, mode) => {
      const project = (map: typeof query, site: string) =>
        dropout(map.apply(blocks), keep, mode, `${name}.${site}`);
      const values = project(value, 'value');
      const scoreMask = (shape: readonly number[]) => dropoutMask(shape, keep, mode, `${name}.out`);
      const received = additivePool(
        {
          keys: project(key, 'key'),
          values,
          queries: project(query, 'query').add(offset()),
          matrix: matrix(),
        },
        {
          activation,
          lists: attended,
          of: Int32Array.from({ length: blocks.shape[0] }, (_, block) => block),
          dropout: mode.training && keep < 1 ? { keys: null, scores: scoreMask, bias: null } : null,
        },
      );
      return summed ? received.add(sumOfLists(values, summed.lists).mul(summed.share)) : received;
    },
    weightsOf: (blocks, { attended, summed }, height) => {
      const of = Int32Array.from({ length: blocks.shape[0] }, (_, block) => block);
      const queries: tf.Tensor2D = query.apply(blocks).add(offset());
      const weights = additiveWeights(
        { keys: key.apply(blocks), queries, matrix: matrix() },
        { activation, lists: attended, of },
        height,
      );
      return summed ? weights.add(listMask(summed.lists, height).mul(summed.share)) : weights;
    },
  };
}
