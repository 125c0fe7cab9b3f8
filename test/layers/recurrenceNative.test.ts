import { beforeAll, expect, it } from '@jest/globals';
import { type Kernels, nativeKernels, type RecurrenceArrays } from '../../src/engine/index.js';
import { useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { describeKernels, lanesHere, largestDifference } from '../support/kernels.js';

/** Sizes that neither vectors nor tiles nor blocks divide. */
const [count, steps, inputs, units] = [53, 9, 21, 19];
const lengths = Int32Array.from({ length: count }, (_, s) => (7 * s) % (steps + 1));

function arrays(): RecurrenceArrays {
  const edges = Int32Array.from({ length: count * steps }, (_, p) => Math.floor((p % steps) / 2));
  const cell = (phase: number) =>
    [
      wave([inputs * 4 * units], phase, 0.4),
      wave([units * 4 * units], phase + 1, 0.4),
      wave([4 * units], phase + 2, 0.4),
      new Float32Array(count * steps * 4 * units),
      new Float32Array(count * steps * units),
    ] as const;
  const x = wave([count * steps * inputs], 1);
  const h = new Float32Array(count * steps * units).fill(7);
  return [count, steps, inputs, units, 3, lengths, x, h, ...cell(2), edges, ...cell(5)];
}

/** States, then gradients of x and of the weights. */
function run(kernels: Kernels, threads: number, lanes: number): Float32Array[] {
  const all = arrays();
  const sizes = [inputs, units, 1].map((rows) => rows * 4 * units);
  const dx = new Float32Array(count * steps * inputs).fill(7);
  const weights = [...sizes, ...sizes].map((size) => new Float32Array(size).fill(7));
  kernels.recurrentForward(threads, lanes, ...all);
  kernels.recurrentBackward(threads, lanes, ...all, wave([count * steps * units], 9), dx, ...weights);
  return [all[7] as Float32Array, dx, ...weights];
}

describeKernels('recurrent kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it('give every sequence the same, whatever the threads; sums of weights differ by rounding', () => {
    const one = run(kernels, 1, 0);
    expect(run(kernels, 1, 0)).toEqual(one);
    for (const threads of [2, 3, 70]) {
      const more = run(kernels, threads, 0);
      expect(more.slice(0, 2)).toEqual(one.slice(0, 2));
      expect(largestDifference(more, one)).toBeLessThan(1e-5);
      expect(run(kernels, threads, 0)).toEqual(more);
    }
  });

  it('give the same with every instruction set, to the last bits', () => {
    const known = lanesHere((lanes) => run(kernels, 1, lanes));
    expect(known).toContain(4);
    for (const lanes of known)
      expect(largestDifference(run(kernels, 1, lanes), run(kernels, 1, 0))).toBeLessThan(1e-5);
  });

  it('leave zeros past the end of a sequence', () => {
    const [h, dx] = run(kernels, 2, 0);
    lengths.forEach((length, s) => {
      const past = (values: Float32Array, width: number) =>
        values.subarray((s * steps + length) * width, (s + 1) * steps * width);
      expect(past(h!, units).every((value) => value === 0)).toBe(true);
      expect(past(dx!, inputs).every((value) => value === 0)).toBe(true);
    });
  });
});
