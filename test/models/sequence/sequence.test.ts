import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { HeldVectors, type PreparedData } from '../../../src/data/index.js';
import { inference } from '../../../src/engine/index.js';
import { type Model, modelInfo, modelSchema, usesOf } from '../../../src/models/index.js';
import { batchOf, type ContextSpec, preparedOf } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { oneStep } from '../../support/learnt.js';
import { forward, gradientsOf, logitsOf, overfit, trainable } from '../../support/training.js';
import { items, levelData, rows } from '../alpine/log.js';

type Options = Readonly<Record<string, unknown>>;

const data = levelData(rows);
const tiny = { itemSize: 2, categorySize: 2, hidden: 8, historyLength: 6 };
const small: Readonly<Record<string, Options>> = {
  lstm: { name: 'lstm', units: 3 },
  cnn: { name: 'cnn', windows: 3, filters: 2, interestSize: 3 },
  atrank: { name: 'atrank', heads: 2, feedForward: 2 },
};
const names = ['lstm', 'cnn', 'atrank'] as const;

/** Full, one item, nothing of one kind, nothing at all. */
const contexts: ContextSpec[] = [
  {
    user: 0,
    history: [1, 2, 3, 4, 5, 6],
    others: [[7]],
    candidates: [
      [13, 1],
      [0, 0],
    ],
  },
  { user: 1, history: [4], others: [[5, 5, 8, 9, 10, 11]], candidates: [[8, 1]] },
  {
    user: 2,
    history: [],
    others: [[1, 9, 2]],
    candidates: [
      [14, 0],
      [5, 1],
    ],
  },
  { user: 3, history: [2, 2, 7], others: [[]], candidates: [[10, 0]] },
  {
    user: 3,
    history: [],
    others: [[]],
    candidates: [
      [11, 1],
      [12, 0],
    ],
  },
];
const batchFor = ({ histories }: Model, which: readonly ContextSpec[] = contexts) =>
  batchOf(
    which,
    histories.map(() => 6),
  );

function model(options: Options, of: PreparedData = data): Model {
  const built = trainable({ ...tiny, ...options }, of);
  fillWithWaves(built.parameters, 0.8);
  return built;
}

function expectOthers(a: readonly number[], b: readonly number[]): void {
  expect(Math.max(...a.map((value, p) => Math.abs(value - b[p]!)))).toBeGreaterThan(1e-4);
}

describeEngines('sequence baselines', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    { ...small.lstm, pool: 'attention' },
    { ...small.cnn, filterActivation: 'linear' },
    { ...small.atrank, head: 'dual', timeEncoding: 'rankBuckets' },
  ])('are finite, and so are their gradients, whatever is empty: %j', async (options) => {
    const built = trainable({ ...tiny, ...options }, data);
    for (const which of [contexts, contexts.slice(4)]) {
      const batch = batchFor(built, which);
      expect(logitsOf(built, batch).every(Number.isFinite)).toBe(true);
      const { dense, rows: ofTables } = await gradientsOf(built, batch);
      for (const gradient of dense) expect(gradient.isFinite().all().dataSync()[0]).toBe(1);
      for (const { values } of ofTables) expect(values.every(Number.isFinite)).toBe(true);
    }
    built.parameters.dispose();
  });
});

