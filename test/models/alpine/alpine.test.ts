import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { UserError } from '../../../src/base/index.js';
import { HeldVectors, type PreparedData, planEpoch, prepare } from '../../../src/data/index.js';
import { alpineSchema, type Model, modelInfo, scaaSchema, usesOf } from '../../../src/models/index.js';
import { batchOf, type ContextSpec } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { gradientsOf, logitsOf, overfit, trainable } from '../../support/training.js';
import { items, levelData, levelStore, rows, tiny } from './log.js';

type Options = Readonly<Record<string, unknown>>;

const data = levelData(rows);
const widths = [6, 6, 50, 50];

/** Everything, one item each, nothing of one kind, nothing at all. Histories: positive, negative, liked, followed. */
const contexts: ContextSpec[] = [
  {
    user: 0,
    history: [1, 2, 3, 4, 5, 6],
    others: [
      [7, 8, 9, 10, 11, 12],
      [1, 2],
      [3, 4, 5],
    ],
    candidates: [
      [13, 1],
      [0, 0],
    ],
  },
  { user: 1, history: [4], others: [[5], [6], [7]], candidates: [[8, 1]] },
  {
    user: 2,
    history: [],
    others: [[1, 9, 2], [], [4]],
    candidates: [
      [14, 0],
      [5, 1],
    ],
  },
  { user: 3, history: [2, 2, 7], others: [[], [8, 3], []], candidates: [[10, 0]] },
  {
    user: 3,
    history: [],
    others: [[], [], []],
    candidates: [
      [11, 1],
      [12, 0],
    ],
  },
];

/** The histories of the contexts that a model asks for. */
function batchFor({ histories }: Model, which: readonly ContextSpec[] = contexts) {
  const kinds = histories.map(({ events }) => (typeof events === 'object' ? events.column : events));
  const at = kinds.map((kind) => ['positive', 'negative', 'is_like', 'is_follow'].indexOf(kind!));
  const chosen = which.map((context) => {
    const lists = [context.history, ...context.others!];
    return { ...context, others: at.slice(1).map((h) => lists[h]!) };
  });
  return batchOf(
    chosen,
    at.map((h) => widths[h]!),
  );
}

function model(options: Options, of: PreparedData = data): Model {
  const built = trainable({ ...tiny, ...options }, of);
  fillWithWaves(built.parameters, 0.8);
  return built;
}

const namesOf = ({ parameters }: Model): string[] =>
  [...parameters.dense, ...parameters.tables].map(({ name }) => name);

function expectOthers(a: readonly number[], b: readonly number[]): void {
  expect(Math.max(...a.map((value, p) => Math.abs(value - b[p]!)))).toBeGreaterThan(1e-4);
}

describeEngines('ALPINE and SCAA', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    { name: 'alpine' },
    { name: 'alpine', variant: 'ALPINE_umg', candidateAttention: 'bilinear' },
    { name: 'scaa', bias: true },
    { name: 'scaa', variant: 'SCAA_cs' },
  ])('are finite, and so are their gradients, whatever is empty: %j', async (options) => {
    const built = trainable({ ...tiny, ...options }, data);
    for (const which of [contexts, ...contexts.map((context) => [context])]) {
      const batch = batchFor(built, which);
      expect(logitsOf(built, batch).every(Number.isFinite)).toBe(true);
      const { dense, rows: ofTables } = await gradientsOf(built, batch);
      for (const gradient of dense) expect(gradient.isFinite().all().dataSync()[0]).toBe(1);
      for (const { values } of ofTables) expect(values.every(Number.isFinite)).toBe(true);
    }
  });
});

