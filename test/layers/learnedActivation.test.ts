import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference, ParameterSet } from '../../src/engine/index.js';
import { learnedActivation } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, waves, weigh } from '../support/gradients.js';

describeEngines('dice', (engine) => {
  beforeAll(() => useEngine(engine));

  it('is z (alpha + (1 - alpha) sigmoid((z - mean) / deviation)) by its running statistics', () => {
    const parameters = new ParameterSet(1);
    const dice = learnedActivation(parameters, 'dice', 'dice', 2);
    tf.tidy(() => parameters.setDense('dice.alpha', tf.tensor1d([0.25, -0.5])));
    parameters.tables[0]!.data.set([1, -2, 4, 0.25]); // means, then variances
    const p = (x: number) => 1 / (1 + Math.exp(-x));
    const expected = [
      3 * (0.25 + 0.75 * p((3 - 1) / 2)),
      -2 * (-0.5 + 1.5 * p(0)),
      -5 * (0.25 + 0.75 * p((-5 - 1) / 2)),
      4 * (-0.5 + 1.5 * p((4 + 2) / 0.5)),
    ];
    tf.tidy(() => expectValues(dice.apply(tf.tensor2d([3, -2, -5, 4], [2, 2]), inference), expected));
    parameters.dispose();
  });
});

it.each([
  ['in training', { training: true, key: ['test'] }],
  ['by running statistics', inference],
] as const)('gradients of dice are those of differences %s', async (_, mode) => {
  await useEngine('cpu');
  const parameters = new ParameterSet(1);
  const z = parameters.addDense('z', [5, 3], waves(1));
  const dice = learnedActivation(parameters, 'dice', 'dice', 3);
  fillWithWaves(parameters);
  parameters.tables[0]!.data.set([0.1, -0.2, 0.3, 0.5, 1, 2]); // means, then variances
  await expectGradients(parameters, () => weigh(dice.apply(z.value(), mode)));
  await dice.afterStep();
  expect(parameters.tables[0]!.data).not.toContain(Number.NaN);
  parameters.dispose();
});
