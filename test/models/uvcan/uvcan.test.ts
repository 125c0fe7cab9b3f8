import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../../src/data/index.js';
import { type Model, modelInfo, usesOf, uvcanSchema } from '../../../src/models/index.js';
import { batchOf } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { forward, gradientsOf, logitsOf, overfit, trainable } from '../../support/training.js';
import { dataWith } from './data.js';

/**
 * Gradients: test/fidelity/uvcanReference.test.ts. Users 0 to 3 and videos 0 to 6 are warm; user 4 and video 7 have no train row. User 2 has no profile, video 2 neither
 * tags, author, music nor cover. City 2, author 4 and tag 5 are those of cold users and videos alone.
 */
const coverWidth = 3;
const cover = wave([8, coverWidth], 1);
cover.fill(0, 2 * coverWidth, 3 * coverWidth);
const fields = {
  users: { gender: [0, 1, -1, 1, 0], city: [3, 0, -1, 1, 2] },
  videos: {
    tags: [[0, 1], [1], [], [2, 3, 0], [3], [1, 4], [0], [5, 1]],
    author: [0, 1, -1, 2, 3, 0, 1, 4],
    music: [0, 1, -1, 2, 0, 1, 2, 0],
  },
  values: { gender: 2, city: 4, tags: 6, author: 5, music: 3 },
  count: { user: 5, video: 8 },
  train: [0, 1, 2, 3].flatMap((user) =>
    [0, 1, 2, 3, 4, 5, 6].map((video) => [user, video, (user + video) % 2] as const),
  ),
};
const data = dataWith(fields, cover, coverWidth);
const tiny = { name: 'uvcan', factors: 3 };
const settings = [
  {},
  { layers: 1, slotBias: false },
  { layers: 3, shareLayers: true, stackOutput: 'query', visualActivation: 'tanh' },
  { variant: 'Video-Att' },
  { variant: 'Video-Att', videoAttUser: 'none', l2Weight: 0.05 },
  { idsInOutput: false, userFields: ['city', 'gender'], videoFields: ['tags', 'cover'], mlpHidden: [4] },
] as const;

function model(options: Readonly<Record<string, unknown>> = {}, of = data): Model {
  const uvcan = trainable({ ...tiny, ...options }, of);
  fillWithWaves(uvcan.parameters, 0.7);
  for (const { name, shape } of uvcan.parameters.dense) {
    // Hidden layers whose ReLUs are off would hide everything before them.
    if (/^mlp.*bias$/.test(name)) uvcan.parameters.setDense(name, tf.fill([...shape], 1));
  }
  return uvcan;
}

/** Every user with every video. */
const all: Batch = batchOf(
  [0, 1, 2, 3, 4].map((user) => ({
    user,
    history: [],
    candidates: [0, 1, 2, 3, 4, 5, 6, 7].map((video) => [video, (user * video) % 2] as const),
  })),
  0,
);
const pairOf = (user: number, video: number): Batch =>
  batchOf([{ user, history: [], candidates: [[video, 1]] }], 0);