describe('parameters', () => {
  beforeAll(() => useEngine('cpu'));
  const users = 10;
  const log = levelStore(
    Array.from({ length: 20 }, (_, i) => [i % users, i % items, i, i % 2, 1, 1] as const).sort(
      (a, b) => a[0] - b[0],
    ),
  );
  const ofWidth = (d: number): PreparedData => {
    const vectors = { cover: new HeldVectors(wave([items, d], 1), d) };
    const split = { kind: 'time', scope: 'global', train: 0.6, validation: 0.2 } as const;
    return prepare({ ...log, items: { ...log.items, vectors } }, { label: 'is_click', split });
  };
  const wide = ofWidth(64);
  const countOf = (options: Options, of: PreparedData): number => {
    const { parameters } = trainable(options, of);
    const { size } = parameters;
    parameters.dispose();
    return size;
  };

  it('are as many as the papers’ sizes give', () => {
    // Section 2f of the model dossier: encoders 132,096, three heads 49,923, SoC 12 d^2, the matrix 64 a user.
    expect(countOf({ name: 'alpine' }, wide)).toBe(132_096 + 49_923 + users * 64);
    expect(countOf({ name: 'scaa' }, wide)).toBe(132_096 + 49_923 + 49_152);
  });

  const d = 8;
  const graph = 8 * (d * d + d * d + d);
  const head = 2 * d * 128 + 128 + 128 + 1;
  const full = 2 * graph + 3 * head;
  it.each<[Options, number]>([
    [{ name: 'alpine' }, full + users * d],
    [{ name: 'alpine', variant: 'ALPINE_Base' }, 2 * (graph + head)],
    [{ name: 'alpine', variant: 'ALPINE_m' }, 2 * (graph + head)],
    [{ name: 'alpine', variant: 'ALPINE_u' }, graph + 2 * head + users * d],
    [{ name: 'alpine', variant: 'ALPINE_um' }, graph + head],
    [{ name: 'alpine', variant: 'ALPINE_umg' }, graph / 2 + head],
    [{ name: 'alpine', alphas: [0.68, 0.32, 0] }, 2 * (graph + head)],
    [{ name: 'alpine', candidateAttention: 'bilinear' }, full + users * d + 2 * d * d],
    [{ name: 'alpine', itemEmbedding: 'trainable' }, full + users * d + items * d],
    [{ name: 'alpine', itemEmbedding: 'projected' }, full + users * d + d * d],
    [{ name: 'scaa' }, full + 12 * d * d],
    [{ name: 'scaa', bias: true }, full + 12 * d * d + 12 * d],
    [{ name: 'scaa', variant: 'SCAA_s' }, full + 6 * d * d],
    [{ name: 'scaa', variant: 'SCAA_cs' }, full],
    [{ name: 'scaa', variant: 'SCAA_cs', cs: 'none' }, 2 * (graph + head)],
  ])('of %j are as many as the formulas say', (options, count) => {
    expect(countOf(options, ofWidth(d))).toBe(count);
  });

  it('start as in the released code', () => {
    const { parameters } = trainable({ name: 'alpine', candidateAttention: 'bilinear' }, wide);
    const of = (name: string) =>
      parameters.dense
        .find((weight) => weight.name === name)!
        .value()
        .dataSync() as Float32Array;
    const all = (name: string, value: number) => of(name).every((x: number) => Math.fround(value) === x);
    for (const cell of ['positive.main', 'positive.star', 'negative.main', 'negative.star']) {
      expect(all(`${cell}.bias`, 1)).toBe(true);
      // Orthogonal: the first two columns of a gate's matrix have length 1 and product 0.
      const state = of(`${cell}.state`);
      const column = (c: number) => Float64Array.from({ length: 64 }, (_, r) => state[r * 256 + c]!);
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
      expect(dot(column(0), column(0))).toBeCloseTo(1, 5);
      expect(dot(column(0), column(1))).toBeCloseTo(0, 5);
    }
    for (const name of ['positive', 'negative', 'user']) {
      expect(all(`${name}.head.hidden.bias`, 0.1)).toBe(true);
      expect(all(`${name}.head.out.bias`, 0.1)).toBe(true);
      const largest = of(`${name}.head.hidden.weight`).reduce(
        (most: number, x: number) => Math.max(most, Math.abs(x)),
        0,
      );
      expect(largest).toBeLessThanOrEqual(0.2);
      expect(largest).toBeGreaterThan(0.195);
    }
    parameters.dispose();
  });
});

