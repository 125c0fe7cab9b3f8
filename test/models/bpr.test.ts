import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { modelSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, fillWithWaves } from '../support/gradients.js';
import { referenceWave } from '../support/reference.js';
import { gradientsOf, logitsOf, lossOf, overfit, trainable } from '../support/training.js';

/** What cornac_reference.py had Cornac do. */
interface Cornac {
  readonly users: number;
  readonly items: number;
  readonly width: number;
  readonly couples: readonly (readonly [user: number, positive: number, negative: number])[];
  readonly cases: readonly {
    readonly rate: number;
    readonly reg: number;
    readonly bias: boolean;
    /** Of each couple before its update. */
    readonly losses: readonly number[];
    readonly users: readonly number[];
    readonly items: readonly number[];
    readonly biases: readonly number[];
  }[];
}
const cornac: Cornac = JSON.parse(readFileSync(new URL('../fidelity/cornac.json', import.meta.url), 'utf8'));

// Users 0 and 1 and items 0 to 3 have train rows; user 2 and item 4 have none.
const data = preparedOf({
  users: 3,
  items: 5,
  train: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 2, 1],
    [1, 3, 0],
  ],
  vectors: { cover: { data: Float32Array.of(1, 0, 0, 1, 1, 1, 2, -1, 3, 2), width: 2 } },
});
const options = { name: 'bpr', factors: 2, l2Weight: 0 };
// Couples: positive, then negative, of one user.
const batch = batchOf(
  [
    {
      user: 0,
      history: [],
      candidates: [
        [0, 1],
        [1, 0],
      ],
    },
    {
      user: 1,
      history: [],
      candidates: [
        [2, 1],
        [0, 0],
      ],
    },
  ],
  0,
);

function model(more: Readonly<Record<string, unknown>> = {}) {
  const built = trainable({ ...options, ...more }, data);
  const table = (name: string) => built.parameters.tables.find((candidate) => candidate.name === name);
  table('user')!.data.set([1, 2, -1, 0.5, 7, 7]);
  table('item.id.table')?.data.set([1, 0, 0, 1, 2, 2, 3, -1, 9, 9]);
  table('bias')?.data.set([0.1, 0.2, 0.3, 0.4, 0.5]);
  return built;
}

