import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Batch, type PreparedData, prepare } from '../../../src/data/index.js';
import { inference, Optimizer } from '../../../src/engine/index.js';
import { expandPairs } from '../../../src/layers/activationUnit.js';
import { dinSchema, type Model, usesOf } from '../../../src/models/index.js';
import { trainStep } from '../../../src/training/step.js';
import { type Row, storeOf } from '../../data/fixture.js';
import { batchOf, preparedOf } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { expectGradients, fillWithWaves } from '../../support/gradients.js';
import { expectNear } from '../../support/learnt.js';
import { expectSameByUser } from '../../support/sharing.js';
import { forward, gradientsOf, logitsOf, lossOf, overfit, trainable } from '../../support/training.js';

/** Values: test/fidelity/dinReference.test.ts. Items 0 to 8 and users 0 to 3 are warm; item 9 and user 4 have no train row. */
const category = { values: Int32Array.of(0, 1, 2, 0, -1, 1, 2, 0, 1, 3), cardinality: 4 };
const data = preparedOf({
  users: 5,
  items: 10,
  categories: { category },
  train: [0, 1, 2, 3].flatMap((user) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((item) => [user, item, 1] as const)),
});
const tiny = {
  name: 'din',
  itemFields: ['id', 'category'],
  factors: 3,
  historyLength: 4,
  unitHidden: [5],
  hidden: [6, 4],
};

function model(options: Readonly<Record<string, unknown>> = {}, of: PreparedData = data): Model {
  const din = trainable({ ...tiny, ...options }, of);
  fillWithWaves(din.parameters, 0.7);
  for (const { name, data: values, width } of din.parameters.tables) {
    // Variances are above 0.
    if (name.endsWith('statistics'))
      values.set(values.map((value, i) => (i < width ? value : 1 + value ** 2)));
  }
  return din;
}

const history = [3, 4, 5, 3];
const contexts = [0, 1, 4].flatMap((user) =>
  [0, 4, 1, 2].map((length) => ({
    user,
    history: history.slice(0, length).map((item) => item + (user % 2)),
    candidates: [
      [length, 1],
      [9, 0],
      [6, 1],
    ] as [number, number][],
  })),
);
const all = batchOf(contexts, 4, 'shared');
const settings = [
  {},
  { unitActivation: 'relu', activation: 'prelu' },
  { softmax: true, unitHidden: [4, 3], activation: 'relu' },
];

describeEngines('DIN', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(settings)('scores a pair by itself as among others: %j', (options) => {
    const din = model(options);
    const together = logitsOf(din, all);
    const alone = contexts.flatMap((context) =>
      context.candidates.map(
        (candidate) => logitsOf(din, batchOf([{ ...context, candidates: [candidate] }], 4))[0]!,
      ),
    );
    expectNear(alone, together);
    expect(new Set(together.map((logit) => logit.toFixed(4))).size).toBeGreaterThan(20);
    din.parameters.dispose();
  });

  it('is finite where no pair has a history, and does not keep tensors', async () => {
    const din = model({ dropout: 0.5 });
    const batch = batchOf([{ user: 4, history: [], candidates: [[9, 1]] }], 4, 'shared');
    const optimizer = new Optimizer(din.parameters, {
      name: 'adam',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: null,
    });
    const before = tf.memory().numTensors;
    for (const one of [batch, all, batch]) {
      expect(Number.isFinite(await trainStep(din, optimizer, one, 0.01, [1]))).toBe(true);
      await din.afterStep!();
      expect(logitsOf(din, one).every((logit) => Number.isFinite(logit))).toBe(true);
    }
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
    din.parameters.dispose();
  });
});

