import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { gatherRows, openEngine } from '../../src/engine/index.js';

describe.each(['cpu', 'wasm'] as const)('gatherRows on %s', (name) => {
  beforeAll(() => openEngine({ name, threads: 'auto' }));

  it.each([
    ['beyond the last row', [0, 3]],
    ['before the first', [-1, 0, 1, 2]],
  ])('refuses a position %s', (_, positions) => {
    const x = tf.zeros<tf.Rank.R2>([3, 2]);
    expect(() => gatherRows(x, Int32Array.from(positions))).toThrow(RangeError);
  });

  it('has a gradient within a larger formula: of sum(x[i]^2), 2 x times how often a row was taken', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const positions = Int32Array.of(2, 0, 2);
    const [gradient] = tf.grads((y: tf.Tensor) =>
      gatherRows(y as tf.Tensor2D, positions)
        .square()
        .sum(),
    )([x]);
    expect([...gradient!.dataSync()]).toEqual([2, 4, 0, 0, 20, 24]);
  });

  it('leaves no tensor behind in a step', () => {
    const x = tf.ones<tf.Rank.R2>([3, 2]);
    const step = (): void =>
      tf.tidy(() => {
        tf.grad((y) => gatherRows(y as tf.Tensor2D, Int32Array.of(1, 1, 0, 2)).sum())(x).dataSync();
      });
    step();
    const { numTensors, numDataBuffers } = tf.memory();
    for (let i = 0; i < 5; i++) step();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  });
});
