import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { maskedMean, softmaxPool } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, waves, weigh } from '../support/gradients.js';

describeEngines('pooling', (engine) => {
  beforeAll(() => useEngine(engine));

  const mask = [1, 1, 0, 1, 0, 0, 0, 0, 0];

  it('takes the mean of valid positions, 0 of none', () => {
    const x = tf.tensor3d([1, 2, 3, 4, 9, 9, 5, 6, 9, 9, 9, 9, 7, 7, 7, 7, 7, 7], [3, 3, 2]);
    expectValues(maskedMean(x, tf.tensor3d(mask, [3, 3, 1]), 1), [2, 3, 5, 6, 0, 0]);
  });

  it('weights each channel by its own softmax over valid positions, all alike where none is valid', () => {
    const scores = tf.tensor3d([0, 0, Math.log(3), 0, 9, 9, 5, 5, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6], [3, 3, 2]);
    const values = tf.tensor3d([4, 2, 8, 4, 9, 9, 5, 6, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6], [3, 3, 2]);
    const pooled = softmaxPool(scores, values, tf.tensor3d(mask, [3, 3, 1]), 1);
    // Row 0, channel 0: weights 1/4, 3/4 of 4 and 8; channel 1: halves of 2 and 4.
    expectValues(pooled, [7, 3, 5, 6, 3, 4]);
  });

  it('has the gradients of central differences, none through masked scores', async () => {
    const parameters = new ParameterSet(1);
    const scores = parameters.addDense('scores', [3, 3, 2], waves(3));
    const values = parameters.addDense('values', [3, 3, 2], waves(4));
    const valid = tf.tensor3d(mask, [3, 3, 1]);
    await expectGradients(parameters, () => weigh(softmaxPool(scores.value(), values.value(), valid, 1)));
    const { dense } = await parameters.gradients(() =>
      weigh(softmaxPool(scores.value(), values.value(), valid, 1)),
    );
    const gradient = dense[0]!.dataSync();
    mask.forEach((on, t) => {
      if (on === 0)
        expect([gradient[2 * t], gradient[2 * t + 1]]).toEqual([0, 0].map((zero) => expect.closeTo(zero, 9)));
    });
  });

  it('stays finite for scores far apart', () => {
    const scores = tf.tensor3d([1e4, -1e4, -1e4, 1e4], [1, 2, 2]);
    const values = tf.tensor3d([1, 2, 3, 4], [1, 2, 2]);
    expectValues(softmaxPool(scores, values, tf.ones([1, 2, 1]), 1), [1, 4]);
  });
});
