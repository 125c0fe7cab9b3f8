import * as tf from '@tensorflow/tfjs';
import { dropout, type Mode, type ParameterSet } from '../engine/index.js';
import { type Linear, linear } from './linear.js';

/** Feature-wise additive scores: relu(x Wx + bx + q Wq + bq) W + b, one score a channel of x. */
export interface AdditiveAttention {
  /** [.., width of x] -> [.., width of x] */
  readonly x: Linear;
  /** [.., width of q] -> [.., width of x] */
  readonly q: Linear;
  readonly out: Linear;
  /** Scores from the projections x.apply(..) and q.apply(..), broadcast against each other. [.., width of x] */
  scores(fromX: tf.Tensor, fromQ: tf.Tensor, mode: Mode): tf.Tensor;
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
    scores: (fromX, fromQ, mode) => {
      const hidden = tf.relu(
        tf.add(dropout(fromX, keep, mode, `${name}.x`), dropout(fromQ, keep, mode, `${name}.q`)),
      );
      return dropout(out.apply(hidden), keep, mode, `${name}.out`);
    },
  };
}