describe('parameters', () => {
  beforeAll(() => useEngine('cpu'));
  const vectors = { cover: { data: wave([20, 16], 1), width: 16 } };
  const categories = {
    category: { values: Int32Array.from({ length: 20 }, (_, i) => i % 4), cardinality: 4 },
  };
  const wide = preparedOf({ users: 3, items: 20, vectors, categories });
  const countOf = (options: Options): number => {
    const { parameters } = trainable(options, wide);
    const { size } = parameters;
    parameters.dispose();
    return size;
  };
  const content = 16 * 64 + 4 * 64;
  const head = (u: number, x = 128) => (u + x) * 128 + 128 + 128 + 1;
  // Section 6.2 of the model dossier for the LSTM, 6.3 for the CNN; ATRank of its layers.
  const lstm = 131_584;
  const block = 3 * (128 * 128 + 128) + 2 * 2 * 128 + 128 * 32 + 32 + 32 * 128 + 128;

  it.each<[Options, number]>([
    [{ name: 'lstm' }, content + lstm + head(128)],
    [{ name: 'lstm', pool: 'attention' }, content + lstm + 3 * (128 * 128 + 128) + head(128)],
    [{ name: 'lstm', pool: 'mean', interestSize: 64 }, content + lstm + 128 * 64 + 64 + head(64)],
    [{ name: 'lstm', units: 8, head: 'dual' }, content + 2 * (4 * (128 * 8 + 8 * 8 + 8) + head(8))],
    [
      { name: 'lstm', units: 8, interestSize: 128, head: 'dot' },
      content + 4 * (128 * 8 + 8 * 8 + 8) + 8 * 128 + 128 + 20,
    ],
    [{ name: 'lstm', units: 8, userSize: 8 }, content + 4 * (128 * 8 + 8 * 8 + 8) + head(16) + 3 * 8],
    [{ name: 'cnn' }, content + 32 * 128 * 55 + 320 + 320 * 128 + 128 + head(128)],
    [{ name: 'cnn', interestSize: 0 }, content + 32 * 128 * 55 + 320 + head(320)],
    [{ name: 'atrank' }, content + 2 * block + head(128)],
    [{ name: 'atrank', timeEncoding: 'rankBuckets' }, content + 140 * 128 + 128 + 2 * block + head(128)],
    [
      { name: 'lstm', units: 8, itemEmbedding: 'frozen', category: [] },
      4 * (16 * 8 + 8 * 8 + 8) + head(8, 16),
    ],
    [
      { name: 'lstm', units: 8, itemEmbedding: 'trainable', category: [] },
      20 * 16 + 4 * (16 * 8 + 8 * 8 + 8) + head(8, 16),
    ],
  ])('of %j are as many as the formulas say', (options, count) => {
    expect(countOf(options)).toBe(count);
  });

  it('of convolutions start as in the code of ATRank', () => {
    const { parameters } = trainable({ name: 'cnn' }, wide);
    for (const { name, value } of parameters.dense) {
      const values = value().dataSync();
      if (/window\d+\.bias/.test(name)) expect(values.every((one) => one === Math.fround(0.1))).toBe(true);
      if (!/window10\.weight/.test(name)) continue;
      const most = Array.from(values).reduce((largest, one) => Math.max(largest, Math.abs(one)), 0);
      expect(most).toBeLessThanOrEqual(0.2); // normal of deviation 0.1, cut at two
      expect(most).toBeGreaterThan(0.195);
    }
    parameters.dispose();
  });
});

