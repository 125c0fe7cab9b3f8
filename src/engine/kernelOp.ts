import * as tf from '@tensorflow/tfjs';
import { valuesInPlace } from './hostTensors.js';
import type { Floats } from './kernelArrays.js';
import type { Kernels } from './nativeFunctions.js';
import { filledTensors } from './tensorMemory.js';

/** What kernels compute from the values of `inputs`. Both ways fill what they are given last, and keep none of it. */
export interface KernelOp {
  readonly inputs: readonly tf.Tensor[];
  /** Of the result. */
  readonly shape: readonly number[];
  forward(inputs: Floats[], result: Floats): void;
  /** From the gradient `dy` of the result to those of the inputs, in their order. Called once, or never. */
  backward(inputs: Floats[], dy: Floats, gradients: Floats[]): void;
}

/** An operation of the engine tensorflow that kernels do, forward and back. */
export function kernelOp<T extends tf.Tensor>(
  kernels: Kernels,
  { inputs, shape, forward, backward }: KernelOp,
): T {
  const valuesOf = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => valuesInPlace(kernels, tensor));
  const op = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    (given.at(-1) as tf.GradSaveFunc)([...inputs]); // their memory has to stay
    const [value] = filledTensors(kernels, [shape], (result) => forward(valuesOf(inputs), result!));
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      filledTensors(
        kernels,
        saved.map((input) => input.shape),
        (...gradients) => backward(valuesOf(saved), valuesInPlace(kernels, dy), gradients),
      );
    return { value: value!, gradFunc };
  });
  return op(...inputs) as T;
}
