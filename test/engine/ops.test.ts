import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { gatherRows, gelu, openEngine } from '../../src/engine/index.js';
import { describeEngines } from '../support/engines.js';

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

  it('gives a tensor of its own, and the gradient, where each row is taken in its place', () => {
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const places = Int32Array.of(0, 1);
    const [gradient] = tf.grads((y: tf.Tensor) =>
      gatherRows(y as tf.Tensor2D, places)
        .square()
        .sum(),
    )([x]);
    expect([...gradient!.dataSync()]).toEqual([2, 4, 6, 8]);
    gatherRows(x, places).dispose();
    expect([...x.dataSync()]).toEqual([1, 2, 3, 4]);
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

describeEngines('gelu', (name) => {
  beforeAll(() => openEngine({ name, threads: 1 }));

  // x Phi(x) and Phi(x) + x phi(x), by Python’s math.erf.
  it.each([
    [-3, -0.004049694095, -0.011945647],
    [-0.5, -0.15426876936, 0.132504875],
    [0, 0, 0.5],
    [1, 0.84134474607, 1.083315471],
    [4, 3.99987331496, 1.000503642],
  ])('of %d', (x, value, slope) => {
    const [found, gradient] = tf.tidy(() => {
      const given = tf.tensor1d([x]);
      return [gelu(given), tf.grad((y) => gelu(y).sum())(given)].map((tensor) => tensor.dataSync()[0]!);
    });
    expect(found).toBeCloseTo(value, 5);
    expect(gradient).toBeCloseTo(slope, 5);
  });
});
