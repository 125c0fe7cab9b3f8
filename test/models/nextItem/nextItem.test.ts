import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Batch, prepare } from '../../../src/data/index.js';
import { Optimizer } from '../../../src/engine/index.js';
import { gru4recSchema, type Model, sasrecSchema, usesOf } from '../../../src/models/index.js';
import { trainStep } from '../../../src/training/step.js';
import { type Row, storeOf } from '../../data/fixture.js';
import { batchOf, type ContextSpec, preparedOf } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves } from '../../support/gradients.js';
import { expectAlike, expectNear, learntFrom } from '../../support/learnt.js';
import { expectSameByUser } from '../../support/sharing.js';
import { forward, gradientsOf, logitsOf, overfit, trainable } from '../../support/training.js';

/**
 * Values and slopes: test/fidelity/nextItemReference.test.ts. Items 0 to 8 are warm, item 9 has no train row; user 2 none.
 */
const data = preparedOf({
  users: 3,
  items: 10,
  train: [0, 1].flatMap((user) => Array.from({ length: 9 }, (_, item) => [user, item, 1] as const)),
  categories: {
    category: { values: Int32Array.from({ length: 10 }, (_, item) => item % 3), cardinality: 3 },
  },
});
const tiny = {
  sasrec: { name: 'sasrec', factors: 4, heads: 2, historyLength: 5, dropout: 0 },
  gru4rec: { name: 'gru4rec', factors: 4, units: 4, historyLength: 5 },
};
const settings: readonly Readonly<Record<string, unknown>>[] = [
  tiny.sasrec,
  { ...tiny.sasrec, norm: 'post', loss: 'softmax', outputProjection: true },
  { ...tiny.gru4rec, loss: 'bce' },
  { ...tiny.gru4rec, layers: 2, reset: 'after', loss: 'bprMax', output: 'separate', units: 3 },
];

function model(options: Readonly<Record<string, unknown>>, of = data): Model {
  const built = trainable(options, of);
  fillWithWaves(built.parameters, 0.6);
  return built;
}

const history = [3, 4, 5, 3, 6];
const contexts: readonly ContextSpec[] = [0, 1, 2].flatMap((user) =>
  [0, 5, 1, 4, 2].map((length) => ({
    user,
    history: history.slice(0, length).map((item) => item + user),
    candidates: [
      [length, 1],
      [7, 0],
    ] as [number, number][],
  })),
);
const numbered = (batch: Batch): Batch => ({
  ...batch,
  pairs: { ...batch.pairs, row: Int32Array.from(batch.pairs.row.keys()) },
});
const shared = numbered(batchOf(contexts, 5, 'shared'));
const separate = numbered(batchOf(contexts, 5));

describeEngines('SASRec and GRU4Rec', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(settings)('score and learn with shared prefixes as from scratch: %j', async (options) => {
    const built = model(options);
    expect([shared.histories[0]!.sequences.count, separate.histories[0]!.sequences.count]).toEqual([3, 15]);
    const found = await learntFrom(built, shared);
    expectAlike(found, await learntFrom(built, separate));
    expect(new Set([...found.logits.values()].map((logit) => logit.toFixed(4))).size).toBeGreaterThan(15);
    built.parameters.dispose();
  });

  it.each(settings)('take an inner product, of any candidates: %j', (options) => {
    const built = model(options);
    tf.tidy(() => {
      const { contexts: encoded } = forward(built, shared);
      const items = built.encodeItems(Int32Array.of(9, 0, 7), { training: false });
      const { ofContexts, ofItems } = built.innerProduct!;
      const product = tf.matMul(ofContexts(encoded), ofItems(items), false, true);
      const count = 3 * contexts.length;
      const pairs = {
        count,
        context: Int32Array.from({ length: count }, (_, p) => Math.floor(p / 3)),
        item: Int32Array.from({ length: count }, (_, p) => p % 3),
        label: new Float32Array(count),
        row: new Int32Array(count),
      };
      const logits = built.logits(encoded, items, pairs, { training: false });
      expectNear(product.dataSync(), [...logits.dataSync()]);
    });
    built.parameters.dispose();
  });

  it.each(settings)('are finite without a history, and keep no tensors: %j', async (options) => {
    const built = model(options);
    const empty = batchOf([{ user: 2, history: [], candidates: [[9, 1]] }], 5, 'shared');
    const optimizer = new Optimizer(built.parameters, {
      name: 'adam',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: null,
    });
    expect(logitsOf(built, empty)).toEqual([0]);
    const before = tf.memory().numTensors;
    expect(await trainStep(built, optimizer, empty, 0.01, [1])).toBe(0); // nothing to learn from
    expect(Number.isFinite(await trainStep(built, optimizer, shared, 0.01, [1]))).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
    built.parameters.dispose();
  });
});

