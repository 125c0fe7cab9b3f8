import * as tf from '@tensorflow/tfjs';
import { dropout, dropoutMask, gatherRows, type Mode, type ParameterSet, relu } from '../engine/index.js';
import { activations, additivePool } from './additivePool.js';
import { additiveWeights } from './attentionWeights.js';
import { type Linear, linear } from './linear.js';
import type { RowLists } from './rowLists.js';

/** Feature-wise additive scores: relu(x Wx + bx + q Wq + bq) W + b, one score a channel of x. */
export interface AdditiveAttention {
  /** [.., width of x] -> [.., width of x] */
  readonly x: Linear;
  /** [.., width of q] -> [.., width of x] */
  readonly q: Linear;
  readonly out: Linear;
  /** Share kept by dropout. */
  readonly keep: number;
  /** Scores from the projections x.apply(..) and q.apply(..), broadcast against each other. [.., width of x] */
  scores(fromX: tf.Tensor, fromQ: tf.Tensor, mode: Mode): tf.Tensor;
  /**
   * Rows of lists, pooled by the scores that they have for pairs of a query and a list.
   *
   * @param rows [R, width of x]
   * @param fromQ projections q.apply(..) of the queries. [K, width of x]
   * @returns [P, width of x]; 0 for an empty list
   */
  attend(rows: tf.Tensor2D, fromQ: tf.Tensor2D, pairs: AttendingPairs, mode: Mode): tf.Tensor2D;
  /** The weights with which `attend` pools without dropout, lists padded to `height`. [P, height, width of x] */
  weights(rows: tf.Tensor2D, fromQ: tf.Tensor2D, pairs: AttendingPairs, height: number): tf.Tensor3D;
}

export interface AttendingPairs {
  readonly lists: RowLists;
  /** The list of each pair. [P] */
  readonly of: Int32Array;
  /** The query of each pair. [P] */
  readonly query: Int32Array;
}

export interface AdditiveAttentionOptions {
  /** Width of what is attended to, hence of the scores. */
  readonly x: number;
  /** Width of what it is judged against. */
  readonly q: number;
  /** Share kept by dropout on both projections and on the scores; 1: no dropout. */
  readonly keep: number;
}

/** Weights under `name.x`, `name.q` and `name.out`. The two biases bx and bq act as one; released weights hold both. */
export function additiveAttention(
  parameters: ParameterSet,
  name: string,
  { x: width, q: queryWidth, keep }: AdditiveAttentionOptions,
): AdditiveAttention {
  const x = linear(parameters, `${name}.x`, { inputs: width, outputs: width, bias: true });
  const q = linear(parameters, `${name}.q`, { inputs: queryWidth, outputs: width, bias: true });
  const out = linear(parameters, `${name}.out`, { inputs: width, outputs: width, bias: true });
  return {
    x,
    q,
    out,
    keep,
    scores: (fromX, fromQ, mode) => {
      const hidden = relu(
        tf.add(dropout(fromX, keep, mode, `${name}.x`), dropout(fromQ, keep, mode, `${name}.q`)),
      );
      return dropout(out.apply(hidden), keep, mode, `${name}.out`);
    },
    attend: (rows, fromQ, { lists, of, query }, mode) => {
      const keys = x.apply(rows);
      const mask = (site: string) => (shape: readonly number[]) =>
        dropoutMask(shape, keep, mode, `${name}.${site}`);
      const pool = { keys, values: rows, matrix: out.weight.value<tf.Rank.R2>() };
      const spec = { activation: activations.relu, lists, of };
      if (!mode.training || keep === 1) return additivePool({ ...pool, queries: fromQ }, { ...spec, query });
      const queries = dropout(gatherRows(fromQ, query), keep, mode, `${name}.q`); // a mask for each pair
      const masks = { keys: mask('x'), scores: mask('out'), bias: out.bias!.value<tf.Rank.R1>() };
      return additivePool({ ...pool, queries }, { ...spec, dropout: masks });
    },
    weights: (rows, queries, pairs, height) => {
      const matrix = out.weight.value<tf.Rank.R2>();
      return additiveWeights(
        { keys: x.apply(rows), queries, matrix },
        { activation: activations.relu, ...pairs },
        height,
      );
    },
  };
}
