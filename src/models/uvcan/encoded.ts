import type * as tf from '@tensorflow/tfjs';

/** x_i W_x for the layers of a stack, by name: `EncodedItems` and `EncodedContexts` hold matrices. */
export const keyNames = ['keys1', 'keys2', 'keys3', 'keys4'] as const;
type Keys = { readonly [name in (typeof keyNames)[number]]?: tf.Tensor2D };

export type UvcanItems = Keys & {
  /** Q_v. [N, n_v * K] */
  readonly slots: tf.Tensor2D;
  /** What the identifier adds to the first hidden layer. [N, h] */
  readonly head?: tf.Tensor2D;
};

export type UvcanContexts = Keys & {
  /** [U, K] */
  readonly q0: tf.Tensor2D;
  /** q_0 W_g of the first layer over videos. [U, K] */
  readonly guidance: tf.Tensor2D;
  /** Q_u, where the video guides attention over it. [U, n_u * K] */
  readonly slots?: tf.Tensor2D;
  /** What is the user's own in the first hidden layer. [U, h] */
  readonly head?: tf.Tensor2D;
};
