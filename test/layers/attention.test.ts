import { beforeAll, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference, ParameterSet } from '../../src/engine/index.js';
import { activations, additiveAttention, blockAttention, ListBuilder } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, waves, weigh } from '../support/gradients.js';

describeEngines('attention', (engine) => {
  beforeAll(() => useEngine(engine));

  it('additive: relu(x Wx + bx + q Wq + bq) W + b', () => {
    const parameters = new ParameterSet(1);
    const attention = additiveAttention(parameters, 'a', { x: 1, q: 2, keep: 1 });
    const values: Record<string, number[]> = {
      'a.x.weight': [2],
      'a.x.bias': [0.5],
      'a.q.weight': [1, -1],
      'a.q.bias': [0.25],
      'a.out.weight': [3],
      'a.out.bias': [-1],
    };
    for (const [name, value] of Object.entries(values)) parameters.setDense(name, tf.tensor1d(value));
    const scores = attention.scores(
      attention.x.apply(tf.tensor2d([1, -4], [2, 1])),
      attention.q.apply(tf.tensor2d([3, 1], [1, 2])),
      inference,
    );
    // 2 + 0.5 + (3 - 1) + 0.25 = 4.75, times 3, less 1; the other is negative before the ReLU.
    expectValues(scores, [13.25, -1]);
  });

  it('additive: gradients of central differences', async () => {
    const parameters = new ParameterSet(1);
    const x = parameters.addDense('input', [2, 3, 4], waves(7));
    const q = parameters.addDense('query', [2, 1, 3], waves(8));
    const attention = additiveAttention(parameters, 'a', { x: 4, q: 3, keep: 1 });
    fillWithWaves(parameters);
    await expectGradients(parameters, () =>
      weigh(attention.scores(attention.x.apply(x.value()), attention.q.apply(q.value()), inference)),
    );
  });

  it.each(['shared', 'perHead'] as const)(
    'between blocks, %s: gradients of central differences',
    async (headWeights) => {
      const parameters = new ParameterSet(1);
      const blocks = parameters.addDense('input', [6, 4], waves(9));
      const attention = blockAttention(parameters, 'b', {
        width: 4,
        heads: 2,
        headWeights,
        activation: activations.scaledTanh,
        keep: 1,
      });
      fillWithWaves(parameters);
      const contributors = {
        attended: ListBuilder.of([[], [0], [0, 1], [], [3], [3, 4]]),
        summed: { lists: ListBuilder.of([[0, 1, 2], [], [], [3], [], []]), share: 0.25 },
      };
      await expectGradients(parameters, () =>
        weigh(attention.apply(blocks.value(), contributors, inference)),
      );
    },
  );
});
