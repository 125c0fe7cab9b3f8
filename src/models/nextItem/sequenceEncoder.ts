import type * as tf from '@tensorflow/tfjs';
import type { DenseParameter, Mode } from '../../engine/index.js';
import type { Packed } from '../../layers/index.js';

/** Reads sequences of items from left to right. */
export interface SequenceEncoder {
  /** What L2 covers besides item vectors. */
  readonly matrices: readonly DenseParameter[];
  /** Width of a state. */
  readonly width: number;
  /**
   * What stands for the user after each item, which depends on nothing after it.
   *
   * @param x vectors of the items, packed. [R, factors]
   * @returns [R, width]
   */
  states(x: tf.Tensor2D, packed: Packed, mode: Mode): tf.Tensor2D;
}
