import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';

const KERNEL = 'BatchMatMul';
const installed = new WeakSet<tf.KernelFunc>();

/**
 * Makes the wasm engine multiply transposed matrices fast. Call it once the backend is registered; a second call
 * does nothing.
 *
 * The kernel hands plain products to XNNPACK but runs a simple loop for transposed factors, which the gradient of
 * every product has: about ten times slower, most of a training step. Transposing first costs next to nothing.
 */
export function transposeBeforeWasmMatMul(): void {
  const original = tf.getKernel(KERNEL, 'wasm');
  if (installed.has(original.kernelFunc)) return;
  const kernelFunc: tf.KernelFunc = (params) => {
    const { a, b } = params.inputs as Record<'a' | 'b', tf.TensorInfo>;
    const { transposeA, transposeB } = params.attrs as Record<'transposeA' | 'transposeB', boolean>;
    if (!transposeA && !transposeB) return original.kernelFunc(params);
    const backend = params.backend as tf.KernelBackend;
    const multiply = (x: tf.TensorInfo, y: tf.TensorInfo): tf.TensorInfo => {
      const attrs = { transposeA: false, transposeB: false };
      return original.kernelFunc({ inputs: { a: x, b: y }, backend, attrs }) as tf.TensorInfo;
    };
    const scratch: tf.TensorInfo[] = [];
    let result: tf.TensorInfo;
    if (transposeA && !transposeB && sizeOf(b.shape) < sizeOf(a.shape)) {
      // a'b = (b'a)', where the smaller factor is the one to turn.
      const turned = transpose(b, backend);
      const product = multiply(turned, a);
      result = transpose(product, backend);
      scratch.push(turned, product);
    } else {
      const x = transposeA ? transpose(a, backend) : a;
      const y = transposeB ? transpose(b, backend) : b;
      result = multiply(x, y);
      scratch.push(...[x, y].filter((tensor) => tensor !== a && tensor !== b));
    }
    for (const { dataId } of scratch) backend.disposeData(dataId);
    return result;
  };
  installed.add(kernelFunc);
  tf.unregisterKernel(KERNEL, 'wasm');
  tf.registerKernel({ ...original, kernelFunc });
}

/** Swaps the last two axes. */
function transpose(x: tf.TensorInfo, backend: tf.KernelBackend): tf.TensorInfo {
  const rank = x.shape.length;
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  const { kernelFunc } = tf.getKernel('Transpose', 'wasm');
  return kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
}
