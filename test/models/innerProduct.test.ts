import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference } from '../../src/engine/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { useEngine } from '../support/engines.js';
import { fillWithWaves } from '../support/gradients.js';
import { forward, logitsOf, trainable } from '../support/training.js';

// User 2 and item 4 have no train row.
const data = preparedOf({
  users: 3,
  items: 5,
  train: [0, 1, 2, 3].map((item) => [item % 2, item, 1] as const),
});

describe('inner product', () => {
  beforeAll(() => useEngine('cpu'));

  it.each([true, false])('of the two vectors of BPR is the logit, item bias: %s', (itemBias) => {
    const model = trainable({ name: 'bpr', factors: 6, itemBias }, data);
    fillWithWaves(model.parameters);
    const items = Int32Array.of(4, 0, 3);
    const batch = batchOf(
      [0, 1, 2].map((user) => ({
        user,
        history: [],
        candidates: Array.from(items, (item) => [item, 0] as const),
      })),
      0,
    );
    const { ofContexts, ofItems } = model.innerProduct!;
    const products = tf.tidy(() => {
      const { contexts } = forward(model, batch);
      const encoded = model.encodeItems(items, inference);
      return tf.matMul(ofContexts(contexts), ofItems(encoded), false, true).dataSync();
    });
    const logits = logitsOf(model, batch);
    expect(products).toHaveLength(9);
    products.forEach((product, p) => {
      expect(product).toBeCloseTo(logits[p]!, 5);
    });
    expect(Math.max(...products)).toBeGreaterThan(0.01);
  });
});
