import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream, UserError } from '../../../src/base/index.js';
import { HeldVectors, type PreparedData, prepare } from '../../../src/data/index.js';
import { fromArrays, Optimizer } from '../../../src/engine/index.js';
import type { Model } from '../../../src/models/index.js';
import { kMeans } from '../../../src/models/mtin/kmeans.js';
import { trainStep } from '../../../src/training/step.js';
import { type Row, storeOf, withParts } from '../../data/fixture.js';
import { batchOf, preparedOf } from '../../support/batches.js';
import { useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { forward, trainable } from '../../support/training.js';

beforeAll(() => useEngine('cpu'));

describe('k-means', () => {
  const clusters = (values: number[], k: number, seed = 1, width = 1) => [
    ...kMeans(
      { count: values.length / width, width, values: Float32Array.from(values) },
      k,
      randomStream(seed),
    ),
  ];

  it('finds clusters that lie apart, the largest first', () => {
    for (let seed = 0; seed < 10; seed++) {
      expect(clusters([0, 100, 1, 101, 2, 50, 102, 103], 3, seed)).toEqual([1, 0, 1, 0, 1, 2, 0, 0]);
    }
  });

  it('puts the one that begins first before others of its size', () => {
    for (let seed = 0; seed < 10; seed++) expect(clusters([5, 9, 5.1, 9.1], 2, seed)).toEqual([0, 1, 0, 1]);
  });

  it('makes as many clusters as there are distinct points where these are fewer', () => {
    expect(clusters([7, 7, 7], 3)).toEqual([0, 0, 0]);
    expect(clusters([7, 3, 7], 4)).toEqual([0, 1, 0]);
    expect(clusters([], 4)).toEqual([]);
  });
});

/** User 0 clicks two kinds of items; user 1 one item; user 2 none; what each does not click is the negative history. */
const rows: Row[] = [
  ...[0, 3, 1, 4, 2].map((item, t): Row => [0, item, t, 1]),
  [0, 5, 7, 0],
  [0, 6, 8, 0], // of the validation
  [0, 7, 9, 1], // of the test
  [1, 2, 0, 1],
  [1, 3, 1, 0],
  [1, 3, 8, 1],
  [2, 6, 0, 0],
  [2, 7, 1, 0],
  [2, 7, 2, 0],
];
// Items 0 to 2 lie near (0, 1), 3 and 4 near (10, 0).
const cover = [0, 1, 0, 2, 0, 3, 10, 0, 12, 0, 30, 30, 40, 40, 50, 50];
const category = [0, 0, 0, 1, 1, 2, 2, 2];

function dataOf(): PreparedData {
  const store = storeOf(rows);
  const items = {
    vectors: { cover: new HeldVectors(Float32Array.from(cover), 2) },
    categories: { category: { values: Int32Array.from(category), cardinality: 3 } },
    tags: {},
    texts: {},
  };
  const parts = rows.map(([, , time]) => (time < 8 ? 0 : time - 7));
  return prepare(withParts({ ...store, items }, parts), {
    label: 'is_click',
    split: { kind: 'published', validation: 0.1, cut: 'user', seed: 1 },
  });
}

const valuesOf = (model: Model, name: string): Float32Array =>
  model.parameters.dense
    .find((weight) => weight.name === name)!
    .value()
    .dataSync<'float32'>();
const memoryOf = (model: Model, polarity = 'positive') =>
  model.parameters.tables.find(({ name }) => name === `${polarity}.memory`)!;

describe('the pretrained memory', () => {
  const options = { name: 'mtin', size: 2, groups: 3, masks: 1, historyLength: 8 };

  it('is the centre of each group of the train history, projected as at the start, largest group first', () => {
    const data = dataOf();
    const model = trainable(options, data);
    const map = valuesOf(model, 'visual.cover.weight');
    const projected = (v: readonly [number, number]) =>
      [0, 1].map((f) => v[0] * map[f]! + v[1] * map[2 + f]!);
    const events = (user: number): number[] => {
      const { trainOffsets, trainItem } = data.histories('positive');
      return [...trainItem.subarray(trainOffsets[user]!, trainOffsets[user + 1]!)];
    };
    expect(events(0)).toEqual([0, 3, 1, 4, 2]);
    const { data: memory } = memoryOf(model);
    // Whatever centres are drawn, three clusters of these five are a pair or three of items and the rest: the two kinds
    // never mix, and the largest comes first.
    const rowsOf = (user: number) =>
      [0, 1, 2].map((g) => [...memory.subarray(user * 6 + 2 * g, user * 6 + 2 * g + 2)]);
    const two = trainable({ ...options, groups: 2 }, data);
    const map2 = [...valuesOf(two, 'visual.cover.weight')];
    expect(map2).toEqual([...map]);
    const found = memoryOf(two).data.subarray(0, 4);
    [...projected([0, 2]), ...projected([11, 0])].forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 5);
    });
    // One item: its own vector, and nothing for the other groups. No item: nothing at all.
    expect(events(1)).toEqual([2]);
    [...projected([0, 3]), 0, 0, 0, 0].forEach((value, i) => {
      expect(rowsOf(1).flat()[i]).toBeCloseTo(value, 5);
    });
    expect(rowsOf(2).flat()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('looks at the most recent items, at those of its own polarity', () => {
    const model = trainable({ ...options, historyLength: 1 }, dataOf());
    const map = valuesOf(model, 'visual.cover.weight');
    const { data: memory } = memoryOf(model);
    expect(memory[0]).toBeCloseTo(3 * map[2]!, 5); // item 2, the last click
    expect(memoryOf(model, 'negative').data[0]).toBeCloseTo(30 * map[0]! + 30 * map[2]!, 4); // item 5
  });

  it('embeds categories too, side by side with the vectors', () => {
    const model = trainable({ ...options, size: 4, groups: 2, itemEmbedding: 'visual+category' }, dataOf());
    const map = valuesOf(model, 'visual.cover.weight');
    const embedding = valuesOf(model, 'category.category.embedding');
    const { data: memory } = memoryOf(model);
    expect(memory[0]).toBeCloseTo(2 * map[2]!, 5);
    expect([...memory.subarray(2, 4)]).toEqual([...embedding.subarray(0, 2)]);
    expect(memory[6]).toBeCloseTo(embedding[2]!, 6);
  });

  it('takes histories that came with the log from the last row of the train part', () => {
    const store = dataOf().store;
    // Rows 0 to 7 are user 0's; row 6 is the last of the train part, with items 3 and 1.
    const start = Int32Array.from(rows, () => 1);
    const end = Int32Array.from(rows, (_, row) => (row < 6 ? 2 : row === 6 ? 3 : 1));
    const histories = { shown: { item: Int32Array.of(6, 3, 1, 7), start, end } };
    const parts = rows.map((_, row) => (row === 7 ? 1 : row === 8 ? 2 : 0));
    const data = prepare(withParts({ ...store, histories }, parts), {
      label: 'is_click',
      history: 'shown',
      negativeHistory: 'shown',
      split: { kind: 'published', validation: 0.1, cut: 'user', seed: 1 },
    });
    const model = trainable({ ...options, groups: 1 }, data);
    const map = valuesOf(model, 'visual.cover.weight');
    const mean = [0, 1].map((f) => (cover[6 + f]! + cover[2 + f]!) / 2);
    const { data: memory } = memoryOf(model);
    expect(memory[0]).toBeCloseTo(mean[0]! * map[0]! + mean[1]! * map[2]!, 4);
    expect(memory[1]).toBeCloseTo(mean[0]! * map[1]! + mean[1]! * map[3]!, 4);
  });

  it('is a function of seed and data', () => {
    const of = (seed: number) => [...memoryOf(trainable(options, dataOf(), seed)).data];
    expect(of(3)).toEqual(of(3));
    expect(of(4)).not.toEqual(of(3));
  });

  it('is refused where items have no features but identifiers', () => {
    const build = () => trainable({ ...options, visual: ['id'] }, dataOf());
    expect(build).toThrow(UserError);
    expect(build).toThrow(/model.memoryInit: kmeans .* fixture/);
    expect(
      memoryOf(trainable({ ...options, visual: ['id'], memoryInit: 'random' }, dataOf())).data.length,
    ).toBe(18);
  });

  it('starts at random or at 0 instead', () => {
    const spread = (init: string): number => {
      const { data } = memoryOf(trainable({ ...options, size: 128, memoryInit: init }, dataOf()));
      return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    };
    expect(spread('random')).toBeCloseTo(0.1, 2);
    expect(spread('zeros')).toBe(0);
  });
});

const users = preparedOf({
  users: 3,
  items: 10,
  vectors: { cover: { data: wave([10, 3], 1), width: 3 } },
});
const persisting = {
  name: 'mtin',
  variant: 'MTIN-P:persist',
  size: 2,
  groups: 2,
  masks: 1,
  historyLength: 4,
  l2Weight: 0,
};
const batch = batchOf(
  [
    { user: 0, history: [1, 2, 3], others: [[4]], candidates: [[7, 1]] },
    { user: 0, history: [1, 2, 3, 5], others: [[4]], candidates: [[8, 0]] },
    { user: 2, history: [], others: [[6, 1]], candidates: [[9, 1]] },
  ],
  [4, 4],
);
const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: null } as const;

