import * as tf from '@tensorflow/tfjs';

/**
 * weight * sum of 0.5 * sum of squares, over all given tensors; one that is given twice counts twice. The gradient,
 * weight * tensor, is written out: with many small weights the operations cost more than the numbers.
 */
export function l2Penalty(weight: number, tensors: readonly tf.Tensor[]): tf.Scalar {
  if (weight === 0 || tensors.length === 0) return tf.scalar(0);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = inputs.pop() as tf.GradSaveFunc;
    const given = inputs as tf.Tensor[];
    save(given);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const factor = dy.mul(weight);
      return saved.map((tensor) => tensor.mul(factor));
    };
    const value = tf
      .concat(given.map((tensor) => tensor.reshape([-1])))
      .square()
      .sum()
      .mul(0.5 * weight);
    return { value, gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] };
  });
  return op(...tensors) as tf.Scalar;
}
