import { describe, expect, it } from '@jest/globals';
import { catalogueLists, type PreparedData } from '../../src/data/index.js';
import { rankCatalogue, topOfCatalogue } from '../../src/evaluation/index.js';
import { buildModel, type FittedModel } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { useEngine } from '../support/engines.js';

// User 0 chose items 0 and 1, user 1 saw item 2 without choosing it, user 2 has no row. Nobody has met item 3.
const made = preparedOf({
  users: 3,
  items: 5,
  train: [
    [0, 0, 1],
    [0, 1, 1],
    [0, 0, 1],
    [1, 2, 0],
  ],
  vectors: { cover: { data: Float32Array.of(3, 0, 0, 5, 2, 2, 4, -3, 0, 0), width: 2 } },
  categories: { kind: { values: Int32Array.of(0, 1, 1, -1, 2), cardinality: 3 } },
});
const tags = {
  offsets: Int32Array.of(0, 2, 3, 3, 4, 6),
  values: Int32Array.of(0, 1, 1, 1, 2, 2),
  cardinality: 3,
};
const data: PreparedData = {
  ...made,
  store: { ...made.store, items: { ...made.store.items, tags: { tags } } },
};
const content = (item?: readonly string[], given = data): FittedModel =>
  buildModel({ name: 'content', ...(item && { item: [...item] }) }, given, 1) as FittedModel;
const batch = batchOf(
  [0, 1, 2].map((user) => ({
    user,
    history: [],
    candidates: [0, 1, 2, 3, 4].map((item) => [item, 0] as const),
  })),
  0,
);
const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));
const none = [0, 0, 0, 0, 0];

describe('content', () => {
  it('is the cosine with the mean of what was chosen', () => {
    // The mean points to (1, 1); items to (1, 0), (0, 1), (1, 1), (4, -3), nowhere.
    const [half, low] = [Math.SQRT1_2, (0.8 - 0.6) * Math.SQRT1_2];
    expect([...content().score(batch)]).toEqual(near([half, half, 1, low, 0, ...none, ...none]));
  });

  it('takes categories and tags as zeros and ones', () => {
    // Tags of user 0: (1, 1, 0) / sqrt 2 + (0, 1, 0), of length sqrt(2 + sqrt 2).
    const length = Math.sqrt(2 + Math.SQRT2);
    const [first, second] = [Math.SQRT1_2 / length, (1 + Math.SQRT1_2) / length];
    const ofTags = [(first + second) * Math.SQRT1_2, second, 0, second, 0];
    expect([...content(['tags']).score(batch)].slice(0, 5)).toEqual(near(ofTags));
    expect([...content(['kind']).score(batch)].slice(0, 5)).toEqual(
      near([Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2, 0, 0]),
    );
  });

  it('gives every feature of an item the same weight', () => {
    // Items 0 and 1 as (cover, kind): (1 0, 1 0 0) and (0 1, 0 1 0), each over sqrt 2; item 3 has a cover alone.
    const scores = [...content(['cover', 'kind']).score(batch)].slice(0, 5);
    const two = Math.sqrt(0.5);
    expect(scores).toEqual(near([two, two, (2 * Math.SQRT1_2 + 1) / 2 / Math.SQRT2, (0.8 - 0.6) / 2, 0]));
  });

  it('says what is missing', () => {
    const bare = {
      ...data,
      store: { ...data.store, items: { categories: {}, tags: {}, texts: {}, vectors: {} } },
    };
    expect(() => content(undefined, bare)).toThrow('made by hand has no content of items');
    expect(() => content(['covers'])).toThrow('has no item feature covers (model.item)');
    const wide = { values: new Int32Array(5), cardinality: 5000 };
    const { items } = data.store;
    const broad = { ...data, store: { ...data.store, items: { ...items, categories: { wide } } } };
    expect(() => content(['wide'], broad)).toThrow('5000 wide, more than 4096');
  });

  it('ranks a catalogue by the same scores', async () => {
    await useEngine('cpu');
    const held = { ...data, split: { ...data.split, test: Int32Array.of(1), train: Int32Array.of(0, 2, 3) } };
    const lists = catalogueLists(held, 'test');
    const model = content(['cover', 'tags'], held);
    const options = { contextsPerBatch: 4 };
    const { score } = model;
    expect(await rankCatalogue(model, held, lists, options)).toEqual(
      await rankCatalogue({ score }, held, lists, options),
    );
    const top = await topOfCatalogue(model, held, lists, { ...options, length: 3 });
    expect([...top.item]).toEqual([
      ...(await topOfCatalogue({ score }, held, lists, { ...options, length: 3 })).item,
    ]);
  });
});
