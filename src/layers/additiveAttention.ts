import * as tf from '@tensorflow/tfjs';
import { dropout, dropoutMask, type Mode, type ParameterSet, relu } from '../engine/index.js';
import { activations, additivePool } from './additivePool.js';
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
   * Rows of lists, pooled by their scores.
   *
   * @param rows [R, width of x]
   * @param fromQ projections q.apply(..) of the queries. [Q, width of x]
   * @param of the list that each query attends to. [Q]
   * @returns [Q, width of x]; 0 for an empty list
   */
  attend(rows: tf.Tensor2D, fromQ: tf.Tensor2D, lists: RowLists, of: Int32Array, mode: Mode): tf.Tensor2D;
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
    attend: (rows, fromQ, lists, of, mode) => {
      const keys = x.apply(rows);
      const queries = dropout(fromQ, keep, mode, `${name}.q`);
      const mask = (site: string) => (shape: readonly number[]) =>
        dropoutMask(shape, keep, mode, `${name}.${site}`);
      const drops = mode.training && keep < 1;
      return additivePool(
        { keys, values: rows, queries, matrix: out.weight.value<tf.Rank.R2>() },
        {
          activation: activations.relu,
          lists,
          of,
          dropout: drops ? { keys: mask('x'), scores: mask('out'), bias: out.bias!.value() } : null,
        },
      );
    },
  };
}
