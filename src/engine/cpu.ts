import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import type { Started } from './types.js';

/** tfjs in plain JavaScript: slow, always there. */
export async function startCpu(): Promise<Started> {
  // Its first operation would print an advertisement for the native engine.
  const backend = tf.findBackend('cpu') as unknown as { firstUse: boolean };
  backend.firstUse = false;
  await tf.setBackend('cpu');
  return { device: processor(), threads: 1, version: tfjsVersion };
}

/** The processor's own name. */
export function processor(): string {
  return cpus()[0]?.model.trim().replace(/\s+/g, ' ') || process.arch;
}

export const tfjsVersion = `tfjs ${tf.version.tfjs}`;
