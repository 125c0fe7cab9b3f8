import { describe } from '@jest/globals';
import { type EngineName, openEngine } from '../../src/engine/index.js';
import { findInstallation } from '../../src/engine/installation.js';
import { describeIf } from './skip.js';

/** Makes tfjs compute on the named engine from here on. */
export async function useEngine(name: EngineName): Promise<void> {
  await openEngine({ name, threads: 1 });
}

/** Repeats tests for every engine that can be had without a graphics card; `tests` call `useEngine` first. */
export function describeEngines(name: string, tests: (engine: EngineName) => void): void {
  for (const engine of ['cpu', 'wasm'] as const) describe(`${name} on ${engine}`, () => tests(engine));
  const [installed, reason] = tensorflow();
  describeIf(installed, reason)(`${name} on tensorflow`, () => tests('tensorflow'));
}

/** Whether the native engine is installed, and what to say where it is not. */
export function tensorflow(): [installed: boolean, reason: string] {
  try {
    findInstallation();
    return [true, ''];
  } catch (error) {
    return [false, `${(error as Error).message.split('\n')[0]} (mvrec engine install)`];
  }
}
