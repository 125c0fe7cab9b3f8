import { describe, expect, it } from '@jest/globals';
import {
  CandidateBatches,
  catalogueLists,
  neutralItem,
  type PreparedData,
  sampledCandidates,
} from '../../src/data/index.js';
import { type Row, storeOf } from './fixture.js';

/** A log with its parts given row by row. */
function dataOf(
  rows: readonly Row[],
  parts: readonly ('train' | 'validation' | 'test')[],
  items: number,
): PreparedData {
  const store = storeOf(rows, items);
  const of = (part: string) => Int32Array.from(rows.keys()).filter((row) => parts[row] === part);
  const empty = new Int32Array(store.userIds.length + 1);
  return {
    store,
    label: store.interactions.columns.is_click!,
    split: { train: of('train'), validation: of('validation'), test: of('test') },
    histories: {
      offsets: empty,
      item: new Int32Array(),
      causalEnd: new Int32Array(rows.length),
      trainOffsets: empty,
      trainItem: new Int32Array(),
    },
    warmItems: new Uint8Array(items).fill(1),
  };
}

// User 0: items 5, 2 train, 0 not clicked in train, 3 validation, then 2 again and 4 (twice) in test. User 1: no
// positive test row. User 2: only a test row.
const data = dataOf(
  [
    [0, 5, 1, 1],
    [0, 2, 2, 1],
    [0, 0, 3, 0],
    [0, 3, 4, 1],
    [0, 1, 5, 0],
    [0, 4, 6, 1],
    [0, 2, 7, 1],
    [0, 4, 8, 1],
    [1, 1, 1, 1],
    [1, 2, 2, 0],
    [2, 6, 1, 1],
  ],
  ['train', 'train', 'train', 'validation', 'test', 'test', 'test', 'test', 'train', 'test', 'test'],
  7,
);

describe('catalogueLists', () => {
  it('hides the positives of the parts before, but never what is to be found', () => {
    expect(catalogueLists(data, 'test')).toEqual({
      user: Int32Array.of(0, 2),
      anchor: Int32Array.of(5, 10),
      targetOffsets: Int32Array.of(0, 2, 3),
      targets: Int32Array.of(2, 4, 6),
      seenOffsets: Int32Array.of(0, 2, 2),
      seen: Int32Array.of(3, 5),
    });
  });

  it('for validation, hides what is in train', () => {
    expect(catalogueLists(data, 'validation')).toMatchObject({
      user: Int32Array.of(0),
      targets: Int32Array.of(3),
      seen: Int32Array.of(2, 5),
    });
  });

  it('for train, hides nothing', () => {
    expect(catalogueLists(data, 'train')).toMatchObject({
      user: Int32Array.of(0, 1),
      targets: Int32Array.of(2, 5, 1),
      seen: new Int32Array(),
    });
  });

  it('knows an item that is neither', () => {
    const lists = catalogueLists(data, 'test');
    expect(neutralItem(lists, 0, 7)).toBe(0);
    const knowing = { ...lists, targets: Int32Array.of(0, 2, 6), seen: Int32Array.of(1, 3) };
    expect(neutralItem(knowing, 0, 7)).toBe(4);
  });

  it('takes any item for a user who knows all', () => {
    const lists = catalogueLists(data, 'test');
    const knowing = { ...lists, targets: Int32Array.of(0, 2), seen: Int32Array.of(1) };
    const all = { ...knowing, targetOffsets: Int32Array.of(0, 2), seenOffsets: Int32Array.of(0, 1) };
    expect(neutralItem(all, 0, 4)).toBe(3);
    expect(neutralItem(all, 0, 3)).toBe(0);
  });
});

describe('sampledCandidates', () => {
  it('puts the positive first, then distinct items that are no positive of the user in any part', () => {
    const candidates = sampledCandidates(data, 5, { negatives: 2, seed: 1 });
    expect(candidates[0]).toBe(4);
    expect(new Set(candidates).size).toBe(3);
    for (const item of candidates.slice(1)) expect([0, 1, 6]).toContain(item);
  });

  it('takes all there are where more are asked for', () => {
    expect(sampledCandidates(data, 6, { negatives: 99, seed: 1 })).toEqual(Int32Array.of(2, 0, 1, 6));
    expect(sampledCandidates(data, 10, { negatives: 99, seed: 1 })).toEqual(
      Int32Array.of(6, 0, 1, 2, 3, 4, 5),
    );
  });

  it('draws each equally often, by the seed and the row alone', () => {
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const item = sampledCandidates(data, 5, { negatives: 1, seed })[1]!;
      counts.set(item, (counts.get(item) ?? 0) + 1);
    }
    // 2,000 each with a standard deviation of 36.5.
    for (const item of [0, 1, 6]) expect(Math.abs(counts.get(item)! - 2000)).toBeLessThan(150);
    const spec = { negatives: 2, seed: 8 };
    expect(sampledCandidates(data, 7, spec)).toEqual(sampledCandidates(data, 7, spec));
  });
});

it('CandidateBatches: a context a user, pairs in the order given', () => {
  const batch = new CandidateBatches(data, null).batch(Int32Array.of(5, 5, 10), Int32Array.of(6, 0, 6));
  expect(batch.contexts).toMatchObject({ count: 2, user: Int32Array.of(0, 2) });
  expect(batch.pairs).toMatchObject({ count: 3, context: Int32Array.of(0, 0, 1) });
  expect(Array.from(batch.pairs.item, (at) => batch.items[at])).toEqual([6, 0, 6]);
});
