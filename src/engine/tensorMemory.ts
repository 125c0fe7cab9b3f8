import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';
import { emptyHostTensor, MOST_ON_HOST, valuesInPlace } from './hostTensors.js';
import type { Floats } from './kernelArrays.js';
import { nativeBackend } from './nativeBackend.js';
import type { Kernels } from './nativeFunctions.js';

/** New tensors that a kernel fills: `fill` gets the values of each, which are anything at first, and keeps none. */
export function filledTensors(
  kernels: Kernels,
  shapes: readonly (readonly number[])[],
  fill: (...values: Floats[]) => void,
): tf.Tensor[] {
  const made = shapes.map((shape) =>
    sizeOf(shape) <= MOST_ON_HOST || !kernels.openTensorMemory()
      ? onHost(shape)
      : inTensorflow(kernels, shape),
  );
  fill(...made.map(({ values }) => values));
  return made.map(({ tensor }) => tensor);
}

interface Made {
  readonly tensor: tf.Tensor;
  readonly values: Floats;
}

function onHost(shape: readonly number[]): Made {
  const { info, values } = emptyHostTensor(shape);
  return { tensor: tf.engine().makeTensorFromTensorInfo(info), values };
}

/** Memory of TensorFlow's own, which its operations need not copy. */
function inTensorflow(kernels: Kernels, shape: readonly number[]): Made {
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
  return { tensor: tensor!, values: valuesInPlace(kernels, tensor!) };
}