describe('DIN', () => {
  beforeAll(() => useEngine('cpu'));

  it.each(settings)(
    'has the gradients of central differences, through the statistics of Dice too: %j',
    async (options) => {
      const din = model({ ...options, l2Weight: 0.1 });
      const mode = { training: true, key: [1] } as const;
      await expectGradients(din.parameters, () => lossOf(din, all, mode));
      await din.afterStep!();
      din.parameters.dispose();
    },
  );

  it('learns the same byUser as shuffled, with prefixes shared and separate', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i): Row => [i % 3, (i * 7) % 11, i, i % 4 === 0 ? 0 : 1],
    ).sort((a, b) => a[0] - b[0]);
    const log = prepare(storeOf(rows, 11), {
      label: 'is_click',
      split: { kind: 'time', scope: 'global', train: 0.9, validation: 0.1 },
    });
    const din = model({ itemFields: ['id'], unitActivation: 'prelu', activation: 'relu' }, log);
    const { histories } = await expectSameByUser(din, log);
    expect(histories[0]!.length.some((length) => length === 0)).toBe(true);
  });

  it('cuts pairs so that no part has too many events', () => {
    const lists = { offsets: Int32Array.of(0, 3, 3, 5), rows: Int32Array.of(4, 5, 6, 0, 1) };
    const pairs = { context: Int32Array.of(0, 1, 2, 0, 2), candidate: Int32Array.of(0, 1, 2, 3, 4) };
    const parts = expandPairs(lists, pairs, 4).map(({ event, candidate, lists: own }) => [
      [...event],
      [...candidate],
      [...own.offsets],
    ]);
    expect(parts).toEqual([
      [
        [4, 5, 6],
        [0, 0, 0],
        [0, 3, 3],
      ],
      [
        [0, 1],
        [2, 2],
        [0, 2],
      ],
      [
        [4, 5, 6],
        [3, 3, 3],
        [0, 3],
      ],
      [
        [0, 1],
        [4, 4],
        [0, 2],
      ],
    ]);
  });

  it('is the same scored in parts as at once', async () => {
    await useEngine('wasm');
    // 2,000 pairs with 4 events each and 100 hidden values are more than a part takes.
    const wide = model({ unitHidden: [100] });
    const many = batchOf(
      [{ user: 0, history, candidates: Array.from({ length: 10 }, (_, item) => [item, 0] as const) }],
      4,
    );
    const repeated: Batch = {
      ...many,
      pairs: {
        count: 2000,
        context: new Int32Array(2000),
        item: Int32Array.from({ length: 2000 }, (_, p) => p % 10),
        label: new Float32Array(2000),
        row: new Int32Array(2000),
      },
    };
    const once = logitsOf(wide, many);
    expectNear(
      logitsOf(wide, repeated),
      Array.from({ length: 2000 }, (_, p) => once[p % 10]!),
      1e-6,
    );
    await useEngine('cpu');
  });

  it('gives users, items and values without a train row what unknown ones have', () => {
    const moved = (table: string, row: number, batch: Batch): boolean => {
      const din = model();
      const before = logitsOf(din, batch)[0]!;
      const { data: values, width } = din.parameters.tables.find(({ name }) => name === table)!;
      values.fill(0.9, row * width, (row + 1) * width);
      return Math.abs(logitsOf(din, batch)[0]! - before) > 1e-4;
    };
    const pair = (user: number, past: number[], item: number) =>
      batchOf([{ user, history: past, candidates: [[item, 1]] }], 4);
    expect(moved('user.id.embedding', 4, pair(4, [1], 2))).toBe(false);
    expect(moved('user.id.embedding', 3, pair(3, [1], 2))).toBe(true);
    expect(moved('item.id.embedding', 9, pair(0, [1], 9))).toBe(false);
    expect(moved('item.id.embedding', 9, pair(0, [9], 1))).toBe(false);
    expect(moved('item.id.embedding', 8, pair(0, [8], 1))).toBe(true);
    // Item 4 has no category and is trained, so that unknown is learned.
    expect(moved('item.category.unknown', 0, pair(0, [], 9))).toBe(true);
  });

  it('tells its intermediate results', () => {
    tf.tidy(() => {
      for (const softmax of [true, false]) {
        const found = new Map<string, tf.Tensor>();
        const din = model({ softmax });
        forward(din, all, { training: false, tap: (name, value) => found.set(name, value) });
        expect([...found.keys()].sort()).toEqual(Object.keys(din.taps!).sort());
        const weights = found.get('unit.weights')!;
        expect(weights.shape).toEqual([36, 4]);
        const rows = weights.arraySync() as number[][];
        all.pairs.context.forEach((context, p) => {
          const length = all.histories[0]!.length[context]!;
          expect(rows[p]!.slice(length).every((weight) => weight === 0)).toBe(true);
          if (softmax && length > 0) expect(rows[p]!.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        });
        // The sum that the weights are for.
        const x = found.get('item')!.arraySync() as number[][];
        const interest = found.get('interest')!.arraySync() as number[][];
        const { sequences, sequence } = all.histories[0]!;
        all.pairs.context.forEach((context, p) => {
          const start = sequence[context]! * sequences.width;
          const sum = new Float64Array(6);
          rows[p]!.forEach((weight, t) => {
            if (weight !== 0)
              x[sequences.item[start + t]!]!.forEach((value, c) => {
                sum[c]! += weight * value;
              });
          });
          expectNear(interest[p]!, [...sum], 1e-5);
        });
      }
    });
  });

  it('drops hidden values in training alone', async () => {
    const din = model({ dropout: 0.5, unitActivation: 'relu', activation: 'relu' });
    const training = (key: number) => logitsOf(din, all, { training: true, key: [key] });
    expect(training(1)).toEqual(training(1));
    expect(training(1)).not.toEqual(training(2));
    expect(logitsOf(din, all)).toEqual(logitsOf(model({ unitActivation: 'relu', activation: 'relu' }), all));
  });

  it('penalises the embeddings in use, each once', () => {
    const batch = batchOf([{ user: 1, history: [2, 2, 3], candidates: [[3, 1]] }], 4);
    const din = model({ l2Weight: 0.5 });
    const squares = (name: string, rows: readonly number[]) => {
      const { data: values, width } = din.parameters.tables.find((table) => table.name === name)!;
      return rows.reduce(
        (sum, row) => sum + values.slice(row * width, (row + 1) * width).reduce((s, v) => s + v * v, 0),
        0,
      );
    };
    const expected =
      squares('user.id.embedding', [1]) +
      squares('item.id.embedding', [2, 3]) +
      squares('item.category.embedding', [2, 0]);
    const { logits: _, ...step } = forward(din, batch);
    expect(din.penalty!(step).dataSync()[0]).toBeCloseTo(0.25 * expected, 5);
  });

  it('has as many weights as the layers say', () => {
    const din = trainable({ name: 'din' }, data);
    const unit = 64 * 64 + 64 + 64 + 64 + 1; // layer, bias, alpha, out
    const mlp = 48 * 64 + 64 + 64 + 64 * 32 + 32 + 32 + 32 + 1;
    expect(din.parameters.size).toBe((5 + 10) * 16 + unit + mlp);
    expect(din.encodeItems(Int32Array.of(1), inference).x!.shape).toEqual([1, 16]);
  });

  it('learns a tiny set by heart', async () => {
    const small = batchOf(
      [
        {
          user: 0,
          history: [1, 2],
          candidates: [
            [3, 1],
            [4, 0],
          ],
        },
        {
          user: 1,
          history: [3],
          candidates: [
            [3, 0],
            [4, 1],
          ],
        },
        {
          user: 2,
          history: [],
          candidates: [
            [3, 1],
            [5, 0],
          ],
        },
      ],
      4,
      'shared',
    );
    await useEngine('wasm');
    const din = trainable({ ...tiny, activation: 'relu', unitActivation: 'prelu' }, data);
    expect(await overfit(din, small, 60, 0.05)).toBeLessThan(0.02);
    const { flat, rows } = await gradientsOf(din, small);
    expect(rows.length).toBeGreaterThan(0);
    flat.dispose();
    await useEngine('cpu');
  });

  it.each([
    [{ factors: 0 }, 'factors'],
    [{ unitHidden: [] }, 'unitHidden'],
    [{ hidden: [0] }, 'hidden'],
    [{ dropout: 1 }, 'dropout'],
    [{ itemFields: ['id', 'id'] }, 'itemFields'],
    [{ unitActivation: 'sigmoid' }, 'unitActivation'],
  ])('refuses %j', (options, path) => {
    expect(dinSchema.safeParse({ name: 'din', ...options }).error?.issues[0]?.path[0]).toBe(path);
  });

  it('says which fields there are', () => {
    expect(() => model({ itemFields: ['id', 'auhtor'] })).toThrow(
      /no item field auhtor \(model.itemFields\)/,
    );
  });

  it('looks at its fields and the latest items before an impression', () => {
    expect(usesOf(dinSchema.parse({ name: 'din', itemFields: ['id', 'category'] }))).toEqual({
      histories: [{ length: 50, sample: 'recent', target: 'causal', setting: 'model.name' }],
      users: ['id'],
      items: ['id', 'category'],
    });
  });
});
