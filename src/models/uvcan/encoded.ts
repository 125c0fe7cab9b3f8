import type * as tf from '@tensorflow/tfjs';

/** x_i W_x for the layers of a stack, by name, `keys1` on: `EncodedItems` and `EncodedContexts` hold matrices. */
type Keys = Readonly<Record<`keys${number}`, tf.Tensor2D>>;

export const namedKeys = (keys: readonly tf.Tensor2D[]): Keys =>
  Object.fromEntries(keys.map((key, m) => [`keys${m + 1}`, key]));

export function keysOf(named: Keys): tf.Tensor2D[] {
  const keys: tf.Tensor2D[] = [];
  for (let m = 1; named[`keys${m}`]; m++) keys.push(named[`keys${m}`]!);
  return keys;
}

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
