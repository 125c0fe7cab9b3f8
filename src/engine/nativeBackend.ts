import * as tf from '@tensorflow/tfjs';
import type { TensorData } from './hostTensors.js';

/** What the backend of the addon has besides tfjs' own interface: TensorFlow's operations by name. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  /** TensorFlow's numbers of types, and of the types of attributes. */
  readonly binding: Readonly<
    Record<'TF_FLOAT' | 'TF_INT32' | 'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_BOOL', number>
  >;
  readonly tensorMap: {
    has(id: tf.DataId): boolean;
    get(id: tf.DataId): TensorData;
    set(id: tf.DataId, data: TensorData): void;
  };
  executeSingleOutput(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
  /** Gives TensorFlow what it has not got yet. */
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  readSync(dataId: tf.DataId): tf.TypedArray;
  /** Whether the values are gone: no tensor has them any more. */
  disposeData(dataId: tf.DataId, force?: boolean): boolean;
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** The backend in use, which has to be tensorflow. */
export const nativeBackend = (): NativeBackend => tf.backend() as unknown as NativeBackend;
