import * as tf from '@tensorflow/tfjs';

const KERNEL = 'AddN';
const installed = new WeakSet<tf.KernelFunc>();

/**
 * Makes `addN` on WebGPU add as many tensors at a time as a shader may read, at least seven. Call it once the backend
 * is registered; a second call does nothing.
 *
 * The kernel binds all of them at once, and the result of more than the device allows is zero.
 */
export function addFewAtATime(): void {
  const original = tf.getKernel(KERNEL, 'webgpu');
  if (installed.has(original.kernelFunc)) return;
  const kernelFunc: tf.KernelFunc = ({ inputs, attrs, backend }) => {
    const gpu = backend as GpuBackend;
    const most = gpu.device.limits.maxStorageBuffersPerShaderStage - 1; // one is for the result
    const add = (tensors: readonly tf.TensorInfo[]): tf.TensorInfo =>
      original.kernelFunc({ inputs: tensors as never, attrs, backend }) as tf.TensorInfo;
    const [...queue] = inputs as unknown as readonly tf.TensorInfo[];
    let sum = add(queue.splice(0, most));
    while (queue.length > 0) {
      const part = sum;
      sum = add([part, ...queue.splice(0, most - 1)]);
      gpu.disposeData(part.dataId);
    }
    return sum;
  };
  installed.add(kernelFunc);
  tf.unregisterKernel(KERNEL, 'webgpu');
  tf.registerKernel({ ...original, kernelFunc });
}

interface GpuBackend extends tf.KernelBackend {
  readonly device: { readonly limits: { readonly maxStorageBuffersPerShaderStage: number } };
}