describe('options', () => {
  beforeAll(() => useEngine('cpu'));

  // What changes the forward pass stands in test/fidelity; these change what it is given, or the loss.
  it.each(names)('%s sees other histories of a log with other options', (name) => {
    const logits = (options: Options) => {
      const built = model({ ...small[name], historyLength: 3, ...options });
      return logitsOf(built, oneStep(data, built, { batching: 'byUser' }));
    };
    const expected = logits({});
    for (const change of [
      { historySample: 'first' },
      { historySample: 'random' },
      { historyTarget: 'include' },
      { historyTarget: 'exclude' },
    ]) {
      const found = logits(change);
      // Numbers of contexts differ, pairs do not.
      expect(found).toHaveLength(expected.length);
      expectOthers([...found].sort(), [...expected].sort());
    }
  });

  it.each(names)('%s with l2Weight adds half the sum of squares of matrices, and of rows in use', (name) => {
    const built = model({ ...small[name], category: ['category', 'id'], userSize: 2, l2Weight: 0.5 });
    const batch = batchFor(built, contexts.slice(0, 2));
    const { dense, tables } = built.parameters;
    const square = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value * value, 0);
    let expected = 0;
    for (const { name: full, value } of dense) {
      if (!/\.(bias|gamma|beta)$/.test(full)) expected += square(value().dataSync());
    }
    const warm = new Set(batch.items.filter((item) => data.warmItems[item]));
    for (const { name: full, data: values, width } of tables) {
      const used = full === 'user' ? [0, 1] : [...warm];
      for (const row of used) expected += square(values.subarray(row * width, (row + 1) * width));
    }
    const found = tf.tidy(() => built.penalty!(forward(built, batch)).dataSync()[0]!);
    expect(found / (0.25 * expected)).toBeCloseTo(1, 4);
    built.parameters.dispose();
  });

  it.each(names)('%s reads what was not clicked with head: dual', (name) => {
    const built = model({ ...small[name], head: 'dual' });
    expect(built.histories.map(({ events }) => events)).toEqual(['positive', 'negative']);
    const batch = batchFor(built);
    const without = contexts.map((context) => ({ ...context, others: [[]] }));
    expectOthers(logitsOf(built, batchFor(built, without)), logitsOf(built, batch));
    built.parameters.dispose();
  });

  it.each(['lstm', 'cnn'])('%s with head: dot is an inner product of two vectors', (name) => {
    const built = model({
      ...small[name],
      head: 'dot',
      ...(name === 'lstm' ? { units: 4 } : { interestSize: 4 }),
    });
    const batch = batchFor(built);
    tf.tidy(() => {
      const { items: encoded, contexts: read, logits } = forward(built, batch, inference);
      const { ofContexts, ofItems } = built.innerProduct!;
      const product = tf.matMul(ofContexts(read), ofItems(encoded), false, true).arraySync() as number[][];
      logits.dataSync().forEach((logit, p) => {
        expect(product[batch.pairs.context[p]!]![batch.pairs.item[p]!]).toBeCloseTo(logit, 5);
      });
    });
    built.parameters.dispose();
  });

  it('candidates that read the history have no such vectors', () => {
    expect(model({ ...small.atrank, head: 'dot' }).innerProduct).toBeUndefined();
    expect(model({ ...small.lstm, units: 4, head: 'dot', pool: 'attention' }).innerProduct).toBeUndefined();
    expect(model(small.lstm!).innerProduct).toBeUndefined();
  });

  it.each(names)('%s knows nothing of users and items without a train row', (name) => {
    const cold = {
      ...data,
      warmItems: data.warmItems.map((warm, i) => (i === 13 || i === 4 ? 0 : warm)),
      warmUsers: Uint8Array.of(0, 1, 1, 1),
    };
    const built = model({ ...small[name], item: ['id'], category: [], userSize: 2 }, cold);
    const before = logitsOf(built, batchFor(built));
    for (const { name: full, data: values, width } of built.parameters.tables) {
      if (full === 'user') values.fill(9, 0, width);
      else for (const item of [13, 4]) values.fill(9, item * width, (item + 1) * width);
    }
    expect(logitsOf(built, batchFor(built))).toEqual(before);
    built.parameters.tables.forEach(({ data: values }) => void values.fill(1));
    expectOthers(logitsOf(built, batchFor(built)), before);
    built.parameters.dispose();
  });

  it.each(names)('%s learns a few users by heart', async (name) => {
    await useEngine('wasm');
    const options = { ...small[name], hidden: 16, itemSize: 6, l2Weight: 0, userSize: 2 };
    const built = trainable({ ...tiny, ...options, item: ['id'] }, data);
    expect(await overfit(built, batchFor(built), 25, 0.1)).toBeLessThan(0.2);
    built.parameters.dispose();
    await useEngine('cpu');
  });

  it.each(names)('%s tells audits what it reads', (name) => {
    const uses = usesOf(
      modelSchema.parse({ name, head: 'dual', historyTarget: 'include', historyLength: 20 }),
    );
    const read = { length: 20, sample: 'recent', target: 'include', setting: 'model.historyTarget: include' };
    expect(uses).toEqual({
      histories: [
        { ...read, events: 'positive' },
        { ...read, events: 'negative' },
      ],
      items: ['cover', 'category'],
      users: [],
    });
    expect(usesOf(modelSchema.parse({ name, category: [] }))).toMatchObject({
      histories: [{ events: 'positive', target: 'causal' }],
      items: ['cover'],
    });
  });
});