const near = (found: readonly number[], expected: readonly number[], within = 1e-5): void => {
  expect(found).toHaveLength(expected.length);
  expect(Math.max(0, ...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(within);
};

describeEngines('UVCAN', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(settings)('scores a pair by itself as among others: %j', (options) => {
    const uvcan = model(options);
    const together = logitsOf(uvcan, all);
    for (const [user, video] of [
      [0, 0],
      [1, 7],
      [2, 2],
      [3, 5],
      [4, 6],
    ] as const) {
      near(logitsOf(uvcan, pairOf(user, video)), [together[8 * user + video]!]);
    }
    expect(new Set(together.map((logit) => logit.toFixed(4))).size).toBeGreaterThan(15);
    uvcan.parameters.dispose();
  });

  it('learns the same of pairs in one context and each in its own', async () => {
    const uvcan = model({ l2Weight: 0 });
    const own = batchOf(
      [...all.pairs.item.keys()].map((p) => ({
        user: all.contexts.user[all.pairs.context[p]!]!,
        history: [],
        candidates: [[all.items[all.pairs.item[p]!]!, all.pairs.label[p]!] as const],
      })),
      0,
    );
    expect([all.contexts.count, own.contexts.count]).toEqual([5, 40]);
    const [a, b] = [await gradientsOf(uvcan, all), await gradientsOf(uvcan, own)];
    near([...a.flat.dataSync()], [...b.flat.dataSync()], 2e-6);
    const sums = ({ rows }: typeof a) => {
      const sum = new Map<string, number>();
      for (const { table, rows: ids, values } of rows) {
        values.forEach((value, n) => {
          const key = `${table.name} ${ids[Math.floor(n / table.width)]} ${n % table.width}`;
          if (!key.includes(' -1 ')) sum.set(key, (sum.get(key) ?? 0) + value);
        });
      }
      return [...sum].sort(([x], [y]) => (x < y ? -1 : 1));
    };
    const [ofA, ofB] = [sums(a), sums(b)];
    expect(ofA.map(([key]) => key)).toEqual(ofB.map(([key]) => key));
    near(
      ofA.map(([, value]) => value),
      ofB.map(([, value]) => value),
      2e-6,
    );
    uvcan.parameters.dispose();
  });

  it('is finite for users and videos of which nothing is known', async () => {
    for (const options of settings) {
      const uvcan = model(options);
      for (const [user, video] of [
        [2, 2],
        [4, 7],
        [4, 2],
        [2, 7],
      ] as const) {
        for (const logit of logitsOf(uvcan, pairOf(user, video))) expect(Number.isFinite(logit)).toBe(true);
        const { loss, flat, rows } = await gradientsOf(uvcan, pairOf(user, video));
        const values = [loss, ...flat.dataSync(), ...rows.flatMap((row) => [...row.values])];
        expect(values.every((value) => Number.isFinite(value))).toBe(true);
        flat.dispose();
      }
      uvcan.parameters.dispose();
    }
  });
});

describe('UVCAN', () => {
  beforeAll(() => useEngine('cpu'));

  const denseOf = ({ parameters }: Model) => parameters.dense.map(({ name }) => name);
  const tablesOf = ({ parameters }: Model) => parameters.tables.map(({ name }) => name);

  describe('has as many parameters as the dossier says (4f)', () => {
    // As in the paper: users and videos with all fields, so nothing is learned for unknown; visual vectors of 1,024.
    const complete = dataWith(
      {
        ...fields,
        users: { gender: [0, 1, 1, 0, 1], city: [0, 1, 2, 3, 3] },
        videos: {
          ...fields.videos,
          author: [0, 1, 2, 3, 4, 0, 1, 2],
          music: [0, 1, 2, 0, 1, 2, 0, 1],
        },
      },
      new Float32Array(8 * 1024),
      1024,
    );
    const sizeOf = (options: Readonly<Record<string, unknown>>): number =>
      trainable({ name: 'uvcan', ...options }, complete).parameters.size;
    const tables = (k: number) => (5 + 8 + 5 + 3 + 6 + 4 + 2) * k;
    const mlp = (widths: readonly number[]) =>
      widths.slice(1).reduce((sum, width, i) => sum + widths[i]! * width + width, 0);

    it.each([
      [16, 2],
      [32, 2],
      [64, 2],
      [32, 1],
      [32, 4],
    ])('K = %d, M = %d', (k, m) => {
      const attention = (slots: number) => 2 * k * k + k + slots;
      const self = k * k + k + 3;
      const all = self + m * (attention(5) + attention(3));
      if (k === 32 && m === 2) {
        expect(all).toBe(9395);
        expect(mlp([128, 64, 32, 16, 1])).toBe(10_881); // 10.9 k
      }
      const head = mlp([4 * k, 2 * k, k, k / 2, 1]);
      expect(sizeOf({ factors: k, layers: m })).toBe(tables(k) + 1024 * k + k + all + head);
      if (m > 1) {
        expect(sizeOf({ factors: k, layers: m, shareLayers: true })).toBe(
          tables(k) + 1024 * k + k + self + attention(5) + attention(3) + head,
        );
      }
      expect(sizeOf({ factors: k, layers: m, slotBias: false })).toBe(
        tables(k) + 1024 * k + k + all - 3 - 8 * m + head,
      );
      // Video-Att: no attention over users; z is as wide, or K narrower without q_0.
      const video = tables(k) + 1024 * k + k + self + m * attention(5);
      expect(sizeOf({ factors: k, layers: m, variant: 'Video-Att' })).toBe(video + head);
      expect(sizeOf({ factors: k, layers: m, variant: 'Video-Att', videoAttUser: 'none' })).toBe(
        video + mlp([3 * k, 2 * k, k, k / 2, 1]),
      );
    });
  });

  it('draws weights N(0, 0.1^2) and sets biases to 0', () => {
    const uvcan = trainable({ name: 'uvcan', factors: 64 }, data);
    const values: number[] = [];
    for (const { name, value } of uvcan.parameters.dense) {
      const drawn = value().dataSync();
      if (/ias$/.test(name)) expect(drawn.every((bias) => bias === 0)).toBe(true);
      else values.push(...drawn);
    }
    for (const table of uvcan.parameters.tables) values.push(...table.data);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const std = Math.sqrt(values.reduce((a, b) => a + b * b, 0) / values.length);
    // Over 50,000 numbers: four standard errors.
    expect(values.length).toBeGreaterThan(50_000);
    expect(Math.abs(mean)).toBeLessThan(0.0018);
    expect(Math.abs(std - 0.1)).toBeLessThan(0.0013);
    uvcan.parameters.dispose();
  });

  it('has nothing of what is switched off', () => {
    const plain = denseOf(model());
    const without = (options: Readonly<Record<string, unknown>>, pattern: RegExp) => {
      const uvcan = model(options);
      expect(plain.some((name) => pattern.test(name))).toBe(true);
      expect(denseOf(uvcan).filter((name) => pattern.test(name))).toEqual([]);
      return uvcan;
    };
    without({ slotBias: false }, /slotBias/);
    without({ variant: 'Video-Att' }, /^userAttention/);
    without({ layers: 1 }, /Attention\.2/);
    without({ shareLayers: true }, /Attention\.2/);
    const blind = without({ videoFields: ['id', 'tags', 'author', 'music'] }, /cover/);
    const other = model(
      { videoFields: ['id', 'tags', 'author', 'music'] },
      dataWith(fields, wave([8, 3], 9), 3),
    );
    expect(logitsOf(other, all)).toEqual(logitsOf(blind, all)); // covers make no difference
    expect(logitsOf(model({}, dataWith(fields, wave([8, 3], 9), 3)), all)).not.toEqual(
      logitsOf(model(), all),
    );
    expect(tablesOf(model({ userFields: ['id'], videoFields: ['id', 'music'] }))).toEqual([
      'user.id.embedding',
      'video.id.embedding',
      'video.music.embedding',
      'video.music.unknown',
    ]);
  });

  it('does not let identifiers through beside attention where they are no part of z', () => {
    const options = { idsInOutput: false, userFields: ['gender'], videoFields: ['music'] };
    const uvcan = model(options);
    // Users 1 and 3 differ by id and city, videos 1 and 5 by id, tags, author and cover; gender and music are the same.
    near(logitsOf(uvcan, pairOf(1, 1)), logitsOf(uvcan, pairOf(3, 5)), 1e-7);
    const [a, b] = [
      model({ ...options, idsInOutput: true, userFields: ['gender', 'id'], videoFields: ['music', 'id'] }),
    ].flatMap((one) => [logitsOf(one, pairOf(1, 1)), logitsOf(one, pairOf(3, 5))]);
    expect(a).not.toEqual(b);
  });

  it('tells every intermediate result that it names, and nothing in training', () => {
    for (const options of settings) {
      const uvcan = model(options);
      tf.tidy(() => {
        const found = new Map<string, readonly number[]>();
        const sums: number[] = [];
        const tap = (name: string, value: tf.Tensor) => {
          found.set(name, value.shape);
          if (name.endsWith('weights')) sums.push(...value.sum(-1).dataSync());
        };
        forward(uvcan, all, { training: false, tap });
        expect([...found.keys()].sort()).toEqual(Object.keys(uvcan.taps!).sort());
        near(
          sums,
          sums.map(() => 1),
        );
        const sizes: Record<string, number> = {
          P: 40,
          U: 5,
          N: 8,
          K: 3,
          userFields: uvcanSchema.parse({ ...tiny, ...options }).userFields.length,
          videoFields: uvcanSchema.parse({ ...tiny, ...options }).videoFields.length,
        };
        for (const [name, about] of Object.entries(uvcan.taps!)) {
          const sides = /\[([^\]]+)\]$/.exec(about)![1]!.split(', ');
          expect([name, found.get(name)]).toEqual([name, sides.map((side) => sizes[side])]);
        }
      });
      uvcan.parameters.dispose();
    }
  });

  describe('of what no train row tells', () => {
    it('learns unknown where users or videos of the train part have no value', () => {
      const rows = Object.fromEntries(model().parameters.tables.map(({ name, rows }) => [name, rows]));
      expect(rows).toEqual({
        'user.id.embedding': 5,
        'user.gender.embedding': 2,
        'user.gender.unknown': 1,
        'user.city.embedding': 4,
        'user.city.unknown': 1,
        'video.id.embedding': 8,
        'video.tags.embedding': 6,
        'video.author.embedding': 5,
        'video.author.unknown': 1,
        'video.music.embedding': 3,
        'video.music.unknown': 1,
      });
    });

    /** The model's logit after the rows of a table changed. */
    function moved(table: string, rows: readonly number[], pair: Batch, options = {}): boolean {
      const uvcan = model(options);
      const before = logitsOf(uvcan, pair)[0]!;
      const { data: values, width } = uvcan.parameters.tables.find(({ name }) => name === table)!;
      for (const row of rows) values.fill(0.9, row * width, (row + 1) * width);
      const after = logitsOf(uvcan, pair)[0]!;
      uvcan.parameters.dispose();
      return Math.abs(after - before) > 1e-4;
    }

    it('does not let cold identifiers and values leak what they were initialised with', () => {
      expect(moved('user.id.embedding', [4], pairOf(4, 0))).toBe(false);
      expect(moved('user.id.embedding', [3], pairOf(3, 0))).toBe(true);
      expect(moved('video.id.embedding', [7], pairOf(0, 7))).toBe(false);
      expect(moved('video.id.embedding', [6], pairOf(0, 6))).toBe(true);
      expect(moved('user.city.embedding', [2], pairOf(4, 0))).toBe(false);
      expect(moved('video.author.embedding', [4], pairOf(0, 7))).toBe(false);
      expect(moved('video.tags.embedding', [5], pairOf(0, 7))).toBe(false);
      expect(moved('video.tags.embedding', [1], pairOf(0, 7))).toBe(true);
    });

    it('takes what is learned for unknown for cold ones, which the users without one have trained', () => {
      expect(moved('user.city.unknown', [0], pairOf(4, 0))).toBe(true);
      expect(moved('user.city.unknown', [0], pairOf(2, 0))).toBe(true);
      expect(moved('user.city.unknown', [0], pairOf(0, 0))).toBe(false);
      expect(moved('video.author.unknown', [0], pairOf(0, 7))).toBe(true);
    });

    it('adds nothing for unknown values that nobody has trained', () => {
      const known = dataWith(
        { ...fields, users: { gender: [0, 1, 0, 1, -1], city: [0, 1, 3, 1, 2] } },
        cover,
        coverWidth,
      );
      const uvcan = model({}, known);
      const slots = tf.tidy(() => {
        let found: number[] = [];
        const tap = (name: string, value: tf.Tensor) => {
          if (name === 'userSlots') found = [...value.dataSync()];
        };
        forward(uvcan, pairOf(4, 0), { training: false, tap });
        return found;
      });
      expect(slots).toEqual(Array(9).fill(0));
      expect(tablesOf(uvcan).filter((name) => /^user.*unknown/.test(name))).toEqual([]);
    });
  });

  describe('refuses', () => {
    it.each([
      [{ layers: 5 }, ['layers']],
      [{ layers: 0 }, ['layers']],
      [{ factors: 0 }, ['factors']],
      [{ mlpHidden: [] }, ['mlpHidden']],
      [{ videoAttUser: 'none' }, ['videoAttUser']],
      [{ shareLayers: true, layers: 1 }, ['shareLayers']],
      [{ userFields: ['gender'] }, ['userFields']],
      [{ videoFields: ['music'] }, ['videoFields']],
      [{ videoFields: ['id', 'music', 'id'] }, ['videoFields']],
      [{ userFields: [] }, ['userFields']],
      [{ l2Weight: -1 }, ['l2Weight']],
    ])('%j', (options, path) => {
      expect(uvcanSchema.safeParse({ name: 'uvcan', ...options }).error?.issues[0]?.path).toEqual(path);
    });

    it('data without a field, saying which there are and what to write instead', () => {
      expect(() => model({ userFields: ['id', 'gender', 'town'] })).toThrow(
        'made by hand has no user field town (model.userFields)\n' +
          '  User fields: id, gender, city. Without it: model.userFields: [id, gender].',
      );
      expect(() => model({ videoFields: ['visual', 'id'] })).toThrow(
        'made by hand has no item field visual (model.videoFields)\n' +
          '  Item fields: id, author, music, tags, cover. Without it: model.videoFields: [id].',
      );
    });
  });

  it('learns a tiny set by heart', async () => {
    await useEngine('wasm');
    const uvcan = trainable({ ...tiny, factors: 8 }, data);
    const small = batchOf(
      [0, 1, 2, 3].map((user) => ({
        user,
        history: [],
        candidates: [0, 2, 4, 6].map((video) => [video, (user * 3 + video) % 4 < 2 ? 1 : 0] as const),
      })),
      0,
    );
    expect(await overfit(uvcan, small, 120, 0.03)).toBeLessThan(0.02);
    uvcan.parameters.dispose();
    await useEngine('cpu');
  });

  it('looks at its fields and at no history', () => {
    const options = uvcanSchema.parse({ name: 'uvcan' });
    expect(usesOf(options)).toEqual({
      histories: [],
      users: ['id', 'gender', 'city'],
      items: ['id', 'cover', 'tags', 'author', 'music'],
    });
    expect(modelInfo.uvcan.presets.paper!.values.train).toMatchObject({
      batchSize: 256,
      negatives: { kind: 'uniform', count: 4 },
      optimizer: { learningRate: 0.001 },
    });
  });
});
