import * as tf from '@tensorflow/tfjs';

/** What the backend of the addon has besides tfjs' own interface: TensorFlow's operations by name. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  /** TensorFlow's numbers of types, and of the types of attributes. */
  readonly binding: Readonly<
    Record<'TF_FLOAT' | 'TF_INT32' | 'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_BOOL', number>
  >;
  /** `values`: of a tensor that TensorFlow has not got yet. */
  readonly tensorMap: { get(id: tf.DataId): { readonly values: unknown } };
  executeSingleOutput(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly tf.Tensor[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** The backend in use, which has to be tensorflow. */
export const nativeBackend = (): NativeBackend => tf.backend() as unknown as NativeBackend;
