import type * as tf from '@tensorflow/tfjs';
import type { Pairs } from '../data/index.js';

/** The items as far as pairs name them: batches name candidates first, so what only histories hold is left out. */
export function candidateRows(x: tf.Tensor2D, { item }: Pairs): tf.Tensor2D {
  const last = item.reduce((a, b) => Math.max(a, b), 0);
  return x.slice<tf.Tensor2D>([0, 0], [1 + last, x.shape[1]]);
}
