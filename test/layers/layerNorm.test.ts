import { beforeAll, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { layerNorm } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, waves, weigh } from '../support/gradients.js';

describeEngines('layerNorm', (engine) => {
  beforeAll(() => useEngine(engine));

  it('subtracts the mean and divides by the biased deviation', () => {
    const parameters = new ParameterSet(1);
    const normalise = layerNorm(parameters, 'norm', 4);
    parameters.setDense('norm.gamma', tf.tensor1d([1, 1, 2, 2]));
    parameters.setDense('norm.beta', tf.tensor1d([0, 1, 0, 1]));
    // 1 3 5 7: mean 4, variance (9 + 1 + 1 + 9) / 4 = 5.
    const root = Math.sqrt(5);
    expectValues(normalise(tf.tensor2d([1, 3, 5, 7], [1, 4])), [
      -3 / root,
      1 - 1 / root,
      2 / root,
      1 + 6 / root,
    ]);
    // A constant row has no deviation: beta.
    expectValues(normalise(tf.tensor2d([2, 2, 2, 2], [1, 4])), [0, 1, 0, 1]);
  });

  it('has the gradients of central differences', async () => {
    const parameters = new ParameterSet(1);
    const x = parameters.addDense('x', [2, 3, 4], waves(2));
    const normalise = layerNorm(parameters, 'norm', 4);
    fillWithWaves(parameters);
    await expectGradients(parameters, () => weigh(normalise(x.value())));
  });
});
