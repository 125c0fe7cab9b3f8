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
    const to = new Float32Array(10);
    const call = kernels.addInto as (...values: unknown[]) => void;
    expect(() => call(2, to, new Float32Array(3))).toThrow(
      new RangeError('addInto: from has 3 elements instead of 10'),
    );
    expect(() => call(0, to, to)).toThrow('threads is not a whole number in 1..1024');
    expect(() => call(1, to)).toThrow('from is missing');
    expect(() => call(1, to, [...to])).toThrow('from is not a Float32Array');
    expect(() => call(1, to, new Float64Array(10))).toThrow('from is not a Float32Array');
    expect(() => call(1, to, to, 3)).toThrow('takes 3 arguments');
  });
});
