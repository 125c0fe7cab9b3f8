import { execFileSync } from 'node:child_process';
import Module, { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../base/index.js';
import { processor, tfjsVersion } from './cpu.js';
import { registerHostKernels } from './hostKernels.js';
import { keepHostTensors } from './hostTensors.js';
import { addonPackage, findInstallation, type Installation } from './installation.js';
import { loadKernels } from './kernels.js';
import type { NativeBackend } from './nativeBackend.js';
import type { Started } from './types.js';

const require = createRequire(import.meta.url);

/** The addon's own functions, as far as they are used here. */
interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

interface StderrSwitch {
  silence(): number;
  restore(saved: number): void;
}

/** TensorFlow cannot be loaded twice, nor change its threads, in one process. */
let loaded: Started | null = null;

/**
 * TensorFlow on a GPU where there is one, else on the CPU.
 *
 * @param threads auto: those that it has already in this process, else all
 * @param installation another than the one in use, for trying it before it is put to use
 * @throws UserError when it is not installed or does not load
 */
export async function startTensorflow(
  threads: 'auto' | number,
  installation: Installation = findInstallation(),
): Promise<Started> {
  const pool = threads === 'auto' ? (loaded?.threads ?? availableParallelism()) : threads;
  if (loaded && loaded.threads !== pool) {
    throw new UserError(
      `TensorFlow already runs on ${loaded.threads} threads in this process and cannot change to ${pool}`,
      'Use the same number of threads, or another process.',
    );
  }
  loaded ??= load(installation, pool);
  await tf.setBackend('tensorflow');
  return loaded;
}

function load(installation: Installation, pool: number): Started {
  prepareEnvironment(pool);
  try {
    const binding = quietly(installation, () => register(installation));
    const gpu = binding.isUsingGpuDevice();
    if (!gpu) registerHostKernels();
    return {
      device: gpu ? graphicsCard() : processor(),
      threads: pool,
      version: `TensorFlow ${binding.TF_Version}, ${tfjsVersion}`,
      ...(gpu ? {} : loadKernels(pool)),
    };
  } catch (error) {
    const [line] = String((error as Error).message ?? error).split('\n');
    throw new UserError(
      `TensorFlow does not load: ${line}`,
      'Run mvrec engine install, or use the engine wasm.',
    );
  }
}

/** Settings that TensorFlow reads once, when it loads. */
function prepareEnvironment(pool: number): void {
  process.env.TF_NUM_INTRAOP_THREADS = String(pool);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // The package calls functions that Node 22 warns about and Node 23 no longer has.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray });
}

/** Loads the addon, registers the backend and runs a first operation, which is when the last log lines come. */
function register({ addon, binding: path }: Installation): Binding {
  const { binding, backend } = withOwnTfjs(() => {
    const binding = require(path) as Binding;
    require(join(addon, 'dist', 'register_all_kernels.js'));
    const { NodeJSKernelBackend } = require(join(addon, 'dist', 'nodejs_kernel_backend.js')) as {
      NodeJSKernelBackend: new (binding: Binding, name: string) => tf.KernelBackend;
    };
    const backend = new NodeJSKernelBackend(binding, addonPackage);
    keepHostTensors(backend as unknown as NativeBackend);
    return { binding, backend };
  });
  tf.registerBackend('tensorflow', () => backend, 3);
  const before = tf.getBackend();
  void tf.setBackend('tensorflow'); // done when the call returns: this backend has nothing to wait for
  const two = tf.tidy(
    () =>
      tf
        .ones([1, 2])
        .matMul(tf.ones([2, 1]))
        .dataSync()[0],
  );
  if (before) void tf.setBackend(before);
  if (two !== 2) throw new Error(`1 + 1 gave ${two}`);
  return binding;
}

/** The addon's files in the cache must find the one copy of tfjs that the rest of the process uses. */
function withOwnTfjs<T>(run: () => T): T {
  const loader = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
  const resolveFilename = loader._resolveFilename;
  const paths = [dirname(require.resolve('@tensorflow/tfjs'))];
  loader._resolveFilename = (request, ...rest) =>
    request.startsWith('@tensorflow/tfjs')
      ? resolveFilename(request, null, false, { paths })
      : resolveFilename(request, ...rest);
  try {
    return run();
  } finally {
    loader._resolveFilename = resolveFilename;
  }
}

function quietly<T>({ stderr }: Installation, run: () => T): T {
  if (!stderr) return run();
  const { silence, restore } = require(stderr) as StderrSwitch;
  const saved = silence();
  try {
    return run();
  } finally {
    restore(saved);
  }
}

/** Name of the first graphics card that TensorFlow may use, where the driver's tool tells it. */
function graphicsCard(): string {
  try {
    const args = ['--query-gpu=name', '--format=csv,noheader'];
    const visible = process.env.CUDA_VISIBLE_DEVICES?.split(',')[0];
    if (visible) args.push(`--id=${visible}`);
    const names = execFileSync('nvidia-smi', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return `GPU ${names.split('\n')[0]!.trim()}`;
  } catch {
    return 'GPU';
  }
}
