import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { UserErrors } from '../../src/base/index.js';
import { type PreparedData, prepare } from '../../src/data/index.js';
import { buildModel, modelLacks, modelSchema, requireFeatures } from '../../src/models/index.js';
import { storeOf } from '../data/fixture.js';
import { useEngine } from '../support/engines.js';
import { levelStore, rows } from './alpine/log.js';

type Options = Readonly<Record<string, unknown>>;

const bare = storeOf(
  rows.map(([user, item, time, click]) => [user, item, time, click] as const),
  15,
);
const full = levelStore(rows);
const { category } = full.items.categories;
const { hue } = full.items.vectors;
const withItems = (items: object) => ({ ...bare, items: { ...bare.items, ...items } });
/** Logs without likes and follows, and what they know of items. */
const logs = {
  bare,
  kinds: withItems({ categories: { kind: category! } }),
  hues: withItems({ vectors: { hue: hue! } }),
  both: withItems({ categories: { kind: category! }, vectors: { hue: hue! } }),
};

function dataOf(store: typeof bare): PreparedData {
  const split = { kind: 'time', scope: 'global', train: 0.8, validation: 0.1 } as const;
  return prepare(store, { label: 'is_click', split });
}

const messages = (options: Options, store = bare): string[] =>
  modelLacks(modelSchema.parse(options), store).map(({ message }) => message);

/** The options with the settings that the message gives: `model: { .. }`, or `model.key: value` one after the other. */
function advised(options: Options, message: string): Options {
  const told = /Without (?:it|them): (.*?)(?: \(SCAA .*\))?\.$/.exec(message)![1]!;
  const settings = told.split(/, (?=model)/).map((one) => parse(one) as Record<string, unknown>);
  const changed: Record<string, unknown> = { ...options };
  for (const [key, value] of settings.flatMap((one) => Object.entries(one))) {
    if (key === 'model') return value as Options;
    const [, first, second] = key.split('.') as [string, string, string?];
    changed[first] = second ? { ...(changed[first] as Options), [second]: value } : value;
  }
  return changed;
}

describe('what a model misses is told at once', () => {
  it.each<[Options, string[]]>([
    [
      { name: 'uvcan' },
      [
        'fixture has no user fields gender, city (model.userFields) and no item fields cover, tags, author, music (model.videoFields)\n' +
          '  User fields: id. Item fields: id. Without them: model.userFields: [id], model.videoFields: [id].',
      ],
    ],
    [
      { name: 'thacil' },
      [
        'fixture has no item feature cover (model.visual) and no item feature category (model.category)\n' +
          '  Item features: id. Without them: model.visual: [id], model.category: [id].',
      ],
    ],
    [
      { name: 'mtin' },
      [
        'fixture has no item feature cover (model.visual)\n' +
          '  Item features: id. Without it: model.visual: [id], model.memoryInit: random.',
      ],
    ],
    [
      { name: 'scaa' },
      [
        'fixture has no item feature cover (model.item)\n  Item features: id. Without it: ' +
          'model: { name: alpine, variant: ALPINE_umg, item: [id], itemEmbedding: trainable, itemSize: 64 } (SCAA needs vectors or categories of items).',
        'fixture has no column is_like (model.liked) and no column is_follow (model.followed), which tell what users liked and followed\n' +
          '  Columns: is_click. Without likes and follows use model.name: alpine with variant: ALPINE_umg, which needs no features of items either.',
      ],
    ],
    [{ name: 'scaa', variant: 'SCAA_cs', cs: 'none', item: ['id'] }, []],
    [
      { name: 'alpine', userInit: 'feature' },
      [
        'fixture has no item feature cover (model.item)\n' +
          '  Item features: id. Without it: model.variant: ALPINE_umg, model.item: [id], model.itemEmbedding: trainable, model.itemSize: 64.',
        'fixture has no user vector user_like (model.userFeature)\n  There are none. Without it: model.userInit: normal.',
      ],
    ],
    [
      { name: 'fm', userFields: ['age'], contextFields: ['hour', 'is_clik'] },
      [
        'fixture has no user field age (model.userFields) and no columns hour, is_clik (model.contextFields)\n' +
          '  User fields: id. Did you mean is_click? Columns: is_click. Without them: model.userFields: [id], model.contextFields: [].',
      ],
    ],
    [
      { name: 'frame' },
      [
        'fixture has no item vector clips (model.feature)\n  There are none. Without it: model.feature: id.',
        'fixture has no column playing_time_ms (model.playingTime) and no column duration_ms (model.duration): FRAME has to know how much of a video was watched\n' +
          '  Name columns of playing time and duration (model.playingTime, model.duration) or of their ratio (model.watchRatio). Columns: is_click.',
      ],
    ],
    [{ name: 'frame', feature: 'id', watchRatio: 'is_click' }, []],
    [
      { name: 'gf', content: ['cover', 'sound'] },
      [
        'fixture has no item vectors cover, sound (model.content)\n  There are none. Without them: model.content: [].',
      ],
    ],
    [{ name: 'popularity' }, []],
  ])('%j', (options, expected) => {
    expect(messages(options)).toEqual(expected);
    const required = () => requireFeatures(modelSchema.parse(options), bare);
    if (expected.length === 0) expect(required).not.toThrow();
    else expect(required).toThrow(UserErrors);
  });

  it('with the names that were meant', () => {
    expect(messages({ name: 'thacil', visual: ['hues'], category: ['kinde'] }, logs.both)).toEqual([
      'fixture has no item feature hues (model.visual) and no item feature kinde (model.category)\n' +
        '  Did you mean hue, kind? Item features: hue, kind, id. Without them: model.visual: [hue], model.category: [kind].',
    ]);
    expect(
      messages({ name: 'thacil', visual: ['hue', 'cover'], category: ['kind'] }, logs.both)[0],
    ).toContain('Without it: model.visual: [hue].');
    expect(
      messages({ name: 'scaa', item: ['hue'], liked: 'is_clik', followed: 'is_click' }, logs.hues),
    ).toEqual([
      'fixture has no column is_clik (model.liked), which tells what users liked\n  Did you mean is_click? Columns: is_click. ' +
        'Without likes and follows use model.name: alpine with userInit: normal, or variant: ALPINE_Base.',
    ]);
  });
});