describe('presets', () => {
  beforeAll(() => useEngine('cpu'));
  const parsed = names.flatMap((name) =>
    Object.entries(modelInfo[name].presets).map(([preset, { values }]) => ({
      of: `${name} ${preset}`,
      options: modelSchema.parse({ name, ...values.model }) as unknown as Options,
      train: values.train as Options,
    })),
  );
  const vectors = (width: number) => ({ cover: new HeldVectors(wave([items, width], 1), width) });

  it('give each baseline the inputs and the head of its table', () => {
    const picked = parsed.map(({ of, options: o, train }) => [
      of,
      o.itemEmbedding,
      o.head,
      o.pool,
      o.interestSize,
      train.batchSize,
    ]);
    expect(picked).toEqual([
      ['lstm thacil', 'projected', 'mlp', 'last', 0, 128],
      ['lstm thacil-attention', 'projected', 'mlp', 'attention', 0, 128],
      ['lstm alpine', 'trainable', 'mlp', 'mean', 64, 2048],
      ['lstm mtin', 'projected', 'mlp', 'mean', 0, 32],
      ['cnn alpine', 'trainable', 'mlp', undefined, 64, 2048],
      ['cnn mtin', 'projected', 'mlp', undefined, 128, 32],
      ['atrank thacil', 'projected', 'mlp', undefined, undefined, 128],
      ['atrank alpine', 'trainable', 'dual', undefined, undefined, 2048],
      ['atrank scaa', 'trainable', 'dual', undefined, undefined, 2048],
      ['atrank mtin', 'projected', 'mlp', undefined, undefined, 32],
    ]);
  });

  it.each(parsed)('$of can be built, with items 128 wide or as wide as their vectors', ({ of, options }) => {
    const wide = { ...data, store: { ...data.store, items: { ...data.store.items, vectors: vectors(64) } } };
    const built = trainable(options, wide);
    tf.tidy(() => {
      const { x } = built.encodeItems(Int32Array.of(0, 1), inference) as { x: tf.Tensor2D };
      expect(x.shape).toEqual([2, /alpine|scaa/.test(of) ? 64 : 128]);
    });
    built.parameters.dispose();
  });
});

describe('what is refused', () => {
  beforeAll(() => useEngine('cpu'));

  it.each<[Options, string]>([
    [
      { name: 'cnn', windows: 11, historyLength: 10 },
      'is 11, and a window longer than historyLength, 10, never fits',
    ],
    [{ name: 'lstm', userSize: 4, head: 'dual' }, 'is 4, and head: dual takes no user embedding'],
    [{ name: 'cnn', userSize: 4, head: 'dot' }, 'is 4, and head: dot takes no user embedding'],
    [{ name: 'atrank', userSize: 4, head: 'dual' }, 'is 4, and head: dual takes no user embedding'],
    [{ name: 'lstm', alphas: [1, 0] }, 'alphas'],
    [{ name: 'lstm', category: ['tag', 'tag'] }, 'Name each feature once'],
    [{ name: 'lstm', units: 0 }, 'units'],
    [{ name: 'cnn', filters: 1.5 }, 'filters'],
    [{ name: 'atrank', heads: 0 }, 'heads'],
  ])('%j by the schema', (options, message) => {
    const { error } = modelSchema.safeParse(options);
    expect(JSON.stringify(error?.issues)).toContain(message);
  });

  it.each<[Options, string]>([
    [
      { name: 'lstm', units: 3, head: 'dot' },
      'model.head: dot multiplies interest vectors, 3 wide, with items, 4 wide',
    ],
    [{ name: 'cnn', interestSize: 0, windows: 1, filters: 3, head: 'dot' }, '3 wide, with items, 4 wide'],
    [{ name: 'atrank', heads: 3 }, 'model.heads: 3 does not divide the width of items, 4'],
    [{ name: 'lstm', item: ['covers'] }, 'has no item feature covers (model.item)'],
    [{ name: 'lstm', category: ['categories'] }, 'has no item feature categories (model.category)'],
    [{ name: 'lstm', itemEmbedding: 'frozen' }, 'model.itemSize: 2 is not the width of the vectors'],
  ])('%j for the data', (options, message) => {
    expect(() => trainable({ ...tiny, ...options }, data)).toThrow(message);
  });
});
