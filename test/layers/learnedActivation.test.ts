import { beforeAll, expect, it } from '@jest/globals';
import { inference, ParameterSet } from '../../src/engine/index.js';
import { learnedActivation } from '../../src/layers/index.js';
import { useEngine } from '../support/engines.js';
import { expectGradients, fillWithWaves, waves, weigh } from '../support/gradients.js';

beforeAll(() => useEngine('cpu'));

it.each([
  ['in training', { training: true, key: ['test'] }],
  ['by running statistics', inference],
] as const)('gradients of dice are those of differences %s', async (_, mode) => {
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
