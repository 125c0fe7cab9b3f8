import * as tf from '@tensorflow/tfjs';
import { requireRows } from '../base/index.js';
import { hostGelu, hostGeluGradient, hostReluGradient } from './hostOperations.js';
import { valuesInPlace } from './hostTensors.js';
import type { Floats } from './kernelArrays.js';
import { nativeKernels } from './kernels.js';
import { nativeBackend } from './nativeBackend.js';
import { filledTensors } from './tensorMemory.js';

/**
 * Rows of a matrix by position, with a gradient that every engine can compute: [N, d], [M] -> [M, d].
 *
 * tfjs differentiates `gather` through UnsortedSegmentSum, which wasm lacks and the plain JavaScript backend does
 * in time proportional to rows x segments. Where the engine has no fast kernel the rows are added up on the host.
 *
 * @param positions within 0..N-1; not to be changed while the step lasts, because the engine may not copy it
 * @throws RangeError for a position outside, the same on every engine
 */
export function gatherRows(x: tf.Tensor2D, positions: Int32Array): tf.Tensor2D {
  const [rows] = x.shape;
  requireRows(positions, 0, rows);
  if (positions.length === rows && positions.every((row, i) => row === i)) return x.clone();
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const value = takeRows(inputs[0] as tf.Tensor2D, positions);
    return { value, gradFunc: (dy: tf.Tensor) => addRows(dy as tf.Tensor2D, positions, rows) };
  });
  return op(x) as tf.Tensor2D;
}

/** `gatherRows` of whatever stands in the rows: [N, ..], [M] -> [M, ..]. */
export function gatherBlocks(x: tf.Tensor, positions: Int32Array): tf.Tensor {
  const [count, ...rest] = x.shape as [number, ...number[]];
  const width = rest.reduce((product, side) => product * side, 1);
  return gatherRows(x.reshape([count, width]), positions).reshape([positions.length, ...rest]);
}

/** `gatherRows` for those who write the gradient themselves and know the positions to be within 0..N-1. */
export function takeRows(x: tf.Tensor2D, positions: Int32Array): tf.Tensor2D {
  const [rows, width] = x.shape;
  const backend = tf.getBackend();
  const kernels = nativeKernels();
  if (kernels && x.size > 0 && x.dtype === 'float32') {
    const fill = (taken: Floats) =>
      kernels.takeRows(kernels.threads, width, valuesInPlace(kernels, x), positions, taken);
    return filledTensors(kernels, [[positions.length, width]], fill)[0] as tf.Tensor2D;
  }
  if (backend === 'tensorflow' && x.size > 0) return nativeGather(x, positions);
  // The kernel of wasm moves element by element: copying rows is several times faster, unless most are not wanted.
  if (backend !== 'wasm' || positions.length < rows) return tf.gather(x, tf.tensor1d(positions, 'int32'));
  const values = x.dataSync();
  const taken = new Float32Array(positions.length * width);
  for (let i = 0; i < positions.length; i++) {
    const from = positions[i]! * width;
    taken.set(values.subarray(from, from + width), i * width);
  }
  return tf.tensor2d(taken, [positions.length, width]);
}

/** The transpose of `takeRows`: adds row i of `y` to row `positions[i]` of a zero matrix. [M, d] -> [rows, d] */
export function addRows(y: tf.Tensor2D, positions: Int32Array, rows: number): tf.Tensor2D {
  const width = y.shape[1];
  if (positions.length === 0) return tf.zeros([rows, width]);
  const kernels = nativeKernels();
  if (kernels) {
    const fill = (sum: Floats) =>
      kernels.addRows(kernels.threads, width, valuesInPlace(kernels, y), sum, positions);
    return filledTensors(kernels, [[rows, width]], fill)[0] as tf.Tensor2D;
  }
  if (tf.getBackend() === 'tensorflow' || tf.getBackend() === 'webgpu') {
    return tf.unsortedSegmentSum(y, tf.tensor1d(positions, 'int32'), rows);
  }
  const values = y.dataSync();
  const sum = new Float32Array(rows * width);
  for (let i = 0; i < positions.length; i++) {
    const from = i * width;
    const to = positions[i]! * width;
    for (let c = 0; c < width; c++) sum[to + c]! += values[from + c]!;
  }
  return tf.tensor2d(sum, [rows, width]);
}

/** max(x, 0) with the gradient of `reluGradient`. */
export function relu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const value = tf.relu(inputs[0] as tf.Tensor);
    (inputs[1] as tf.GradSaveFunc)([value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => reluGradient(dy, saved[0]!);
    return { value, gradFunc };
  });
  return op(x) as T;
}

/** x Phi(x), Phi by the error function (Hendrycks and Gimpel 2016). */
export function gelu<T extends tf.Tensor>(x: T): T {
  const kernels = nativeKernels();
  const made = kernels && hostGelu(kernels, x);
  if (!made) return x.mul(x.mul(Math.SQRT1_2).erf().add(1).mul(0.5)) as T;
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    (inputs[1] as tf.GradSaveFunc)([inputs[0] as tf.Tensor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      tf.engine().makeTensorFromTensorInfo(hostGeluGradient(kernels, dy, saved[0]!)!);
    return { value: tf.engine().makeTensorFromTensorInfo(made), gradFunc };
  });
  return op(x) as T;
}

/** dy where y = relu(x) is positive, else 0. TensorFlow has one operation for it. */
export function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const kernels = nativeKernels();
  const onHost = kernels && hostReluGradient(kernels, dy, y);
  if (onHost) return tf.engine().makeTensorFromTensorInfo(onHost);
  if (tf.getBackend() !== 'tensorflow') return dy.mul(y.greater(0).cast('float32'));
  const backend = nativeBackend();
  return backend.executeSingleOutput('ReluGrad', [typeAttribute('T', backend.binding.TF_FLOAT)], [dy, y]);
}

/** Whether the engine computes on a graphics card, where intermediate results need not fit into a cache. */
export function computesOnGpu(): boolean {
  const backend = tf.getBackend();
  return backend === 'webgpu' || (backend === 'tensorflow' && nativeBackend().isUsingGpuDevice);
}

/** Whether values can be read while a step is under way. WebGPU in Node answers only those who wait. */
export function readsAtOnce(): boolean {
  return tf.getBackend() !== 'webgpu';
}

/** Whether a matrix of some hundred megabytes may stay on the engine, which takes rows of it faster than the host. */
export function holdsLargeMatrices(): boolean {
  return tf.getBackend() === 'tensorflow';
}

const typeAttribute = (name: string, value: number) => ({
  name,
  type: nativeBackend().binding.TF_ATTR_TYPE,
  value,
});

/** tfjs's own `gather` reads the positions back and checks each. */
function nativeGather(x: tf.Tensor2D, positions: Int32Array): tf.Tensor2D {
  const backend = nativeBackend();
  const { TF_FLOAT, TF_INT32, TF_ATTR_INT } = backend.binding;
  const attributes = [
    { name: 'batch_dims', type: TF_ATTR_INT, value: 0 },
    typeAttribute('Tparams', TF_FLOAT),
    typeAttribute('Tindices', TF_INT32),
    typeAttribute('Taxis', TF_INT32),
  ];
  const at = tf.tensor1d(positions, 'int32');
  const axis = tf.scalar(0, 'int32');
  const taken = backend.executeSingleOutput('GatherV2', attributes, [x, at, axis]) as tf.Tensor2D;
  tf.dispose([at, axis]);
  return taken;
}