describe('SASRec and GRU4Rec', () => {
  beforeAll(() => useEngine('cpu'));

  const rows = Array.from(
    { length: 70 },
    (_, i): Row => [i % 3, (i * 7 + (i >> 4)) % 11, i, i % 5 === 0 ? 0 : 1],
  ).sort((a, b) => a[0] - b[0]);
  const log = prepare(storeOf(rows, 11), {
    label: 'is_click',
    split: { kind: 'time', scope: 'global', train: 0.9, validation: 0.1 },
  });

  it.each(settings)('learn the same byUser as shuffled, longer histories too: %j', async (options) => {
    const built = model(options, log);
    const { histories, contexts } = await expectSameByUser(built, log);
    const { sequence, length } = histories[0]!;
    expect(length.filter((one) => one === 5).length).toBeGreaterThan(20); // windows that slide
    expect(new Set(sequence).size).toBeLessThan(contexts.count);
  });

  it('see nothing of what comes later', () => {
    for (const options of settings) {
      const built = model(options);
      const at = (items: readonly number[]) =>
        logitsOf(
          built,
          batchOf(
            [
              { user: 0, history: items.slice(0, 3), candidates: [[8, 1]] },
              { user: 0, history: items, candidates: [[8, 1]] },
            ],
            5,
            'shared',
          ),
        );
      const [a, b] = [at([1, 2, 3, 4, 5]), at([1, 2, 3, 6, 0])];
      expect(Math.abs(a[0]! - b[0]!)).toBeLessThan(1e-6);
      expect(Math.abs(a[1]! - b[1]!)).toBeGreaterThan(1e-4);
    }
  });

  it('know nothing of cold items but their content', () => {
    const cold = batchOf([{ user: 0, history: [9, 1], candidates: [[9, 1]] }], 5);
    for (const options of settings) {
      const built = model(options);
      const [before] = logitsOf(built, cold);
      for (const { data: values, rows: count, width } of built.parameters.tables) {
        if (count === 10) values.fill(5, 9 * width, 10 * width);
      }
      expect(logitsOf(built, cold)).toEqual([before]);
      expect(Math.abs(before!)).toBe(0);
      const [withContent] = logitsOf(model({ ...options, item: ['id', 'category'] }), cold);
      expect(Math.abs(withContent!)).toBeGreaterThan(1e-3);
    }
  });

  it('drop nothing outside of training, and by the key of the step in it', () => {
    for (const options of [
      { ...tiny.sasrec, dropout: 0.5 },
      { ...tiny.gru4rec, inputDropout: 0.5 },
      { ...tiny.gru4rec, dropout: 0.5 },
    ]) {
      const built = model(options);
      const training = (key: number) => logitsOf(built, shared, { training: true, key: [key] });
      expect(training(1)).toEqual(training(1));
      expect(training(1)).not.toEqual(training(2));
      expect(logitsOf(built, shared)).toEqual(
        logitsOf(
          model({ ...options, dropout: 0, ...('inputDropout' in options && { inputDropout: 0 }) }),
          shared,
        ),
      );
    }
  });

  it('contrast with the whole train part, and nothing that is not in it', async () => {
    const built = model({ ...tiny.gru4rec, loss: 'softmax', contrast: 'catalogue' });
    const batch = batchOf([{ user: 0, history: [1], candidates: [[2, 1]] }], 5, 'shared');
    const { rows: found, flat } = await gradientsOf(built, batch);
    const touched = new Set(found.flatMap(({ table, rows: ids }) => (table.rows === 10 ? [...ids] : [])));
    expect([...touched].filter((item) => item >= 0).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    flat.dispose();
  });

  it.each([
    [{ ...tiny.gru4rec, loss: 'softmax', contrast: 'catalogue' }, []],
    [{ ...tiny.gru4rec, loss: 'softmax', contrast: 'catalogue', output: 'separate' }, [1, 2]],
    [{ ...tiny.gru4rec, loss: 'softmax', contrast: 'step' }, [1, 2]],
  ] as const)('L2 takes in what is contrasted: %j', (options, read) => {
    // By hand: items 1 and 2 are in the step, items 0 to 8 in the train part.
    const built = model({ ...options, l2Weight: 1 });
    const batch = batchOf([{ user: 0, history: [1], candidates: [[2, 1]] }], 5, 'shared');
    const tableOf = (name: string) => built.parameters.tables.find((table) => table.name.startsWith(name));
    const squares = (name: string, items: readonly number[]): number => {
      const { data: values, width } = tableOf(name)!;
      const of = (item: number) => values.subarray(item * width, (item + 1) * width);
      return items.reduce((sum, item) => of(item).reduce((all, value) => all + value * value, sum), 0);
    };
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const vectors =
      options.contrast === 'step'
        ? squares('item', read)
        : 'output' in options
          ? squares('item', read) + squares('output', all)
          : squares('item', all);
    const found = tf.tidy(() => {
      const step = forward(built, batch);
      const matrices = built.parameters.dense
        .filter(({ shape }) => shape.length === 2)
        .map((weight) => weight.value().square().sum().dataSync()[0]!);
      const penalty = built.penalty!(step).dataSync()[0]!;
      return penalty - 0.5 * matrices.reduce((sum, value) => sum + value, 0);
    });
    expect(found).toBeCloseTo(0.5 * vectors, 3);
    built.parameters.dispose();
  });

  it('come in couples for BPR alone', () => {
    expect(settings.map((options) => model(options).pairing)).toEqual(Array(4).fill('pointwise'));
    expect(model({ ...tiny.sasrec, loss: 'bpr' }).pairing).toBe('pairwise');
  });

  it('have as many weights as the layers say', () => {
    const size = (options: Readonly<Record<string, unknown>>) => trainable(options, data).parameters.size;
    const [d, n] = [64, 50];
    const block = 3 * (d * d + d) + 2 * (d * d + d) + 4 * d;
    expect(size({ name: 'sasrec' })).toBe(10 * d + n * d + 2 * d + 2 * block);
    expect(size({ name: 'sasrec', outputProjection: true, innerSize: 256, layers: 1 })).toBe(
      10 * d + n * d + 2 * d + 4 * (d * d + d) + (d * 256 + 256) + (256 * d + d) + 4 * d,
    );
    expect(size({ name: 'gru4rec' })).toBe(10 * d + 10 + 2 * 3 * d * d + 3 * d);
    expect(size({ name: 'gru4rec', units: 128, projection: true, bias: false, itemBias: false })).toBe(
      10 * d + 3 * 128 * (d + 128) + 128 * d + d,
    );
    expect(size({ name: 'gru4rec', units: 32, output: 'separate', layers: 2 })).toBe(
      10 * (d + 32 + 1) + 3 * 32 * (d + 32) + 3 * 32 * 64 + 2 * 3 * 32,
    );
  });

  it.each([
    { ...tiny.sasrec, loss: 'bce' },
    { ...tiny.sasrec, loss: 'softmax', norm: 'post' },
    { ...tiny.gru4rec, loss: 'softmax' },
  ])('learn a tiny set by heart: %j', async (options) => {
    await useEngine('wasm');
    // What comes next after each item.
    const small = batchOf(
      [
        {
          user: 0,
          history: [0, 1, 2],
          candidates: [
            [3, 1],
            [4, 0],
          ],
        },
        {
          user: 0,
          history: [0, 1],
          candidates: [
            [2, 1],
            [3, 0],
          ],
        },
        {
          user: 1,
          history: [4],
          candidates: [
            [1, 1],
            [2, 0],
          ],
        },
      ],
      5,
      'shared',
    );
    expect(
      await overfit(
        trainable({ ...options, factors: 8, ...(options.name === 'gru4rec' && { units: 8 }) }, data),
        small,
        60,
        0.05,
      ),
    ).toBeLessThan(0.05);
    await useEngine('cpu');
  });

  it.each([
    [{ name: 'sasrec', heads: 3 }, 'heads'],
    [{ name: 'sasrec', contrast: 'catalogue' }, 'contrast'],
    [{ name: 'sasrec', logQ: 1 }, 'logQ'],
    [{ name: 'sasrec', dropout: 1 }, 'dropout'],
    [{ name: 'gru4rec', units: 32 }, 'units'],
    [{ name: 'gru4rec', loss: 'bpr', contrast: 'catalogue' }, 'contrast'],
    [{ name: 'gru4rec', loss: 'softmax', contrast: 'catalogue', logQ: 0.5 }, 'logQ'],
  ] as const)('refuse %j', (options, path) => {
    const schema = options.name === 'sasrec' ? sasrecSchema : gru4recSchema;
    expect(schema.safeParse(options).error?.issues[0]?.path).toEqual([path]);
  });

  it('look at items and the latest ones before an impression', () => {
    for (const schema of [sasrecSchema, gru4recSchema]) {
      expect(usesOf(schema.parse({ name: schema.shape.name.value, item: ['id', 'category'] }))).toEqual({
        histories: [{ length: 50, sample: 'recent', target: 'causal', setting: 'model.name' }],
        users: [],
        items: ['id', 'category'],
      });
    }
  });
});
