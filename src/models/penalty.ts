import * as tf from '@tensorflow/tfjs';

/** weight * sum of 0.5 * sum of squares, over all given tensors. */
export function l2Penalty(weight: number, tensors: readonly tf.Tensor[]): tf.Scalar {
  if (tensors.length === 0) return tf.scalar(0);
  return tf.addN(tensors.map((tensor) => tensor.square().sum())).mul(0.5 * weight) as tf.Scalar;
}
