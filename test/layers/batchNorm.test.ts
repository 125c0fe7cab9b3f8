import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference, type Mode, ParameterSet } from '../../src/engine/index.js';
import { batchNorm, meanFill } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, wave, waves, weigh } from '../support/gradients.js';

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

/** Rows 0 and 2 of three count, the first twice; of channel 1 nothing is known in row 2. [3, 2], [3] */
const counted = () => ({
  isKnown: tf.tensor2d([1, 1, 0, 1, 1, 0], [3, 2]),
  times: tf.tensor1d([2, 0, 1]),
});

it.each([
  ['in training', training, false],
  ['in training, of what counts', training, true],
  ['by running statistics', inference, false],
  ['by running statistics, of what is known', inference, true],
] as const)('gradients of batchNorm are those of differences %s', async (_, mode, counts) => {
  const parameters = new ParameterSet(1);
  const x = parameters.addDense('x', [3, 2, 2], waves(1));
  const layer = batchNorm(parameters, 'norm', 2);
  fillWithWaves(parameters);
  const { data } = parameters.tables[0]!;
  data.set([0.2, -0.1, 0.5, 2]); // a variance is not negative
  await expectGradients(parameters, () =>
    weigh(layer.apply(x.value(), mode, counts ? counted() : undefined)),
  );
  await layer.afterStep();
  parameters.dispose();
});

it('batchNorm of what counts is that of the values, each as often as it counts', () => {
  const parameters = new ParameterSet(1);
  const layer = batchNorm(parameters, 'norm', 2);
  tf.tidy(() => {
    const values = wave([3, 2, 2], 3);
    const made = layer.apply(tf.tensor3d(values, [3, 2, 2]), training, counted());
    const [a, b, , , , , g, h] = values; // row 0 of channel 0, 1; row 1; row 2
    const ofChannel = (those: number[]) => {
      const mean = those.reduce((sum, value) => sum + value, 0) / those.length;
      const variance = those.reduce((sum, value) => sum + (value - mean) ** 2, 0) / those.length;
      return (value: number) => (value - mean) / Math.sqrt(variance + 1e-5);
    };
    const [c, d, e, f] = [values[2]!, values[3]!, values[8]!, values[9]!];
    const first = ofChannel([a!, b!, a!, b!, e, f]);
    const second = ofChannel([c, d, c, d]);
    const known = [g!, h!].map(second);
    expectValues(made, [a!, b!].map(first).concat([c, d].map(second), 0, 0, known, [e, f].map(first), 0, 0));
  });
  parameters.dispose();
});

it('a channel of which a batch knows nothing has no gradient and no NaN', async () => {
  const parameters = new ParameterSet(1);
  const x = parameters.addDense('x', [2, 1, 1], waves(1));
  const layer = batchNorm(parameters, 'norm', 1);
  const nothing = { isKnown: tf.zeros<tf.Rank.R2>([2, 1]), times: tf.tensor1d([1, 1]) };
  const { dense } = await parameters.gradients(() => weigh(layer.apply(x.value(), training, nothing)));
  expectValues(dense[0]!, [0, 0]);
  expectValues(dense[1]!, [0]);
  tf.dispose([dense, nothing]);
  await layer.afterStep();
  parameters.dispose();
});
