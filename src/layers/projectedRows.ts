import * as tf from '@tensorflow/tfjs';
import { filledTensors, type Kernels, valuesInPlace } from '../engine/index.js';

/**
 * Rows of a matrix in host memory times a weight, by the native kernel: no row is copied on its way.
 *
 * @param matrix row-major [V, inputs]; not to be changed while the step lasts
 * @param rows within 0..V-1. [N]
 * @param weight [inputs, outputs]
 * @returns [N, outputs]; has a gradient with respect to the weight alone
 */
export function projectedRows(
  kernels: Kernels,
  matrix: Float32Array,
  rows: Int32Array,
  weight: tf.Tensor2D,
): tf.Tensor2D {
  const [inputs, outputs] = weight.shape;
  const projection = [kernels.threads, 0, inputs, outputs, matrix, rows] as const;
  const op = tf.customGrad(() => {
    const [value] = filledTensors(kernels, [[rows.length, outputs]], (values) =>
      kernels.projectRows(...projection, valuesInPlace(kernels, weight), values!),
    );
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] =>
      filledTensors(kernels, [weight.shape], (dWeight) =>
        kernels.projectRowsBackward(...projection, valuesInPlace(kernels, dy), dWeight!),
      );
    return { value: value!, gradFunc };
  });
  return op(weight) as tf.Tensor2D;
}
