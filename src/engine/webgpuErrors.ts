import * as tf from '@tensorflow/tfjs';

const watched = new WeakSet<tf.KernelBackend>();

/**
 * Makes every read fail once the GPU has refused an operation. Call it once the backend is in use; a second call does
 * nothing.
 *
 * WebGPU goes on after an operation that is not valid, or that finds no memory, with zeros for its result, and tells of
 * it only in an event, which comes before the values that depend on it can be read.
 */
export function failAfterGpuErrors(): void {
  const backend = tf.backend() as GpuBackend;
  if (watched.has(backend)) return;
  watched.add(backend);
  let failure: string | null = null;
  backend.device.addEventListener('uncapturederror', (event) => {
    event.preventDefault(); // it would be printed
    failure ??= `${event.error.constructor.name}: ${event.error.message}`;
  });
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const values = await read(dataId);
    if (failure !== null) throw new Error(`the GPU refused an operation: ${failure}`);
    return values;
  };
}

interface GpuBackend extends tf.KernelBackend {
  readonly device: {
    addEventListener(
      type: 'uncapturederror',
      listener: (event: { preventDefault(): void; readonly error: { readonly message: string } }) => void,
    ): void;
  };
  read(dataId: object): Promise<tf.backend_util.BackendValues>;
}
