import * as tf from '@tensorflow/tfjs';
import { UserError } from '../base/index.js';
import { tfjsVersion } from './cpu.js';
import { probeEngine } from './probe.js';
import type { Started } from './types.js';
import { addFewAtATime } from './webgpuAddN.js';
import { failAfterGpuErrors } from './webgpuErrors.js';

/** As far as the `webgpu` package's types are needed here; it is optional, hence absent where it is not installed. */
interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}
interface Adapter {
  readonly info: AdapterInfo;
  /** Where older releases of the package say it. */
  readonly isFallbackAdapter?: boolean;
}
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}
interface WebgpuPackage {
  create(options: readonly string[]): Gpu;
  readonly globals: object;
}

/** The GPU's driver has to outlive every tensor. */
let gpu: Gpu | null = null;

/**
 * tfjs on a GPU of any maker, through Dawn.
 *
 * @throws UserError when its packages are not installed or no GPU answers
 */
export async function startWebgpu(): Promise<Started> {
  const { create, globals } = await optional<WebgpuPackage>('webgpu');
  if (!gpu) {
    Object.assign(globalThis, globals);
    gpu = create([]);
    // Where the backend looks for it. Node 21 and later have a navigator of their own.
    const navigator = (globalThis as { navigator?: object }).navigator ?? {};
    Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new UserError(
      'no GPU answers to WebGPU',
      "Install the GPU's Vulkan driver, or use another engine.",
    );
  }
  await optional('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) {
    throw new UserError('the GPU refuses to start WebGPU', 'Update its driver, or use another engine.');
  }
  addFewAtATime();
  failAfterGpuErrors();
  const { info } = adapter;
  return {
    device: describe(info),
    threads: 1,
    version: `WebGPU, ${tfjsVersion}`,
    emulated: info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false,
  };
}

/**
 * Whether `auto` should take it. A process of its own tries it first, because graphics drivers print warnings, or
 * end the process, where there is no GPU.
 *
 * @throws UserError that says why not
 */
export async function requireRealGpu(): Promise<void> {
  await optional('webgpu');
  const probe = await probeEngine({ name: 'webgpu', threads: 'auto', measure: 0 });
  if (!probe.available) throw new UserError(probe.problem, probe.fix ?? undefined);
  const reason = emulation(probe);
  if (reason !== null) throw new UserError(reason, 'Ask for it by name to use it all the same.');
}

/** Why `auto` passes over an engine that starts; null: it does not. */
export function emulation({ emulated, device }: Started): string | null {
  return emulated ? `its only GPU is emulated on the processor (${device})` : null;
}

async function optional<T>(name: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
      throw new UserError(
        `the package ${name} is not installed`,
        'Run npm install webgpu @tensorflow/tfjs-backend-webgpu@4.22.0.',
      );
    }
    throw new UserError(
      `the package ${name} does not load: ${message.split('\n')[0]}`,
      'Use another engine, or install the package again.',
    );
  }
}

function describe({ vendor, architecture, device, description }: AdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'GPU';
}
