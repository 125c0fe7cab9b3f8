import * as tf from '@tensorflow/tfjs';
import { processor, tfjsVersion } from './cpu.js';
import type { Started } from './types.js';
import { transposeBeforeWasmMatMul } from './wasmMatMul.js';

/** tfjs compiled to WebAssembly: on every machine; in Node it runs on one thread. */
export async function startWasm(): Promise<Started> {
  const removeListeners = listenersOfProcess();
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly engine did not start');
  removeListeners();
  transposeBeforeWasmMatMul();
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    device: `${processor()}, WebAssembly ${simd ? 'with' : 'without'} SIMD`,
    threads: 1,
    version: tfjsVersion,
  };
}

/**
 * The compiled module catches uncaught errors of the whole process in order to throw or abort again, which hides
 * where they came from and changes exit codes. What it adds from now on the returned function takes away.
 */
function listenersOfProcess(): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'uncaughtException')));
  return () => {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[i]!.has(listener)) process.removeListener(event, listener);
      }
    });
  };
}
