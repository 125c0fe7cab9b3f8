import type * as tf from '@tensorflow/tfjs';
import type { ContextHistory } from '../data/index.js';
import { gatherRows } from '../engine/index.js';
import type { RowLists } from '../layers/index.js';

/** Steps of the longest sequence, at least 1: engines have no sequences of no steps. */
export const longestOf = ({ sequences }: ContextHistory): number =>
  sequences.length.reduce((most, length) => Math.max(most, length), 1);

/** Items of sequences, something past the end of shorter ones: [N, D] -> [S, steps, D] */
export function rowsOfSequences(x: tf.Tensor2D, { sequences }: ContextHistory, steps: number): tf.Tensor3D {
  const { count, width, item, length } = sequences;
  const positions = new Int32Array(count * steps);
  for (let s = 0; s < count; s++) {
    positions.set(item.subarray(s * width, s * width + length[s]!), s * steps);
  }
  return gatherRows(x, positions).reshape([count, steps, x.shape[1]]);
}

/** The places of each context's history among those of all sequences, `steps` each, one sequence after another. U lists */
export const placesOfContexts = (history: ContextHistory, steps: number): RowLists =>
  listsOf(history, (s, t) => s * steps + t);

/** The items of each context's history. U lists of positions in the batch's `items` */
export function itemsOfContexts(history: ContextHistory): RowLists {
  const { item, width } = history.sequences;
  return listsOf(history, (s, t) => item[s * width + t]!);
}

function listsOf({ sequence, length }: ContextHistory, at: (s: number, t: number) => number): RowLists {
  const offsets = new Int32Array(length.length + 1);
  for (const [c, own] of length.entries()) offsets[c + 1] = offsets[c]! + own;
  const rows = new Int32Array(offsets[length.length]!);
  for (const [c, s] of sequence.entries()) {
    for (let t = 0; t < length[c]!; t++) rows[offsets[c]! + t] = at(s, t);
  }
  return { offsets, rows };
}
