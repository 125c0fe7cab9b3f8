import type * as tf from '@tensorflow/tfjs';
import { type Kernels, kernelOp } from '../engine/index.js';

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
  return kernelOp(kernels, {
    inputs: [weight],
    shape: [rows.length, outputs],
    forward: ([w], result) => kernels.projectRows(...projection, w!, result),
    backward: (_, dy, [dWeight]) => kernels.projectRowsBackward(...projection, dy, dWeight!),
  });
}
