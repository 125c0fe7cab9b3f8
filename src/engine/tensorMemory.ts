import * as tf from '@tensorflow/tfjs';
import type { Floats, TensorMemory } from './kernelArrays.js';
import { nativeBackend } from './nativeBackend.js';
import type { Kernels } from './nativeFunctions.js';

/**
 * A tensor's values where they lie, to be read by a kernel at once: they mean nothing when the tensor is gone. A copy
 * where TensorFlow does not tell.
 */
export function valuesInPlace(kernels: Kernels, tensor: tf.Tensor): Floats {
  const inHost = () => nativeBackend().tensorMap.get(tensor.dataId).values !== null;
  if (tensor.size === 0 || !kernels.openTensorMemory() || inHost()) return tensor.dataSync<'float32'>();
  return memoryOf(kernels, tensor);
}

/** New tensors that a kernel fills: `fill` gets the values of each, which are anything at first, and keeps none. */
export function filledTensors(
  kernels: Kernels,
  shapes: readonly (readonly number[])[],
  fill: (...values: Floats[]) => void,
): tf.Tensor[] {
  if (!kernels.openTensorMemory()) {
    const values = shapes.map((shape) => new Float32Array(tf.util.sizeFromShape([...shape])));
    fill(...values);
    return values.map((array, i) => tf.tensor(array, [...shapes[i]!]));
  }
  const tensors = shapes.map((shape) => emptyTensor(shape));
  fill(...tensors.map((tensor) => (tensor.size === 0 ? new Float32Array() : memoryOf(kernels, tensor))));
  return tensors;
}

function memoryOf({ seenTensorMemory }: Kernels, tensor: tf.Tensor): TensorMemory {
  nativeBackend().executeMultipleOutputs('MvrecTensorMemory', [], [tensor], 0);
  return seenTensorMemory();
}

function emptyTensor(shape: readonly number[]): tf.Tensor {
  const backend = nativeBackend();
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = backend.binding;
  const size = tf.tensor1d(Int32Array.from(shape), 'int32');
  const [tensor] = backend.executeMultipleOutputs(
    'Empty',
    [
      { name: 'dtype', type: TF_ATTR_TYPE, value: TF_FLOAT },
      { name: 'init', type: TF_ATTR_BOOL, value: false },
    ],
    [size],
    1,
  );
  size.dispose();
  return tensor!;
}
