import type * as tf from '@tensorflow/tfjs';
import type { DenseParameter, ParameterSet } from '../engine/index.js';
import { type CellOptions, cellParameters } from './lstm.js';
import { type EdgeCell, recurrence } from './recurrence.js';

export interface TemporalGraphLstm {
  /** Matrices, without the biases. */
  readonly weights: readonly DenseParameter[];
  /**
   * States of whole sequences. That of a position depends on nothing after it, so that one run serves every prefix.
   *
   * @param x [S, T, inputs]
   * @param lengths of the sequences, each in 0..T. [S]
   * @param edges for each position from 1 on the similar earlier one, see `similarEdges`. [S, T] row-major
   * @returns 0 past a sequence's end. [S, T, units]
   */
  apply(x: tf.Tensor3D, lengths: Int32Array, edges: Int32Array): tf.Tensor3D;
}

export interface TemporalGraphLstmOptions extends CellOptions {
  readonly edgeCell: EdgeCell;
}

/**
 * ALPINE's temporal-graph LSTM (Li et al. 2019): beside the cell that reads the step before, a starred cell with
 * weights of its own reads the state h* of the most similar earlier position. h_t = o tanh(c_t) + o* tanh(c*_t), so
 * that |h| can reach 2. Weights under `name.main` and `name.star`.
 */
export function temporalGraphLstm(
  parameters: ParameterSet,
  name: string,
  { edgeCell, ...cell }: TemporalGraphLstmOptions,
): TemporalGraphLstm {
  const main = cellParameters(parameters, `${name}.main`, cell);
  const star = cellParameters(parameters, `${name}.star`, cell);
  return {
    weights: [...main.weights, ...star.weights],
    apply: (x, lengths, edges) =>
      recurrence({ x, lengths, cells: [main.value(), star.value()], links: { edges, edgeCell } }),
  };
}
