import type * as tf from '@tensorflow/tfjs';
import type { DenseParameter, Mode } from '../../engine/index.js';
import type { Packed, Positions } from '../../layers/index.js';

/** Reads sequences of items from left to right. */
export interface SequenceEncoder {
  /** What L2 covers besides item vectors. */
  readonly matrices: readonly DenseParameter[];
  /** Width of a state. */
  readonly width: number;
  /**
   * What stands for the user after an item, which depends on nothing after it.
   *
   * @param x vectors of the items, packed. [R, factors]
   * @param asked Q items
   * @returns [Q, width]
   */
  states(x: tf.Tensor2D, packed: Packed, asked: Positions, mode: Mode): tf.Tensor2D;
}