async function step(model: Model, optimizer: Optimizer, at: number): Promise<void> {
  await trainStep(model, optimizer, batch, 0.01, [1, at]);
  await model.afterStep!();
}

describe('the memory that is written back', () => {
  it('moves by rho towards what the step made of it', async () => {
    const model = trainable(persisting, users);
    for (const { name, shape } of model.parameters.dense) {
      const value = name.endsWith('group.2.bias') ? 0.5 : name.endsWith('aggregate.bias') ? 0.25 : 0;
      tf.tidy(() => model.parameters.setDense(name, tf.fill([...shape], value)));
    }
    const { data } = memoryOf(model);
    data.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const optimizer = new Optimizer(model.parameters, adam);
    await step(model, optimizer, 0);
    // r = 0.5; both groups pass the mask, so h = 1; a = 0.25 + r + h = 1.75; c' = c + 1.75; 0.9 c + 0.1 c' = c + 0.175.
    const moved = [1, 2, 3, 4].map((c) => c + 0.175);
    const other = [9, 10, 11, 12].map((c) => c + 0.175);
    [...moved, 5, 6, 7, 8, ...other].forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 5);
    });
    optimizer.dispose();
  });

  it('is the mean over the distinct histories of a user in a step, as the weights were in it', async () => {
    const model = trainable({ ...persisting, memoryRate: 0.3 }, users);
    fillWithWaves(model.parameters, 0.6);
    const before = [...memoryOf(model).data];
    const updated = tf.tidy(() => {
      let memory: number[][][] = [];
      const tap = (name: string, value: tf.Tensor) => {
        if (name === 'positive.memory') memory = value.arraySync() as number[][][];
      };
      forward(model, batch, { training: false, tap });
      return memory.map((rows) => rows.flat());
    });
    const optimizer = new Optimizer(model.parameters, adam);
    await step(model, optimizer, 0);
    const found = memoryOf(model).data;
    for (let f = 0; f < 4; f++) {
      const mean = (updated[0]![f]! + updated[1]![f]!) / 2;
      expect(found[f]).toBeCloseTo(0.7 * before[f]! + 0.3 * mean, 5);
      expect(found[4 + f]).toBe(before[4 + f]);
      expect(found[8 + f]).toBeCloseTo(0.7 * before[8 + f]! + 0.3 * updated[2]![f]!, 5);
    }
    optimizer.dispose();
  });

  it('is in checkpoints, without moments, and goes on from one to the same bits', async () => {
    const built = () => trainable(persisting, users, 7);
    const model = built();
    const optimizer = new Optimizer(model.parameters, adam);
    await step(model, optimizer, 0);
    const saved = new Map(
      [...(await optimizer.state())].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    expect([...saved.keys()].filter((name) => name.includes('memory'))).toEqual([
      'positive.memory',
      'negative.memory',
    ]);
    await step(model, optimizer, 1);

    const resumed = built();
    const other = new Optimizer(resumed.parameters, adam);
    await other.load(fromArrays(saved));
    await step(resumed, other, 1);
    const [expected, found] = [await optimizer.state(), await other.state()];
    for (const [name, { data }] of expected)
      expect([name, ...found.get(name)!.data]).toEqual([name, ...data]);
    expect(expected.get('positive.memory')!.data).not.toEqual(saved.get('positive.memory')!.data);
    optimizer.dispose();
    other.dispose();
  });

  it('is written by a step whatever is evaluated before the step is done', async () => {
    const written = async (evaluate: boolean) => {
      const model = trainable(persisting, users);
      const optimizer = new Optimizer(model.parameters, adam);
      const before = [...memoryOf(model).data];
      await trainStep(model, optimizer, batch, 0.01, [1, 0]);
      if (evaluate) tf.tidy(() => void forward(model, batch));
      await model.afterStep!();
      optimizer.dispose();
      expect([...memoryOf(model).data]).not.toEqual(before);
      return [...memoryOf(model).data];
    };
    expect(await written(true)).toEqual(await written(false));
  });

  it('leaves no tensors behind', async () => {
    const model = trainable(persisting, users);
    const optimizer = new Optimizer(model.parameters, adam);
    const before = tf.memory().numTensors;
    await step(model, optimizer, 0);
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
  });

  it('is not changed by gradients or evaluations', async () => {
    const model = trainable(
      {
        ...persisting,
        memoryUpdate: 'residual',
        variant: 'MTIN',
        memoryInit: 'random',
        memoryTrainable: false,
      },
      users,
    );
    const before = [...memoryOf(model).data];
    const optimizer = new Optimizer(model.parameters, adam);
    await step(model, optimizer, 0);
    expect([...memoryOf(model).data]).toEqual(before);
    optimizer.dispose();
  });
});