describe('the user matrix', () => {
  beforeAll(() => useEngine('cpu'));
  const table = (options: Options, of = data) =>
    trainable({ ...tiny, name: 'alpine', ...options }, of).parameters.tables.find(
      ({ name }) => name === 'user',
    )!;

  it('starts from the sums of what was liked and followed in the train part', () => {
    const { data: matrix, width } = table({ levelWeights: [2, -3] });
    const cover = wave([items, 3], 1);
    const expected = new Float64Array(4 * 3);
    for (const row of data.split.train) {
      const { user, item, columns } = data.store.interactions;
      const weight = 2 * columns.is_like![row]! - 3 * columns.is_follow![row]!;
      for (let c = 0; c < 3; c++) expected[user[row]! * 3 + c]! += weight * cover[item[row]! * 3 + c]!;
    }
    expect(width).toBe(3);
    expect(expected.slice(0, 9).every((value) => value !== 0)).toBe(true);
    matrix.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  });

  it('starts from a vector of users, as wide as that', () => {
    const vectors = { mine: new HeldVectors(wave([4, 2], 3), 2) };
    const users = { ...data.store.users, vectors };
    const { data: matrix, width } = table(
      { userInit: 'feature', userFeature: 'mine' },
      { ...data, store: { ...data.store, users } },
    );
    expect(width).toBe(2);
    expect([...matrix]).toEqual([...wave([4, 2], 3)]);
  });

  it('starts from small noise, and then knows nothing of users without a train row', () => {
    const strange = {
      ...data,
      split: {
        ...data.split,
        train: data.split.train.filter((row) => data.store.interactions.user[row] !== 3),
      },
    };
    const built = model({ name: 'alpine', userInit: 'normal' }, strange);
    const before = logitsOf(built, batchFor(built));
    const matrix = built.parameters.tables.find(({ name }) => name === 'user')!.data;
    matrix.fill(9, 9, 12);
    expect(logitsOf(built, batchFor(built))).toEqual(before);
    matrix.fill(9, 0, 3);
    expectOthers(logitsOf(built, batchFor(built)), before);
  });
});

