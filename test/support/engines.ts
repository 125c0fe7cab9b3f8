import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { transposeBeforeWasmMatMul } from '../../src/engine/wasmMatMul.js';

/** Engines that are on every machine. */
export const portableEngines = ['cpu', 'wasm'] as const;

/** Makes tfjs compute on the named engine from here on. */
export async function useEngine(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`engine ${name} did not start`);
  if (name === 'wasm') transposeBeforeWasmMatMul();
}