it('and so are fields that are no numbers and columns that there are not', () => {
  const buckets = { kind: 'log2', hue: 'log2', is_click: 'values' };
  const options = {
    name: 'deepfm',
    itemFields: ['id', 'kind', 'hue'],
    contextFields: ['is_click', 'hour'],
    buckets,
  };
  expect(messages(options, logs.both)).toEqual([
    'fixture has no column hour (model.contextFields)\n  Columns: is_click. Without it: model.contextFields: [is_click].',
    ...['kind', 'hue'].map((name) =>
      expect.stringContaining(
        `model.buckets.${name}: the item field ${name} (model.itemFields) is no number`,
      ),
    ),
  ]);
  // A vector of width 1 is one.
  const age = { width: 1, rows: (ids: Int32Array) => new Float32Array(ids.length) };
  const numbers = { ...bare, users: { ...bare.users, vectors: { age } } };
  expect(messages({ name: 'fm', userFields: ['age'], buckets: { age: 'log2' } }, numbers)).toEqual([]);
});

describe('the settings told build the model', () => {
  beforeAll(() => useEngine('cpu'));

  const models: Options[] = [
    { name: 'uvcan', factors: 4 },
    {
      name: 'uvcan',
      factors: 4,
      idsInOutput: false,
      userFields: ['age'],
      videoFields: ['cover', 'kind', 'hue'],
    },
    { name: 'thacil' },
    { name: 'mtin', size: 8, groups: 2 },
    { name: 'mtin', size: 8, groups: 2, itemEmbedding: 'visual+category' },
    { name: 'mtin', size: 8, variant: 'MTIN-P' },
    { name: 'scaa', hidden: 4, liked: 'is_click', followed: 'is_clicked' },
    { name: 'scaa', hidden: 4, item: ['cover', 'id'], itemEmbedding: 'trainable' },
    { name: 'alpine', hidden: 4, userInit: 'normal' },
    { name: 'alpine', hidden: 4, variant: 'ALPINE_Base', itemSize: 2 },
    { name: 'alpine', hidden: 4, variant: 'ALPINE_umg' },
    { name: 'lstm', units: 4 },
    { name: 'cnn', itemEmbedding: 'frozen' },
    { name: 'atrank', heads: 2, itemEmbedding: 'trainable', category: [] },
    { name: 'din', userFields: ['id', 'age'], itemFields: ['id', 'cover'] },
    { name: 'deepfm', userFields: ['id', 'age'], itemFields: ['cover'] },
    { name: 'fm', userFields: ['age'], contextFields: ['hour', 'is_click'] },
    { name: 'bpr', factors: 4, item: ['cover'] },
    { name: 'ncf', item: ['cover'], sideFeatures: { user: ['age'], item: ['music'] } },
    { name: 'sasrec', item: ['cover'] },
  ];

  it.each(
    models.flatMap((options) => Object.keys(logs).map((log) => [options, log as keyof typeof logs] as const)),
  )('%j on %s', (options, log) => {
    const found = messages(options, logs[log]);
    expect(found[0]).toMatch(/^fixture has no (item|user) /);
    const mended = advised(options, found[0]!);
    // SCAA still lacks likes and follows, unless it is another model now.
    const levels = messages(mended, logs[log]);
    if (mended.name === 'scaa') {
      expect(levels).toHaveLength(1);
      expect(levels[0]).toContain('model.name: alpine');
      const columns = { ...bare.interactions.columns, is_like: bare.interactions.columns.is_click! };
      const interactions = {
        ...bare.interactions,
        columns: { ...columns, is_follow: columns.is_like, is_clicked: columns.is_like },
      };
      build(mended, { ...logs[log], interactions });
    } else {
      expect(levels).toEqual([]);
      build(mended, logs[log]);
    }
  });

  function build(options: Options, store: typeof bare): void {
    const model = buildModel(modelSchema.parse(options), dataOf(store), 1);
    if ('parameters' in model) model.parameters.dispose();
  }
});
