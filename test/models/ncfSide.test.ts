import { beforeAll, describe, expect, it } from '@jest/globals';
import { ncfSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, fillWithWaves } from '../support/gradients.js';
import { logitsOf, lossOf, trainable } from '../support/training.js';

const made = preparedOf({
  users: 3,
  items: 4,
  train: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 2, 1],
    [1, 0, 0],
  ],
  vectors: { cover: { data: Float32Array.of(1, 2, 0, -1, 3, 1, 2, 2), width: 2 } },
});
const data = {
  ...made,
  store: {
    ...made.store,
    users: {
      ...made.store.users,
      categories: { gender: { values: Int32Array.of(0, 1, 1), cardinality: 2 } },
    },
    items: {
      ...made.store.items,
      tags: {
        tags: { offsets: Int32Array.of(0, 2, 3, 3, 4), values: Int32Array.of(0, 1, 1, 0), cardinality: 2 },
      },
    },
  },
};
const batch = batchOf(
  [0, 1, 2].map((user) => ({
    user,
    history: [],
    candidates: [0, 1, 2, 3].map((item) => [item, item % 2] as const),
  })),
  0,
);
const side = { user: ['gender'], item: ['tags', 'cover'] };

function gmf(sideFeatures: unknown) {
  const ncf = trainable({ name: 'ncf', variant: 'GMF', factors: 3, sideFeatures }, data);
  fillWithWaves(ncf.parameters);
  return ncf;
}

describeEngines('NCF with side features', (engine) => {
  beforeAll(() => useEngine(engine));

  it('adds the embeddings of fields to those of the identifiers', () => {
    const ncf = gmf(side);
    const weight = (name: string): ArrayLike<number> =>
      ncf.parameters.tables.find((table) => table.name === name)?.data ??
      ncf.parameters.dense
        .find((one) => one.name === name)!
        .value()
        .dataSync();
    const row = (name: string, at: number) => [0, 1, 2].map((k) => weight(name)[at * 3 + k]!);
    const sum = (...rows: number[][]) =>
      [0, 1, 2].map((k) => rows.reduce((total, one) => total + one[k]!, 0));
    const zero = [0, 0, 0];
    const mean = (...rows: number[][]) => sum(...rows).map((value) => value / Math.max(1, rows.length));
    const cover = data.store.items.vectors.cover!.matrix!;
    const tag = (at: number) => row('gmf.itemSide.tags.embedding', at);
    const tagsOf = [mean(tag(0), tag(1)), tag(1), zero, tag(0)];
    // User 2 and item 3 have no train row, so nothing is known of them but what others share.
    const users = [0, 1, 2].map((user) =>
      sum(user < 2 ? row('gmf.user', user) : zero, row('gmf.userSide.gender.embedding', [0, 1, 1][user]!)),
    );
    const items = [0, 1, 2, 3].map((item) => {
      const ofCover = sum(
        row('gmf.itemSide.cover.bias', 0),
        row('gmf.itemSide.cover.weight', 0).map((value) => value * cover[item * 2]!),
        row('gmf.itemSide.cover.weight', 1).map((value) => value * cover[item * 2 + 1]!),
      );
      return sum(item < 3 ? row('gmf.item.id.table', item) : zero, tagsOf[item]!, ofCover);
    });
    const out = weight('out.weight');
    const expected = users.flatMap((p) =>
      items.map(
        (q) => weight('out.bias')[0]! + [0, 1, 2].reduce((total, k) => total + out[k]! * p[k]! * q[k]!, 0),
      ),
    );
    logitsOf(ncf, batch).forEach((logit, p) => {
      expect(logit).toBeCloseTo(expected[p]!, 4);
    });
    expect(logitsOf(gmf({}), batch)).not.toEqual(logitsOf(ncf, batch));
  });

  it('has the gradients of central differences', async () => {
    const ncf = trainable(
      { name: 'ncf', factors: 3, layers: [4, 3], sideFeatures: side, l2Weight: 0.1 },
      data,
    );
    fillWithWaves(ncf.parameters);
    await expectGradients(ncf.parameters, () => lossOf(ncf, batch));
  });
});

describe('side features', () => {
  it('are named once, and identifiers are none', () => {
    const error = (sideFeatures: unknown) =>
      ncfSchema.safeParse({ name: 'ncf', sideFeatures }).error?.message;
    expect(error({ user: ['id'] })).toContain('id is there already');
    expect(error({ item: ['tags', 'tags'] })).toContain('Name each field once');
    expect(error(side)).toBeUndefined();
  });

  it('must be there', async () => {
    await useEngine('cpu');
    expect(() => trainable({ name: 'ncf', sideFeatures: { user: ['age'] } }, data)).toThrow(
      'has no user field age (model.sideFeatures.user)',
    );
  });
});
