import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { linear, mlp } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, waves, weigh } from '../support/gradients.js';

describeEngines('linear and mlp', (engine) => {
  beforeAll(() => useEngine(engine));

  it('multiply from the right, [.., in] to [.., out]', () => {
    const parameters = new ParameterSet(1);
    const map = linear(parameters, 'map', { inputs: 2, outputs: 3, bias: true });
    parameters.setDense('map.weight', tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]));
    parameters.setDense('map.bias', tf.tensor1d([0.5, 0, -0.5]));
    const y = map.apply(tf.tensor3d([1, 0, 0, 1, 1, 1, 2, -1], [2, 2, 2]));
    expect(y.shape).toEqual([2, 2, 3]);
    expectValues(y, [1.5, 2, 2.5, 4.5, 5, 5.5, 5.5, 7, 8.5, -1.5, -1, -0.5]);
  });

  it('have the gradients of central differences', async () => {
    const parameters = new ParameterSet(1);
    const x = parameters.addDense('x', [3, 4], waves(1));
    const network = mlp(parameters, 'mlp', [4, 5, 3]);
    const free = linear(parameters, 'free', { inputs: 3, outputs: 2, bias: false });
    fillWithWaves(parameters);
    await expectGradients(parameters, () => weigh(free.apply(network.apply(x.value()))));
  });
});
