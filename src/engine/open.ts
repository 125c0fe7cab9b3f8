import * as tf from '@tensorflow/tfjs';
import { UserError } from '../base/index.js';
import { startCpu } from './cpu.js';
import { startTensorflow } from './tensorflow.js';
import { type Engine, type EngineName, type EngineRequest, engineNames, type PassedOver } from './types.js';
import { startWasm } from './wasm.js';
import { requireRealGpu, startWebgpu } from './webgpu.js';

/**
 * Starts an engine and makes it the one that this process computes on. `auto` takes the first that starts,
 * `webgpu` only on a real GPU.
 *
 * @throws UserError when the engine that was asked for by name is not here; it says how to have it
 */
export async function openEngine({ name, threads }: EngineRequest): Promise<Engine> {
  if (threads !== 'auto' && !(Number.isSafeInteger(threads) && threads >= 1 && threads <= 1024)) {
    throw new UserError(
      `an engine cannot run on ${threads} threads`,
      'Use auto, or a whole number in 1..1024.',
    );
  }
  if (name !== 'auto') return start(name, threads, []);
  const passedOver: PassedOver[] = [];
  for (const candidate of engineNames) {
    try {
      if (candidate === 'webgpu') await requireRealGpu();
      return await start(candidate, threads, passedOver);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      passedOver.push({ name: candidate, reason: error.problem });
    }
  }
  throw new Error(`no engine starts: ${passedOver.map(({ reason }) => reason).join('; ')}`);
}

async function start(
  name: EngineName,
  threads: 'auto' | number,
  passedOver: readonly PassedOver[],
): Promise<Engine> {
  const started = await starters[name](threads);
  const version = started.kernels ? `${started.version}, kernels ${started.kernels}` : started.version;
  return { name, ...started, version, passedOver, memory };
}

const starters = {
  tensorflow: startTensorflow,
  webgpu: startWebgpu,
  wasm: startWasm,
  cpu: startCpu,
} as const;

function memory(): { tensors: number; bytes: number } {
  const { numTensors, numBytes } = tf.memory();
  return { tensors: numTensors, bytes: numBytes };
}
