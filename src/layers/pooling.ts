import * as tf from '@tensorflow/tfjs';

/** Stands in for the score of a masked position: finite, so that a row of masked positions only is no NaN. */
const MASKED = -(2 ** 32);

/**
 * Mean over the positions of `axis` where the mask is 1; 0 where there is none.
 *
 * @param x for example [B, T, d]
 * @param mask 0 or 1, of the same rank, broadcast against `x`: [B, T, 1]
 * @returns `x` without `axis`: [B, d]
 */
export function maskedMean(x: tf.Tensor, mask: tf.Tensor, axis: number): tf.Tensor {
  const count = mask.sum(axis);
  return x
    .mul(mask)
    .sum(axis)
    .div(count.add(count.equal(0).cast('float32')));
}

/**
 * Feature-wise attention pooling: the scores are normalised by a softmax over `axis`, separately for each channel,
 * and weight the values. Where the mask is 0 the score counts as -2^32; a row without any valid position is
 * therefore weighted uniformly, and whether it should count at all is for the values to say.
 *
 * The gradient is written out, since what follows from the pieces (maximum, exponential, sums, quotient) takes
 * several times the memory and time: with weights w and result y, dy/dvalue = w and dy/dscore = w (value - y).
 *
 * @param scores for example [B, T, d]
 * @param values of the shape of `scores`
 * @param mask 0 or 1, of the same rank, broadcast against `scores`: [B, T, 1]
 * @returns `values` without `axis`: [B, d]
 */
export function softmaxPool<T extends tf.Tensor>(
  scores: T,
  values: T,
  mask: tf.Tensor,
  axis: number,
): tf.Tensor {
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [s, v, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const filled = s.mul(mask).add(mask.sub(1).mul(-MASKED));
    const exponentials = filled.sub(filled.max(axis, true)).exp();
    const weights = exponentials.div(exponentials.sum(axis, true));
    const pooled = weights.mul(v).sum(axis, true);
    save([weights, v, pooled, mask]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [w, value, y, valid] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dValues = w.mul(dy.expandDims(axis));
      return [dValues.mul(value.sub(y)).mul(valid), dValues];
    };
    return {
      value: pooled.squeeze([axis]),
      gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
    };
  });
  return op(scores, values);
}
