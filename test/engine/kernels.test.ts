import { beforeAll, expect, it } from '@jest/globals';
import { type Kernels, nativeKernels } from '../../src/engine/index.js';
import { useEngine } from '../support/engines.js';
import { describeKernels } from '../support/kernels.js';

describeKernels('kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it('are for the engine tensorflow only, and know its threads', async () => {
    expect(kernels.threads).toBe(1);
    await useEngine('cpu');
    expect(nativeKernels()).toBeNull();
    await useEngine('tensorflow');
    expect(nativeKernels()).toBe(kernels);
  });

  it('refuse what does not fit', () => {
    const call = kernels.recurrentForward as (...values: unknown[]) => void;
    const f = (size: number) => new Float32Array(size);
    // Two sequences of three steps, one input, two units.
    const lengths = Int32Array.of(3, 2);
    const cell = [f(8), f(16), f(8), f(48), f(12)];
    const sizes = [1, 0, 2, 3, 1, 2];
    const plain = [...sizes, 0, lengths, f(6), f(12), ...cell];
    const linked = (edges: number[]) => [
      ...[...sizes, 1, lengths, f(6), f(12), ...cell],
      ...[Int32Array.from(edges), ...cell],
    ];
    const replace = (at: number, value: unknown) => plain.map((old, i) => (i === at ? value : old));
    expect(() => call(...plain)).not.toThrow();
    // Position 0 and those past the end (the sixth) have no edge.
    expect(() => call(...linked([9, 0, 1, 9, 0, 9]))).not.toThrow();

    expect(() => call(...replace(8, f(5)))).toThrow(
      new RangeError('recurrentForward: x has 5 elements instead of 6'),
    );
    expect(() => call(...replace(0, 0))).toThrow('threads is not a whole number in 1..1024');
    expect(() => call(...replace(1, 5))).toThrow('lanes are 5, which this processor has not');
    expect(() => call(...replace(2, 2.5))).toThrow('count is not a whole number');
    expect(() => call(...replace(3, Number.NaN))).toThrow('steps is not a finite number');
    expect(() => call(...replace(7, Int32Array.of(3, 4)))).toThrow('lengths holds 4, which is not in 0..3');
    expect(() => call(...replace(8, [1, 2, 3, 4, 5, 6]))).toThrow('x is not a Float32Array');
    expect(() => call(...replace(8, new Float64Array(6)))).toThrow('x is not a Float32Array');
    expect(() => call(...plain.slice(0, -1))).toThrow('memory is missing');
    expect(() => call(...plain, 3)).toThrow('takes 15 arguments');
    expect(() => call(...linked([0, 1, 0, 0, 0, 0]))).toThrow('edges lead from position 1 to 1');
    expect(() => call(...linked([0, 0, -1, 0, 0, 0]))).toThrow('edges lead from position 2 to -1');
  });
});
