import type * as tf from '@tensorflow/tfjs';
import type { Pairs } from '../data/index.js';

/** How many of a batch's items, the first ones, are candidates: the others are in histories alone. */
export const candidateCount = ({ item }: Pairs): number =>
  item.reduce((most, at) => Math.max(most, 1 + at), 0);

/** The items as far as pairs name them: batches name candidates first, so what only histories hold is left out. */
export function candidateRows(x: tf.Tensor2D, pairs: Pairs): tf.Tensor2D {
  return x.slice<tf.Tensor2D>([0, 0], [Math.max(1, candidateCount(pairs)), x.shape[1]]);
}
