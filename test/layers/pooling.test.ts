import { beforeAll, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import {
  ListBuilder,
  meanOfLists,
  softmaxPool,
  softmaxPoolInSlices,
  sumOfLists,
} from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, waves, weigh } from '../support/gradients.js';

describeEngines('pooling', (engine) => {
  beforeAll(() => useEngine(engine));

  const lists = ListBuilder.of([[0, 1, 3], [2], [], [3, 3]]);

  it('sums and takes means of lists, 0 of none', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 9], [4, 2]);
    expectValues(sumOfLists(x, lists), [11, 15, 5, 6, 0, 0, 14, 18]);
    expectValues(meanOfLists(x, lists), [11 / 3, 5, 5, 6, 0, 0, 7, 9]);
  });

  it.each([1, 16, 19, 33])('takes means of rows of %d columns', (width) => {
    const value = (row: number, column: number) => row * row + column / 4; // in single precision without rounding
    const x = tf.tensor2d(
      Array.from({ length: 4 * width }, (_, i) => value(Math.floor(i / width), i % width)),
      [4, width],
    );
    const columns = Array.from({ length: width }, (_, column) => column / 4);
    const rows = [10 / 3, 4, null, 9]; // means of the squares
    expectValues(
      meanOfLists(x, lists),
      rows.flatMap((row) => columns.map((column) => (row === null ? 0 : row + column))),
    );
  });

  it('sums nothing at all', () => {
    expectValues(sumOfLists(tf.ones([2, 2]), ListBuilder.of([[], []])), [0, 0, 0, 0]);
    expectValues(softmaxPool(tf.ones([2, 2]), tf.ones([2, 2]), ListBuilder.of([[], []])), [0, 0, 0, 0]);
  });

  it('weights each channel by its own softmax over the list', () => {
    const scores = tf.tensor2d([0, 0, Math.log(3), 0, 9, 9], [3, 2]);
    const values = tf.tensor2d([4, 2, 8, 4, 1, 5], [3, 2]);
    const pooled = softmaxPool(scores, values, ListBuilder.of([[0, 1], [], [2], [1, 0]]));
    // Lists 0 and 3, channel 0: weights 1/4, 3/4 of 4 and 8; channel 1: halves of 2 and 4.
    expectValues(pooled, [7, 3, 0, 0, 1, 5, 7, 3]);
  });

  it.each([
    ['', softmaxPool],
    [', in small slices', (...[s, v, l]: Parameters<typeof softmaxPool>) => softmaxPoolInSlices(s, v, l, 1)],
  ])('has the gradients of central differences%s', async (_, pool) => {
    const parameters = new ParameterSet(1);
    const scores = parameters.addDense('scores', [4, 2], waves(3));
    const values = parameters.addDense('values', [4, 2], waves(4));
    await expectGradients(parameters, () => {
      const [s, v] = [scores.value<tf.Rank.R2>(), values.value<tf.Rank.R2>()];
      return tf.add(weigh(pool(s, v, lists)), weigh(meanOfLists(v, lists)));
    });
  });

  it('stays finite for scores far apart', () => {
    const scores = tf.tensor2d([1e4, -1e4, -1e4, 1e4], [2, 2]);
    const values = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expectValues(softmaxPool(scores, values, ListBuilder.of([[0, 1]])), [1, 4]);
  });
});
