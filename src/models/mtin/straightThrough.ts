import * as tf from '@tensorflow/tfjs';

/**
 * x times G = stopgrad(1 - pi) + pi: the value is exactly x, and pi gets the gradient that it would have as a factor.
 *
 * @param pi of the shape of x, or broadcast against it with sides of 1
 */
export function throughFactor<T extends tf.Tensor>(x: T, pi: tf.Tensor): T {
  const sides = pi.shape.flatMap((side, axis) => (side === 1 && x.shape[axis] !== 1 ? [axis] : []));
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [value, , save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const ofPi = dy.mul(saved[0]!);
      return [dy, sides.length === 0 ? ofPi : ofPi.sum(sides, true)];
    };
    return { value: value.clone(), gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] };
  });
  return op(x, pi) as T;
}

/**
 * The step function of Eq. 9: 1 where w > threshold, else 0.
 *
 * @param gradient whether w gets the gradient of the result as it is, or none
 */
export function mask<T extends tf.Tensor>(w: T, threshold: number, gradient: boolean): T {
  const step = (x: tf.Tensor) => x.greater(threshold).cast('float32');
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: step(inputs[0] as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => (gradient ? dy : tf.zerosLike(dy)),
  }));
  return op(w) as T;
}
