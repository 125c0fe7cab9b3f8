/**
 * Forward passes of models over fields on arrays, against ctr_reference.py, whose log is here what whoever makes such arrays has to make
 * of it: numbers of buckets, and what is unknown for want of train rows.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { TensorData } from '../../../src/base/index.js';
import {
  describeFor,
  describe as describeModel,
  forward,
  type InputFile,
  inputSpecs,
  shapeText,
} from '../../../src/evaluation/index.js';
import { modelSchema } from '../../../src/models/index.js';
import { type Case, reference } from '../../models/ctr/data.js';
import { useEngine } from '../../support/engines.js';
import { referenceWave, valuesOfWeights } from '../../support/reference.js';

beforeAll(() => useEngine('cpu'));

type Arrays = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: TensorData }>>;

const fileOf = (path: string, arrays: Arrays): InputFile => ({
  path,
  names: Object.keys(arrays),
  shape: (name) => arrays[name]!.shape,
  read: async (name) => arrays[name]!.data,
  isFloat: (name) => arrays[name]!.data instanceof Float32Array,
});
const ints = (shape: readonly number[], values: readonly number[]) => ({
  shape,
  data: Int32Array.from(values),
});

const { train, users, items, author, gender, tags, visualWidth, contexts } = reference;

/** How many train rows have each of some values. */
function countRows(valuesOf: (row: (typeof train)[number]) => readonly number[]): (value: number) => number {
  const counts = new Map<number, number>();
  for (const row of train) for (const value of valuesOf(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return (value) => counts.get(value) ?? 0;
}
const rowsOfUser = countRows(([user]) => [user]);
const rowsOfItem = countRows(([, item]) => [item]);
const rowsOfGender = countRows(([user]) => [gender[user]!]);
const rowsOfAuthor = countRows(([, item]) => [author[item]!]);
const rowsOfTag = countRows(([, item]) => tags[item]!);
const rowsOfHour = countRows(([, , , hour]) => [Math.floor(hour / 100)]);

/** Of users or items that are unknown, in the weights that are theirs: the row that is learned for unknown, else zeros. */
function weightsOf({ weights, options }: Case): Arrays {
  const least = options.minCount as number;
  const values = valuesOfWeights(weights);
  for (const [name, rows] of values) {
    const id = /(user|item)\.id\.embedding$|^linear\.(history)|^cross\.\w+\.(id)\./.exec(name);
    if (!id || !name.endsWith('.embedding')) continue;
    const unknown = values.get(name.replace('.embedding', '.unknown'));
    const [count, width] = weights[name]!.shape as [number, number];
    const rowsOf = id[1] === 'user' ? rowsOfUser : rowsOfItem;
    for (let i = 0; i < count; i++)
      if (rowsOf(i) < least) rows.set(unknown ?? new Float32Array(width), i * width);
  }
  return Object.fromEntries([...values].map(([name, data]) => [name, { shape: weights[name]!.shape, data }]));
}

function inputsOf({ options, weights }: Case): Arrays {
  const {
    userFields,
    itemFields,
    contextFields,
    historyLength,
    minCount: least,
  } = options as unknown as {
    readonly [fields in 'userFields' | 'itemFields' | 'contextFields']: readonly string[];
  } & { readonly historyLength: number; readonly minCount: number };
  const known = (value: number, rows: number) => (rows >= least ? value : -1);
  const hours = [...new Set(train.map(([, , , hour]) => Math.floor(hour / 100)))].sort((a, b) => a - b);
  const buckets = hours.filter((hour) => rowsOfHour(hour) >= least);
  const tagRows = tags.map((of) => of.filter((tag) => rowsOfTag(tag) >= least));
  const keepsUnknown = 'fields.item.id.unknown' in weights;
  const histories = contexts.map(({ history }) =>
    history.filter((item) => keepsUnknown || rowsOfItem(item) >= least).slice(-Math.max(1, historyLength)),
  );
  const padded = (lists: readonly (readonly number[])[], most: number) =>
    lists.flatMap((list) => [...list, ...Array<number>(most - list.length).fill(-1)]);
  const pairs = contexts.flatMap(({ candidates }, c) => candidates.map(([item]) => [c, item] as const));
  const all: Arrays = {
    'user.gender': ints(
      [users],
      gender.map((value) => known(value, rowsOfGender(value))),
    ),
    'item.author': ints(
      [items],
      author.map((value) => known(value, rowsOfAuthor(value))),
    ),
    'item.tags': ints([items, 3], padded(tagRows, 3)),
    'item.visual': { shape: [items, visualWidth], data: referenceWave(101, items * visualWidth, 1) },
    'context.user': ints(
      [contexts.length],
      contexts.map(({ user }) => user),
    ),
    'context.hour': ints(
      [contexts.length],
      contexts.map(({ hour }) => buckets.indexOf(Math.floor(hour / 100))),
    ),
    'history.positive': ints([contexts.length, 3], padded(histories, 3)),
    'pair.context': ints(
      [pairs.length],
      pairs.map(([context]) => context),
    ),
    'pair.item': ints(
      [pairs.length],
      pairs.map(([, item]) => item),
    ),
  };
  const wanted = new Set([
    ...userFields.map((name) => `user.${name}`),
    ...itemFields.map((name) => `item.${name}`),
    ...contextFields.map((name) => `context.${name}`),
    ...(historyLength > 0 ? ['history.positive'] : []),
    ...['context.user', 'pair.context', 'pair.item'],
  ]);
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name)));
}