describe('variants and options', () => {
  beforeAll(() => useEngine('cpu'));

  it.each<[Options, RegExp]>([
    [{ variant: 'ALPINE_Base' }, /^user/],
    [{ variant: 'ALPINE_m' }, /^user/],
    [{ variant: 'ALPINE_u' }, /^negative/],
    [{ variant: 'ALPINE_um' }, /^(user|negative)/],
    [{ variant: 'ALPINE_umg' }, /^(user|negative)|star/],
    [{ alphas: [1, 0, 0] }, /^(user|negative)/],
  ])('alpine %j has no weights and no histories of what is off', (options, off) => {
    const full = trainable({ ...tiny, name: 'alpine' }, data);
    const built = trainable({ ...tiny, name: 'alpine', ...options }, data);
    expect(namesOf(built)).toEqual(namesOf(full).filter((name) => !off.test(name)));
    expect(Object.keys(built.taps!)).toEqual(
      Object.keys(full.taps!).filter(
        (name) => !off.test(name) && !(/star/.test(off.source) && /edges/.test(name)),
      ),
    );
    const events = ['positive', ...(off.test('negative') ? [] : ['negative'])];
    expect(built.histories.map((spec) => spec.events)).toEqual(events);
  });

  it.each<[Options, RegExp]>([
    [{ variant: 'SCAA_s' }, /^soc\.self/],
    [{ variant: 'SCAA_cs' }, /^soc/],
    [{ variant: 'SCAA_cs', cs: 'none' }, /^(soc|user)/],
  ])('scaa %j has no weights of what is off', (options, off) => {
    const full = trainable({ ...tiny, name: 'scaa' }, data);
    const built = trainable({ ...tiny, name: 'scaa', ...options }, data);
    expect(namesOf(built)).toEqual(namesOf(full).filter((name) => !off.test(name)));
    expect(built.histories).toHaveLength(off.test('user') ? 2 : 4);
  });

  it.each<[Options, number]>([
    [{ name: 'alpine' }, 1],
    [{ name: 'alpine', variant: 'ALPINE_Base' }, 1],
    [{ name: 'scaa' }, 2],
    [{ name: 'scaa' }, 3],
    [{ name: 'scaa', variant: 'SCAA_s' }, 3],
    [{ name: 'scaa', variant: 'SCAA_cs' }, 2],
  ])('%j reads history %i', (options, h) => {
    const built = model(options);
    const batch = batchFor(built);
    const histories = batch.histories.map((history, i) =>
      i === h ? { ...history, length: history.length.map((n) => Math.max(0, n - 1)) } : history,
    );
    expectOthers(logitsOf(built, { ...batch, histories }), logitsOf(built, batch));
  });

  it('SCAA_cs without a third head and ALPINE_m are ALPINE_Base', () => {
    const base = model({ name: 'alpine', variant: 'ALPINE_Base' });
    const expected = logitsOf(base, batchFor(base));
    for (const options of [
      { name: 'scaa', variant: 'SCAA_cs', cs: 'none' },
      { name: 'alpine', variant: 'ALPINE_m' },
      { name: 'alpine', alphas: [0.58, 0.18, 0] },
    ]) {
      const built = model(options);
      expect(logitsOf(built, batchFor(built))).toEqual(expected);
    }
  });

  // What changes the forward pass stands in test/fidelity; these change what it is given.
  it.each<[Options, Options]>([
    [{ name: 'alpine' }, { truncate: 'tail' }],
    [{ name: 'alpine' }, { historyLength: 2 }],
    [{ name: 'scaa' }, { causal: true }],
    [{ name: 'scaa' }, { maxLiked: 1 }],
    [{ name: 'scaa' }, { maxFollowed: 1 }],
    [{ name: 'scaa' }, { liked: 'is_click' }],
    [{ name: 'scaa' }, { followed: 'is_click' }],
  ])('%j with %j scores the rows of a log otherwise', (options, change) => {
    const logits = (given: Options) => {
      const built = model({ historyLength: 3, ...given });
      const { histories } = built;
      const plan = planEpoch(data, {
        batchSize: 100,
        pairsPerUser: 100,
        batching: 'byUser',
        negatives: { kind: 'logged', ratio: 'all' },
        pairing: 'pointwise',
        lastBatch: 'keep',
        histories,
        seed: 1,
        epoch: 0,
      });
      return logitsOf(built, plan.batch(0));
    };
    expectOthers(logits({ ...options, ...change }), logits(options));
  });

  it.each(['alpine', 'scaa'])('%s learns a few users by heart', async (name) => {
    await useEngine('wasm');
    const built = trainable({ ...tiny, hidden: 16, name, l2Weight: 0 }, data);
    expect(await overfit(built, batchFor(built), 40, 0.1)).toBeLessThan(0.2);
    await useEngine('cpu');
  });

  it('tell an audit all histories', () => {
    const targets = (options: unknown) =>
      usesOf(options as never).histories.map(({ events, target, length, setting }) => ({
        events,
        target,
        length,
        setting,
      }));
    const read = [
      { events: 'positive', target: 'causal', length: 300, setting: 'model.name' },
      { events: 'negative', target: 'causal', length: 300, setting: 'model.name' },
    ];
    const levels = (target: string, setting: string) => [
      { events: { column: 'is_like' }, target, length: 50, setting },
      { events: { column: 'is_follow' }, target, length: 50, setting },
    ];
    expect(targets(scaaSchema.parse({ name: 'scaa' }))).toEqual([
      ...read,
      ...levels('include', 'model.causal: false'),
    ]);
    expect(targets(scaaSchema.parse({ name: 'scaa', causal: true }))).toEqual([
      ...read,
      ...levels('causal', 'model.causal: true'),
    ]);
    expect(targets(alpineSchema.parse({ name: 'alpine' }))).toEqual([
      ...read,
      ...levels('include', 'model.userInit: levels').map((use) => ({
        ...use,
        length: Number.MAX_SAFE_INTEGER,
      })),
    ]);
    expect(targets(alpineSchema.parse({ name: 'alpine', userInit: 'normal' }))).toEqual(read);
    expect(targets(alpineSchema.parse({ name: 'alpine', variant: 'ALPINE_um' }))).toEqual(read.slice(0, 1));
  });
});