describeEngines('BPR', (engine) => {
  beforeAll(() => useEngine(engine));

  it('scores p . q + b, trained on couples, without a history', () => {
    const bpr = model();
    expect(bpr.histories).toEqual([]);
    expect(bpr.pairing).toBe('pairwise');
    // (1, 2) . (1, 0) + 0.1; (1, 2) . (0, 1) + 0.2; (-1, 0.5) . (2, 2) + 0.3; (-1, 0.5) . (1, 0) + 0.1
    const expected = [1.1, 2.2, -0.7, -0.9];
    logitsOf(bpr, batch).forEach((logit, p) => {
      expect(logit).toBeCloseTo(expected[p]!, 5);
    });
  });

  it('minimises -log sigmoid(positive - negative), averaged over couples, and L2 of what is in use', () => {
    const minusLogSigmoid = (x: number) => Math.log(1 + Math.exp(-x));
    const loss = (minusLogSigmoid(1.1 - 2.2) + minusLogSigmoid(-0.7 + 0.9)) / 2;
    expect(lossOf(model(), batch).dataSync()[0]).toBeCloseTo(loss, 5);
    // Users 0 and 1: 1 + 4 + 1 + 0.25; items 0, 1, 2: 1 + 1 + 8; biases 0.01 + 0.04 + 0.09.
    const squares = 6.25 + 10 + 0.14;
    expect(lossOf(model({ l2Weight: 0.1 }), batch).dataSync()[0]).toBeCloseTo(loss + 0.05 * squares, 5);
  });

  it('has the gradients of central differences', async () => {
    const bpr = trainable({ ...options, item: ['id', 'cover'], l2Weight: 0.1 }, data);
    fillWithWaves(bpr.parameters);
    // Rows that nothing looks up have none on either side.
    await expectGradients(bpr.parameters, () => lossOf(bpr, batch));
  });

  it('touches the rows of the batch only', async () => {
    const bpr = model();
    const { rows } = await gradientsOf(bpr, batch);
    const touched = rows.map(({ table, rows: ids }) => [table.name, [...ids].sort()]);
    expect(Object.fromEntries(touched)).toEqual({
      user: [0, 1],
      'item.id.table': [0, 1, 2],
      bias: [0, 1, 2],
    });
  });

  it('knows nothing of cold users and cold items, unless they have content', () => {
    const pairs = batchOf(
      [
        { user: 0, history: [], candidates: [[4, 1]] },
        { user: 2, history: [], candidates: [[2, 1]] },
      ],
      0,
    );
    // Nothing but the bias of item 2 is known.
    expect(logitsOf(model(), pairs)).toEqual([0, expect.closeTo(0.3, 6)]);
    expect(logitsOf(model({ item: ['cover'], itemBias: false }), pairs)[0]).not.toBe(0);
  });

  it('learns couples by heart', async () => {
    expect(await overfit(trainable(options, data), batch, 60, 0.1)).toBeLessThan(0.05);
  });

  it('learns couple by couple what the paper says', () => {
    const bpr = model({ update: 'couple', l2Weight: 0.5, itemBias: false });
    const couple = { user: Int32Array.of(1), positive: Int32Array.of(2), negative: Int32Array.of(3) };
    // p = (-1, 0.5), q_2 = (2, 2), q_3 = (3, -1): x = 1 + 1.5 = 2.5, g = 1 / (1 + e^2.5) = 0.0758582, rate 0.1.
    expect(bpr.learn!(couple, 0.1)).toBeCloseTo(0.0788897, 6);
    const table = (name: string) => bpr.parameters.tables.find((candidate) => candidate.name === name)!.data;
    const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));
    expect([...table('user')]).toEqual(near([1, 2, -0.9575858, 0.4977575, 7, 7]));
    const items = [1, 0, 0, 1, 1.8924142, 1.9037929, 2.8575858, -0.9537929, 9, 9];
    expect([...table('item.id.table')]).toEqual(near(items));
  });

  it.each(cornac.cases)('learns couple by couple as Cornac does: rate $rate, L2 $reg, bias $bias', (one) => {
    const { users, items, width, couples } = cornac;
    const pairs = Array.from(
      { length: Math.max(users, items) },
      (_, i) => [i % users, i % items, 1] as const,
    );
    const log = preparedOf({ users, items, train: [...pairs].sort(([a], [b]) => a - b) });
    const options = { factors: width, update: 'couple', l2Weight: one.reg, itemBias: one.bias };
    const { parameters, learn } = trainable({ name: 'bpr', ...options }, log);
    const weights = [
      ['user', users * width, one.users],
      ['item.id.table', items * width, one.items],
      ...(one.bias ? [['bias', items, one.biases] as const] : []),
    ] as const;
    const table = (name: string) => parameters.tables.find((candidate) => candidate.name === name)!.data;
    weights.forEach(([name, size], v) => {
      table(name).set(referenceWave(v, size, 0.8));
    });
    const column = (at: number) => Int32Array.from(couples, (couple) => couple[at]!);
    const loss = learn!({ user: column(0), positive: column(1), negative: column(2) }, one.rate);
    expect(loss).toBeCloseTo(one.losses.reduce((sum, each) => sum + each, 0) / couples.length, 6);
    for (const [name, , expected] of weights) {
      const furthest = Math.max(...expected.map((value, i) => Math.abs(table(name)[i]! - value)));
      expect([name, furthest < 2e-6]).toEqual([name, true]);
    }
    parameters.dispose();
  });

  it("scores by a ReLU layer on both vectors, as in ALPINE's table", async () => {
    const bpr = model({ head: 'mlp', hidden: 3, l2Weight: 0.1 });
    expect(bpr.innerProduct).toBeUndefined();
    const set = (name: string, values: number[], shape: number[]) =>
      tf.tidy(() => bpr.parameters.setDense(name, tf.tensor(values, shape)));
    // Rows: two of p, two of q.
    set('head.hidden.weight', [1, 0, -1, 0, 1, 0.5, 2, -1, 0, 0, 1, -1], [4, 3]);
    set('head.hidden.bias', [0.5, 0, 1], [3]);
    set('head.out.weight', [1, -2, 3], [3, 1]);
    set('head.out.bias', [0.25], [1]);
    // (1, 2), (1, 0): relu(1 + 2 + 0.5, 2 - 1, -1 + 1 + 1) = (3.5, 1, 1); 3.5 - 2 + 3 + 0.25 + 0.1
    // (1, 2), (0, 1): relu(1.5, 2 + 1, -1 + 1 - 1 + 1) = (1.5, 3, 0); 1.5 - 6 + 0.25 + 0.2
    // (-1, 0.5), (2, 2): relu(-1 + 4 + 0.5, 0.5 - 2 + 2, 1 + 0.25 - 2 + 1) = (3.5, 0.5, 0.25); 3.5 - 1 + 0.75 + 0.25 + 0.3
    // (-1, 0.5), (1, 0): relu(-1 + 2 + 0.5, 0.5 - 1, 1 + 0.25 + 1) = (1.5, 0, 2.25); 1.5 + 6.75 + 0.25 + 0.1
    const expected = [4.85, -4.05, 3.8, 8.6];
    logitsOf(bpr, batch).forEach((logit, p) => {
      expect(logit).toBeCloseTo(expected[p]!, 5);
    });
    // Vectors and biases as above, and the layer: 1 + 1 + 1 + 0.25 + 4 + 1 + 1 + 1.
    const minusLogSigmoid = (x: number) => Math.log(1 + Math.exp(-x));
    const loss = (minusLogSigmoid(4.85 + 4.05) + minusLogSigmoid(3.8 - 8.6)) / 2;
    expect(lossOf(bpr, batch).dataSync()[0]).toBeCloseTo(loss + 0.05 * (6.25 + 10 + 0.14 + 10.25), 4);
    const waves = trainable({ ...options, item: ['id', 'cover'], head: 'mlp', hidden: 4 }, data);
    fillWithWaves(waves.parameters);
    await expectGradients(waves.parameters, () => lossOf(waves, batch));
  });

  it('learns couple by couple by its product alone', () => {
    const { error } = modelSchema.safeParse({ ...options, head: 'mlp', update: 'couple' });
    expect(error?.message).toContain('is couple, which learns an inner product, and head is mlp');
  });
});