async function logitsOf(one: Case, inputs = inputsOf(one), weights: Arrays | null = weightsOf(one)) {
  const config = modelSchema.parse(one.options);
  const file = fileOf('inputs', inputs);
  const [logits] = await forward({
    config,
    description: describeFor(config, file),
    inputs: file,
    weights: weights && fileOf('weights', weights),
    seed: 1,
    taps: [],
  });
  return Array.from(logits!.data as Float32Array);
}

const { cases } = reference;
const [plain] = cases as [Case];
/** Of each model the first case, and those whose inputs are others. */
const inputOptions = ['userFields', 'itemFields', 'contextFields', 'historyLength', 'minCount', 'crosses'];
const tellingCases = cases.filter((one, c) => {
  const first = cases.find(({ options }) => options.name === one.options.name)!;
  const differs = (name: string) => `${one.options[name]}` !== `${first.options[name]}`;
  return cases.indexOf(first) === c || inputOptions.some(differs);
});

describe('a forward pass of a model with fields of contexts', () => {
  it.each(tellingCases.map((one) => [`${one.options.name}, case ${cases.indexOf(one)}`, one] as const))(
    'gives the logits of the reference: %s',
    async (_, one) => {
      const found = await logitsOf(one);
      const largest = Math.max(1, ...one.logits.map(Math.abs));
      const furthest = Math.max(...found.map((logit, p) => Math.abs(logit - one.logits[p]!)));
      expect(found).toHaveLength(one.logits.length);
      expect(furthest).toBeLessThan(2e-5 * largest);
    },
  );

  it('depends on the bucket of the context alone, which is numbered as rows of the weights are', async () => {
    const inputs = inputsOf(plain);
    const hour = inputs['context.hour']!.data as Int32Array;
    const counted = {
      ...inputs,
      'context.hour': { shape: hour.length ? [hour.length] : [], data: hour.map((b) => (b === 0 ? 1 : b)) },
    };
    const [before, after] = [await logitsOf(plain), await logitsOf(plain, counted)];
    const owner = inputs['pair.context']!.data as Int32Array;
    expect([...hour]).toEqual([0, 1, 2, -1, 0]); // 9, 17, 22 of the train rows; 3 is in none
    before.forEach((logit, p) => {
      expect([p, after[p] !== logit]).toEqual([p, hour[owner[p]!] === 0]);
    });
  });

  it('takes no bucket that the weights have no row for, and no other number', async () => {
    const inputs = inputsOf(plain);
    const withHour = (data: TensorData) => ({ ...inputs, 'context.hour': { shape: [5], data } });
    await expect(logitsOf(plain, withHour(Int32Array.of(0, 1, 3, -1, 0)))).rejects.toThrow(
      'context.hour[2] is 3',
    );
    await expect(logitsOf(plain, withHour(Float32Array.of(0, 0.5, 1, -1, 0)))).rejects.toThrow(
      'context.hour[1] is 0.5',
    );
    const { 'context.hour': _, ...without } = inputs;
    await expect(logitsOf(plain, without)).rejects.toThrow('there is no context.hour');
  });

  it('starts with as many rows as the contexts tell, and a row for unknown where one is', async () => {
    const inputs = inputsOf(plain);
    const at = async (hours: readonly number[]) => {
      const logits = await logitsOf(plain, { ...inputs, 'context.hour': ints([5], hours) }, null);
      return logits[0]!;
    };
    expect(await at([0, 1, 2, -1, 0])).not.toBe(await at([1, 1, 2, -1, 0]));
    expect(await at([-1, 1, 2, -1, 0])).not.toBe(await at([0, 1, 2, -1, 0]));
  });
});

it('lists the buckets of contexts as whole numbers, and shapes that grow with them', () => {
  const options = {
    name: 'widedeep',
    userFields: ['id', 'age'],
    itemFields: ['id', 'duration'],
    contextFields: ['hour'],
    crosses: [['hour', 'id']],
    buckets: { hour: 100, age: [20, 30], duration: 'log2' },
    embeddingSize: 4,
  };
  const model = describeModel(modelSchema.parse(options));
  const weights = Object.fromEntries([...model.weights].map(([name, shape]) => [name, shapeText(shape)]));
  expect(weights).toMatchObject({
    'fields.context.hour.embedding': '[values of context.hour, 4]',
    'fields.context.hour.unknown': '[1, 4]',
    'linear.context.hour.embedding': '[values of context.hour, 1]',
    'cross.hour.id.embedding': '[items, values of context.hour + 1]',
    'fields.user.age.embedding': '[values of user.age, 4]',
    'fields.item.duration.embedding': '[values of item.duration, 4]',
  });
  expect(model.ofUnknown.get('fields.context.hour.unknown')).toBe('context.hour');
  expect(model.log?.decides ?? 'nothing').toBe('nothing');
  const specs = inputSpecs(model).map(({ name, shape, type }) => [name, shapeText(shape), type]);
  expect(specs).toEqual([
    ['user.age', '[users]', 'int'],
    ['item.duration', '[items]', 'int'],
    ['context.user', '[contexts]', 'int'],
    ['context.hour', '[contexts]', 'int'],
    ['pair.context', '[pairs]', 'int'],
    ['pair.item', '[pairs]', 'int'],
  ]);
});
