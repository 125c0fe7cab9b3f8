import type * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';
import { type HostArray, HostArrays } from './hostArrays.js';
import type { Floats } from './kernelArrays.js';
import { type NativeBackend, nativeBackend } from './nativeBackend.js';
import type { Kernels } from './nativeFunctions.js';

/*
 * Tensors of the engine tensorflow whose values are in arrays of ours, where kernels read and write them. TensorFlow gets
 * them when one of its own operations asks for them.
 */

/** What the addon knows of a tensor: values that TensorFlow has not got yet, or its number in TensorFlow. */
export interface TensorData {
  readonly shape: number[];
  readonly values: Float32Array | null;
  /** Ours, where `values` are. */
  array?: HostArray | null;
  /** Where TensorFlow has it, once that was asked for. */
  memory?: Floats;
}

/** Numbers of a tensor above which it is left to TensorFlow: what such a tensor costs is not the call. */
export const MOST_ON_HOST = 2 ** 20;
/** 256 MiB, what steps of large batches put between their first operation and the last. */
const arrays = new HostArrays(2 ** 26);

/** A tensor of floats whose values are all of `array`, or some of it. */
function hostTensor(
  shape: readonly number[],
  array: HostArray,
  values: Float32Array = array.values,
): tf.TensorInfo {
  const dataId = {};
  const { tensorMap, binding } = nativeBackend();
  const data = { shape: [...shape], dtype: binding.TF_FLOAT, values, id: -1, refCount: 1, array };
  tensorMap.set(dataId, data);
  return { dataId, shape: [...shape], dtype: 'float32' };
}

/** A new one, with values that are anything at first. */
export function emptyHostTensor(shape: readonly number[]): { info: tf.TensorInfo; values: Float32Array } {
  const array = arrays.take(sizeOf(shape));
  return { info: hostTensor(shape, array), values: array.values };
}

/** The same values in another shape, or as many of them from `begin` on; null: TensorFlow has them. */
export function sameValues(x: tf.TensorInfo, shape: readonly number[], begin = 0): tf.TensorInfo | null {
  const { values, array } = dataOf(x);
  if (!values) return null;
  const part = begin === 0 && sizeOf(shape) === values.length ? values : partOf(values, begin, sizeOf(shape));
  if (!array) return hostTensor(shape, { values, refs: 1, shared: true }, part);
  array.refs++;
  return hostTensor(shape, array, part);
}

const partOf = (values: Float32Array, begin: number, size: number) => values.subarray(begin, begin + size);

/**
 * A tensor's values where they lie, to be read by a kernel at once: they mean nothing when the tensor is gone. A copy
 * where TensorFlow does not tell.
 */
export function valuesInPlace(kernels: Kernels, tensor: tf.TensorInfo): Floats {
  const data = dataOf(tensor);
  if (data.values) return data.values;
  if (sizeOf(tensor.shape) === 0 || !kernels.openTensorMemory()) {
    return nativeBackend().readSync(tensor.dataId) as Float32Array;
  }
  if (!data.memory) {
    nativeBackend().executeMultipleOutputs('MvrecTensorMemory', [], [tensor], 0);
    data.memory = kernels.seenTensorMemory();
  }
  return data.memory;
}

/** Teaches the addon's backend that some arrays are used again. */
export function keepHostTensors(backend: NativeBackend): void {
  const addon = {
    getInputTensorIds: backend.getInputTensorIds,
    disposeData: backend.disposeData,
    readSync: backend.readSync,
  };
  const dataIn = (dataId: tf.DataId): TensorData | null =>
    backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId) : null;
  Object.assign(backend, {
    // TensorFlow may go on with the array itself, for as long as it likes.
    getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[] {
      for (const { dataId } of tensors) {
        const data = dataId && dataIn(dataId);
        if (!data?.array) continue;
        data.array.shared = true;
        data.array = null;
      }
      return addon.getInputTensorIds.call(backend, tensors);
    },
    disposeData(dataId: tf.DataId, force?: boolean): boolean {
      const array = dataIn(dataId)?.array;
      const gone = addon.disposeData.call(backend, dataId, force);
      if (gone && array) arrays.leave(array);
      return gone;
    },
    readSync(dataId: tf.DataId): tf.TypedArray {
      const values = addon.readSync.call(backend, dataId);
      return dataIn(dataId)?.array ? values.slice() : values;
    },
  });
}

const dataOf = ({ dataId }: tf.TensorInfo): TensorData => nativeBackend().tensorMap.get(dataId);
