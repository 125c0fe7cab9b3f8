import * as tf from '@tensorflow/tfjs';
import type { Floats, Kernels, TensorMemory } from './nativeFunctions.js';

/** What the backend of the addon has besides tfjs' own interface. */
interface NativeBackend {
  readonly binding: Readonly<Record<'TF_FLOAT' | 'TF_ATTR_TYPE' | 'TF_ATTR_BOOL', number>>;
  /** `values`: of a tensor that the engine has not got yet. */
  readonly tensorMap: { get(id: tf.DataId): { readonly values: unknown } };
  executeMultipleOutputs(
    name: string,
    attributes: readonly { name: string; type: number; value: unknown }[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

const backend = (): NativeBackend => tf.backend() as unknown as NativeBackend;

/**
 * A tensor's values where they lie, to be read by a kernel at once: they mean nothing when the tensor is gone. A copy
 * where TensorFlow does not tell.
 */
export function valuesInPlace(kernels: Kernels, tensor: tf.Tensor): Floats {
  const inHost = () => backend().tensorMap.get(tensor.dataId).values !== null;
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
  backend().executeMultipleOutputs('MvrecTensorMemory', [], [tensor], 0);
  return seenTensorMemory();
}

function emptyTensor(shape: readonly number[]): tf.Tensor {
  const { binding } = backend();
  const size = tf.tensor1d(Int32Array.from(shape), 'int32');
  const [tensor] = backend().executeMultipleOutputs(
    'Empty',
    [
      { name: 'dtype', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
      { name: 'init', type: binding.TF_ATTR_BOOL, value: false },
    ],
    [size],
    1,
  );
  size.dispose();
  return tensor!;
}
