import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  constant,
  dropout,
  fromArrays,
  gatherRows,
  loadWeights,
  ParameterSet,
} from '../../src/engine/index.js';
import { describeEngines, useEngine } from '../support/engines.js';

/** Traps of the engines that our code could step into. */
describeEngines('traps', (engine) => {
  beforeAll(() => useEngine(engine));

  // TensorFlow does not copy a typed array before its first use, and often not even then.
  it('a looked-up row is a copy: the table may change before the tensor is used', () => {
    const table = new ParameterSet(1).addTable('table', 3, 2, constant(1));
    const rows = table.lookup(Int32Array.of(0, 2));
    table.data.fill(9);
    expect([...rows.dataSync()]).toEqual([1, 1, 1, 1]);
  });

  it('a loaded weight is a copy: what it was loaded from may change', async () => {
    const parameters = new ParameterSet(1);
    const weight = parameters.addDense('weight', [2], constant(0));
    const data = Float32Array.of(3, 4);
    await loadWeights(parameters, fromArrays(new Map([['weight', { shape: [2], data }]])));
    data.fill(9);
    expect([...weight.value().dataSync()]).toEqual([3, 4]);
  });

  it('dropout gives two sites of a step masks of their own', () => {
    const mode = { training: true, key: [1, 'step', 0] } as const;
    const ones = tf.ones([64]);
    const [a, b] = [dropout(ones, 0.5, mode, 'a'), dropout(ones, 0.5, mode, 'b')];
    expect([...a.dataSync()]).toEqual([...dropout(ones, 0.5, mode, 'a').dataSync()]);
    expect([...a.dataSync()]).not.toEqual([...b.dataSync()]);
  });

  // A loss that is not a number stops the training; an operation that hides it would let it go on.
  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['a product', (x) => tf.matMul(x.reshape([1, 3]), tf.ones([3, 2]))],
    ['relu', (x) => tf.relu(x)],
    ['tanh', (x) => tf.tanh(x)],
    ['softplus', (x) => tf.softplus(x)],
    ['a sum', (x) => tf.sum(x)],
    ['a mean', (x) => tf.mean(x)],
    ['softmax', (x) => tf.softmax(x)],
  ])('NaN goes through %s', (_, f) => {
    const result = f(tf.tensor1d([1, Number.NaN, 2]))
      .sum()
      .dataSync()[0];
    expect(result).toBeNaN();
  });

  // Rows without anything to attend to are therefore masked by a large finite number, and their result by zero.
  it('softmax of nothing but -Infinity is NaN', () => {
    const masked = tf.softmax(tf.fill([2], Number.NEGATIVE_INFINITY));
    expect([...masked.dataSync()]).toEqual([Number.NaN, Number.NaN]);
  });

  it('softmax of nothing but -2^32 is even', () => {
    expect([...tf.softmax(tf.fill([2], -(2 ** 32))).dataSync()]).toEqual([0.5, 0.5]);
  });

  it('rows out of range are refused', () => {
    expect(() => gatherRows(tf.zeros([2, 2]), Int32Array.of(2, 0, 1))).toThrow(RangeError);
  });
});
