import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { activations, additivePool, ListBuilder, type RowLists } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, wave, waves, weigh } from '../support/gradients.js';

const formulas = {
  relu: (z: number) => Math.max(0, z),
  tanh: Math.tanh,
  scaledTanh: (z: number) => 5 * Math.tanh(z / 5),
};

const rows = 9;
const width = 3;
const keys = wave([rows, width], 1);
const values = wave([rows, width], 2);
const matrix = wave([width, width], 4);

/** The formula, a query and a channel at a time. */
function slowly(
  act: (z: number) => number,
  queries: Float32Array,
  lists: RowLists,
  of: Int32Array,
): number[] {
  return [...of].flatMap((list, q) => {
    const own = [...lists.rows.subarray(lists.offsets[list], lists.offsets[list + 1])];
    return Array.from({ length: width }, (_, channel) => {
      const weights = own.map((row) => {
        let score = 0;
        for (let c = 0; c < width; c++) {
          score += act(keys[row * width + c]! + queries[q * width + c]!) * matrix[c * width + channel]!;
        }
        return Math.exp(score);
      });
      const norm = weights.reduce((a, b) => a + b, 0);
      return own.reduce((sum, row, i) => sum + (weights[i]! / norm) * values[row * width + channel]!, 0);
    });
  });
}

describeEngines('additive pooling', (engine) => {
  beforeAll(() => useEngine(engine));

  // Many queries a list, one, or none, empty lists among them: groups of 8, 1 and 2 places.
  const lists = ListBuilder.of([[0, 1, 2, 3, 4], [], [3], [8, 5, 2], [7, 7, 1], [0]]);
  const cases = {
    'many queries a list': Array.from({ length: 60 }, (_, q) => (q * q) % 4),
    'one query a list': [0, 1, 2, 3, 4],
    'a few queries in any order': [4, 0, 3, 3, 1, 0, 4],
    'queries of empty lists only': [1, 1],
    'no query': [],
  };

  it.each(Object.entries(cases))('is what the formula says, %s', (_, listOf) => {
    const of = Int32Array.from(listOf);
    const queries = wave([of.length, width], 3);
    for (const [name, act] of Object.entries(formulas)) {
      for (const slice of [1, 100, 1e6]) {
        const found = additivePool(
          {
            keys: tf.tensor2d(keys, [rows, width]),
            values: tf.tensor2d(values, [rows, width]),
            queries: tf.tensor2d(queries, [of.length, width]),
            matrix: tf.tensor2d(matrix, [width, width]),
          },
          { activation: activations[name as keyof typeof activations], lists, of, slice },
        );
        const expected = slowly(act, queries, lists, of);
        expect(found.shape).toEqual([of.length, width]);
        found.dataSync().forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
        });
      }
    }
  });

  it.each(['relu', 'tanh', 'scaledTanh'] as const)(
    'has the gradients of central differences, %s',
    async (name) => {
      // With many queries some sum is so near to zero that a difference steps over the kink of the ReLU.
      const many = name === 'relu' ? 'one query a list' : 'many queries a list';
      for (const [listOf, slice] of [
        [cases[many], 20],
        [cases['a few queries in any order'], 1e6],
      ] as const) {
        const of = Int32Array.from(listOf);
        const parameters = new ParameterSet(1);
        const k = parameters.addDense('keys', [rows, width], waves(1));
        const v = parameters.addDense('values', [rows, width], waves(2));
        const q = parameters.addDense('queries', [of.length, width], waves(3));
        const m = parameters.addDense('matrix', [width, width], waves(4));
        await expectGradients(parameters, () =>
          weigh(
            additivePool(
              { keys: k.value(), values: v.value(), queries: q.value(), matrix: m.value() },
              { activation: activations[name], lists, of, slice },
            ),
          ),
        );
      }
    },
  );

  it('takes the query that each pair names: the result and gradients of queries that are gathered first', async () => {
    const of = Int32Array.from(cases['many queries a list']);
    const query = of.map((_, pair) => (pair * pair * 3) % 7);
    const distinct = wave([8, width], 3); // the last is of no pair
    const queries = Float32Array.from(
      [...query].flatMap((q) => [...distinct.subarray(q * width, (q + 1) * width)]),
    );
    const parameters = new ParameterSet(1);
    const q = parameters.addDense('queries', [8, width], waves(3));
    const pooled = () =>
      additivePool(
        {
          keys: tf.tensor2d(keys, [rows, width]),
          values: tf.tensor2d(values, [rows, width]),
          queries: q.value(),
          matrix: tf.tensor2d(matrix, [width, width]),
        },
        { activation: activations.tanh, lists, of, query },
      );
    expectValues(pooled(), slowly(Math.tanh, queries, lists, of));
    await expectGradients(parameters, () => weigh(pooled()));
  });

  it('has the gradients of central differences under dropout, the bias of the scores among them', async () => {
    const of = Int32Array.from(cases['a few queries in any order']);
    const parameters = new ParameterSet(1);
    const k = parameters.addDense('keys', [rows, width], waves(1));
    const v = parameters.addDense('values', [rows, width], waves(2));
    const q = parameters.addDense('queries', [of.length, width], waves(3));
    const m = parameters.addDense('matrix', [width, width], waves(4));
    const bias = parameters.addDense('bias', [width], waves(5));
    const mask = (seed: number) => (shape: readonly number[]) =>
      tf.tensor(
        wave(shape, seed).map((x) => (x > 0 ? 1.25 : 0)),
        [...shape],
      );
    await expectGradients(parameters, () =>
      weigh(
        additivePool(
          { keys: k.value(), values: v.value(), queries: q.value(), matrix: m.value() },
          {
            activation: activations.tanh,
            lists,
            of,
            dropout: { keys: mask(6), scores: mask(7), bias: bias.value() },
          },
        ),
      ),
    );
  });

  it('leaves no tensor behind in a step', () => {
    const of = Int32Array.from(cases['many queries a list']);
    const input = tf.tensor2d(keys, [rows, width]);
    const queries = tf.tensor2d(wave([of.length, width], 3), [of.length, width]);
    const step = (): void =>
      tf.tidy(() => {
        const loss = (k: tf.Tensor) =>
          additivePool(
            { keys: k as tf.Tensor2D, values: input, queries, matrix: tf.tensor2d(matrix, [width, width]) },
            { activation: activations.relu, lists, of, slice: 100 },
          ).sum();
        tf.grad(loss)(input).dataSync();
      });
    step();
    const { numTensors, numDataBuffers } = tf.memory();
    for (let i = 0; i < 3; i++) step();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  });
});
