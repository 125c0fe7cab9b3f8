import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference, type Mode, ParameterSet } from '../../src/engine/index.js';
import { batchNorm, meanFill } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';

const training: Mode = { training: true, key: ['test'] };
beforeAll(() => useEngine('cpu'));

/** Channel 0 of two rows and channel 1 of none: [2, 2, 1]. */
function step(layer: ReturnType<typeof meanFill>, first: number, second: number, mode: Mode): number[] {
  return tf.tidy(() => {
    const x = tf.tensor3d([first, -16, second, -16], [2, 2, 1]);
    const counted = { isKnown: tf.tensor2d([1, 0, 1, 0], [2, 2]), times: tf.tensor1d([1, 1]) };
    return [...layer.apply(x, mode, counted).dataSync()];
  });
}

it('meanFill has the mean of the first batch from the first step on, then a running one', async () => {
  const parameters = new ParameterSet(1);
  const layer = meanFill(parameters, 'fill', 2);
  const unknown = (): number[] =>
    tf.tidy(() => {
      const counted = { isKnown: tf.zeros<tf.Rank.R2>([1, 2]), times: tf.tensor1d([1]) };
      return [...layer.apply(tf.fill<tf.Rank.R3>([1, 2, 1], -16), inference, counted).dataSync()];
    });
  expect(unknown()).toEqual([0, 0]);
  step(layer, -4, -6, training);
  await layer.afterStep();
  expect(unknown()).toEqual([-5, 0]); // of channel 1 nothing was known
  step(layer, -6, -8, training);
  await layer.afterStep();
  expect(unknown()[0]).toBeCloseTo(0.9 * -5 + 0.1 * -7, 5);
  const { data } = parameters.tables[0]!;
  expect(data[2]).toBeCloseTo(2, 5); // both batches have an unbiased variance of 2
  parameters.dispose();
});

it("batchNorm's running statistics begin at 0 and 1, as PyTorch's", async () => {
  const parameters = new ParameterSet(1);
  const layer = batchNorm(parameters, 'norm', 1);
  tf.tidy(() => layer.apply(tf.tensor2d([-4, -6], [2, 1]), training));
  await layer.afterStep();
  const { data } = parameters.tables[0]!;
  expect(data[0]).toBeCloseTo(0.1 * -5, 6);
  expect(data[1]).toBeCloseTo(0.9 * 1 + 0.1 * 2, 6);
  parameters.dispose();
});
