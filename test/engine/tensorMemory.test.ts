import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  type Floats,
  filledTensors,
  type Kernels,
  nativeKernels,
  valuesInPlace,
} from '../../src/engine/index.js';
import { useEngine } from '../support/engines.js';
import { describeKernels } from '../support/kernels.js';

describeKernels('the memory of tensors', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  /** A kernel that copies: rows 0, 1, .. of width 1. */
  const copy = (from: Floats, to: Floats, count: number): void =>
    kernels.softmaxPoolForward(
      ...([1, 0, 1, from, from] as const),
      Int32Array.from({ length: count + 1 }, (_, i) => i),
      Int32Array.from({ length: count }, (_, i) => i),
      to,
    );
  const valuesOf = (tensor: tf.Tensor): number[] => {
    const to = new Float32Array(tensor.size);
    copy(valuesInPlace(kernels, tensor), to, tensor.size);
    return [...to];
  };

  it('is seen by this TensorFlow', () => expect(kernels.openTensorMemory()).toBe(true));

  it.each([true, false])('is read where it lies, or copied: in place %s', (inPlace) => {
    const some = { ...kernels, openTensorMemory: () => inPlace };
    tf.tidy(() => {
      const computed = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]).mul(10);
      const host = tf.tensor1d([7, 8]);
      const to = new Float32Array(6);
      copy(valuesInPlace(some, computed), to, 6);
      expect([...to]).toEqual([10, 20, 30, 40, 50, 60]);
      copy(valuesInPlace(some, host), to.subarray(0, 2), 2);
      expect([...to]).toEqual([7, 8, 30, 40, 50, 60]);
      expect(valuesInPlace(some, tf.zeros([0, 3]))).toHaveLength(0);
    });
  });

  it.each([true, false])('is filled by kernels: in place %s', (inPlace) => {
    const some = { ...kernels, openTensorMemory: () => inPlace };
    tf.tidy(() => {
      const [a, none, b] = filledTensors(some, [[2, 2], [0, 4], [3]], (first, _, second) => {
        copy(Float32Array.of(1, 2, 3, 4), first!, 4);
        copy(Float32Array.of(5, 6, 7), second!, 3);
      });
      expect([a!.shape, none!.shape, b!.shape]).toEqual([[2, 2], [0, 4], [3]]);
      expect([...a!.add(1).dataSync()]).toEqual([2, 3, 4, 5]);
      expect([...none!.dataSync()]).toEqual([]);
      expect([...b!.dataSync()]).toEqual([5, 6, 7]);
    });
  });

  it('outlives garbage collections, and what is new stays apart from what is there', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    tf.tidy(() => {
      const kept = tf.range(0, 1000).mul(2);
      for (let i = 0; i < 2000; i++) {
        if (i % 500 === 0) collectGarbage();
        const [made] = filledTensors(kernels, [[1000]], (to) =>
          copy(valuesInPlace(kernels, kept), to!, 1000),
        );
        made!.dispose();
      }
      expect(valuesOf(kept).every((value, i) => value === 2 * i)).toBe(true);
    });
  });

  it('leaves no tensor behind', () => {
    const { numTensors } = tf.memory();
    tf.dispose(filledTensors(kernels, [[4]], (to) => copy(Float32Array.of(1, 2, 3, 4), to!, 4)));
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
