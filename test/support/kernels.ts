import { expect, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Kernels } from '../../src/engine/index.js';
import { kernelsState } from '../../src/engine/kernels.js';
import { tensorflow } from './engines.js';
import { describeIf } from './skip.js';

/** Tests of native kernels, skipped where the engine tensorflow or its kernels are not installed. */
export function describeKernels(name: string, tests: () => void): void {
  const [installed, reason] = tensorflow();
  const compiled = installed && kernelsState() === 'compiled';
  describeIf(compiled, reason || 'its kernels are not compiled (mvrec engine install)')(name, tests);
}

/** The numbers of lanes that this processor has vectors of, by trying `run` with each. */
export function lanesHere(run: (lanes: number) => unknown): number[] {
  return [16, 8, 4].filter((lanes) => {
    try {
      run(lanes);
      return true;
    } catch (error) {
      if (/lanes/.test((error as Error).message)) return false;
      throw error;
    }
  });
}

/** Of the size of the largest element of each. */
export function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
  return Math.max(...a.map((values, i) => differenceOf(values, b[i]!)));
}

/** In a loop: there are millions of them. NaN where one is. */
function differenceOf(a: Float32Array, b: Float32Array): number {
  let [size, difference] = [0, 0];
  for (let k = 0; k < a.length; k++) {
    size = Math.max(size, Math.abs(a[k]!));
    difference = Math.max(difference, Math.abs(a[k]! - b[k]!));
  }
  return difference / (size || 1);
}

/**
 * That a kernel gives what is expected to 1e-5 of the size of the largest element, with every number of lanes and with
 * too many threads as well as with one, and the same bits when it runs again.
 */
export function expectEverywhere(
  expected: readonly Float32Array[],
  run: (threads: number, lanes: number) => readonly Float32Array[],
): void {
  const known = lanesHere((lanes) => run(1, lanes));
  expect(known).toContain(4);
  for (const lanes of known) {
    for (const threads of [1, 3, 70]) {
      const found = run(threads, lanes);
      expect(largestDifference(expected, found)).toBeLessThan(1e-5);
      expect(largestDifference(found, run(threads, lanes))).toBe(0);
    }
  }
}

/** A layer calls the kernel once where nobody differentiates, and gives what it gives on the tape. */
export function expectKernelAsOnTape(
  kernels: Kernels,
  name: 'activationUnit' | 'attendFields',
  apply: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
): void {
  const kernel = jest.spyOn(kernels, name);
  const [found, expected] = [apply(x), tf.valueAndGrad(apply)(x).value].map((y) => y.dataSync<'float32'>());
  expect(kernel).toHaveBeenCalledTimes(1);
  kernel.mockRestore();
  expect(largestDifference([expected!], [found!])).toBeLessThan(1e-5);
}