describe('what is refused', () => {
  beforeAll(() => useEngine('cpu'));
  const build =
    (options: Options, of = data) =>
    () =>
      trainable({ ...tiny, ...options }, of);
  const errorOf = (run: () => unknown): UserError => {
    try {
      run();
    } catch (error) {
      return error as UserError;
    }
    throw new Error('it was accepted');
  };
  const { is_click } = data.store.interactions.columns as { is_click: Float32Array };
  const plain = {
    ...data,
    store: { ...data.store, interactions: { ...data.store.interactions, columns: { is_click } } },
  };

  it.each<[Options, PreparedData, string]>([
    [
      { name: 'scaa' },
      plain,
      'fixture has no column is_like (model.liked) and no column is_follow (model.followed), which tell what users liked and followed',
    ],
    [
      { name: 'scaa', liked: 'is_click' },
      plain,
      'fixture has no column is_follow (model.followed), which tells what',
    ],
    [{ name: 'alpine' }, plain, 'fixture has no column is_like (model.liked)'],
    [
      { name: 'alpine', userInit: 'feature' },
      data,
      'fixture has no user vector user_like (model.userFeature)',
    ],
    [
      { name: 'alpine', item: ['category'] },
      data,
      'model.itemEmbedding: frozen takes vectors of items, and category of fixture is a category',
    ],
    [
      { name: 'alpine', item: ['cover', 'id'], itemEmbedding: 'trainable' },
      data,
      'model.itemEmbedding: trainable takes vectors of items, and id of fixture is the item itself',
    ],
    [
      { name: 'alpine', item: ['id'], itemEmbedding: 'trainable' },
      data,
      'model.itemSize must say how wide items are',
    ],
    [
      { name: 'alpine', item: ['id'], itemEmbedding: 'trainable', itemSize: 4 },
      data,
      'model.item: [id] of fixture says nothing of similarity',
    ],
    [
      { name: 'alpine', itemSize: 5 },
      data,
      'model.itemSize: 5 is not the width of the vectors of fixture, 3',
    ],
    [
      { name: 'alpine', item: ['category'], itemEmbedding: 'projected', itemSize: 4 },
      data,
      'model.userInit: levels sums item vectors, and model.item names none of fixture',
    ],
    [{ name: 'alpine', item: ['covers'] }, data, 'fixture has no item feature covers (model.item)'],
  ])('%j', (options, of, message) => {
    expect(build(options, of)).toThrow(message);
  });

  it.each<[Options, RegExp]>([
    [{ name: 'alpine', item: ['id'] }, /trainable.*itemSize.*ALPINE_umg/],
    [{ name: 'scaa', item: ['id'] }, /model.name: alpine.*ALPINE_umg/],
    [{ name: 'alpine', variant: 'ALPINE_umg', item: ['id'] }, /trainable and model.itemSize/],
    [{ name: 'alpine', item: ['id'], itemEmbedding: 'trainable' }, /itemSize.*ALPINE_umg/],
    [{ name: 'alpine', item: ['category'] }, /projected, model.itemSize: 64 and model.userInit: normal/],
    [{ name: 'alpine', variant: 'ALPINE_Base', item: ['category'] }, /projected and model.itemSize/],
    [{ name: 'scaa', item: ['category'] }, /projected and model.itemSize/],
    [
      { name: 'alpine', item: ['cover', 'id'] },
      /model.item: \[cover\], or set model.itemEmbedding: projected/,
    ],
  ])('%j, naming settings that work at once', (options, advice) => {
    const { fix } = errorOf(build(options, data));
    expect(fix).toMatch(advice);
    // Each alternative on its own, as it is written.
    for (const settings of fix!.split(', or set ')) {
      const changes = [...settings.matchAll(/model\.(\w+): (\[\w+\]|\w+)/g)].map(([, key, value]) => [
        key,
        parse(value!),
      ]);
      const changed = Object.fromEntries(changes) as Options;
      expect(build({ ...options, ...changed }, data)).not.toThrow();
    }
  });

  it('only where it is needed', () => {
    expect(build({ name: 'alpine', variant: 'ALPINE_Base' }, plain)).not.toThrow();
    expect(build({ name: 'alpine', userInit: 'normal' }, plain)).not.toThrow();
    expect(build({ name: 'scaa', variant: 'SCAA_cs', cs: 'none' }, plain)).not.toThrow();
    const ids = { item: ['id'], itemEmbedding: 'trainable', itemSize: 4 };
    expect(build({ name: 'alpine', variant: 'ALPINE_umg', ...ids }, plain)).not.toThrow();
  });

  it.each<[Options, string]>([
    [{ name: 'scaa', alphas: [0.7, 0.3, 0] }, 'the third is the share of what makes it SCAA'],
    [{ name: 'scaa', alphas: [0, 0.3, 0.7] }, 'The first must be above 0'],
  ])('%j', (options, message) => {
    expect(() => scaaSchema.parse(options)).toThrow(message);
  });

  it('no preset', () => {
    for (const name of ['alpine', 'scaa'] as const) {
      for (const { values } of Object.values(modelInfo[name].presets)) {
        const schema = name === 'alpine' ? alpineSchema : scaaSchema;
        expect(() => schema.parse({ name, ...values.model })).not.toThrow();
      }
    }
  });
});
