import { describe, expect, it } from '@jest/globals';
import { subsetOf } from '../../../src/data/filter/subset.js';
import { HeldVectors, type Store } from '../../../src/data/index.js';
import { type Row, storeOf } from '../fixture.js';

const rows: Row[] = [
  [0, 0, 10, 1],
  [0, 2, 11, 0],
  [1, 1, 10, 1],
  [2, 2, 12, 1],
  [2, 3, 13, 0],
];
/** Item 4 is named by histories alone. */
const base = storeOf(rows, 5);
const matrix = Float32Array.of(0, 0.5, 10, 10.5, 20, 20.5, 30, 30.5, 40, 40.5);
const whole: Store = {
  ...base,
  interactions: { ...base.interactions, part: Uint8Array.of(0, 0, 1, 0, 2) },
  truth: { is_click: Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5) },
  users: {
    categories: { city: { values: Int32Array.of(7, -1, 2), cardinality: 9 } },
    tags: {},
    texts: {},
    vectors: {},
  },
  items: {
    categories: {},
    tags: {
      topic: {
        offsets: Int32Array.of(0, 2, 3, 3, 6, 7),
        values: Int32Array.of(1, 0, 5, 2, 4, 3, 8),
        cardinality: 9,
      },
    },
    texts: { title: ['zero', '', 'two', 'three', 'four 😀'] },
    vectors: {
      held: new HeldVectors(matrix, 2, { clips: 2 }),
      streamed: { width: 2, rows: (items) => new HeldVectors(matrix, 2).rows(items) },
    },
  },
  histories: {
    seen: {
      item: Int32Array.of(0, 4, 3, 1, 4, 2),
      start: Int32Array.of(0, 0, 3, 4, 4),
      end: Int32Array.of(1, 3, 3, 5, 6),
    },
  },
};
const all = new Uint8Array(5).fill(1);

describe('a part of a store', () => {
  // Users 0 and 2, items 0 and 2 have rows left; item 4 is in their histories, item 3 has lost its row.
  const store = subsetOf(whole, Int32Array.of(0, 1, 3), all);

  it('has users and items numbered anew, with their identifiers', () => {
    expect(store.userIds).toEqual(['u0', 'u2']);
    expect(store.itemIds).toEqual(['i0', 'i2', 'i4']);
    expect(store.interactions).toEqual({
      rows: 3,
      userOffsets: Int32Array.of(0, 2, 3),
      user: Int32Array.of(0, 0, 1),
      item: Int32Array.of(0, 1, 1),
      time: Float64Array.of(10, 11, 12),
      columns: { is_click: Float32Array.of(1, 0, 1) },
      part: Uint8Array.of(0, 0, 0),
    });
    expect(store.truth.is_click).toEqual(Float32Array.of(0.1, 0.2, 0.4));
  });

  it('has the features of those that are left', () => {
    expect(store.users.categories.city).toEqual({ values: Int32Array.of(7, 2), cardinality: 9 });
    expect(store.items.tags.topic).toEqual({
      offsets: Int32Array.of(0, 2, 2, 3),
      values: Int32Array.of(1, 0, 8),
      cardinality: 9,
    });
    expect(store.items.texts.title).toEqual(['zero', 'two', 'four 😀']);
    const { held, streamed } = store.items.vectors;
    expect(held).toEqual(new HeldVectors(Float32Array.of(0, 0.5, 20, 20.5, 40, 40.5), 2, { clips: 2 }));
    expect(streamed!.matrix).toBeUndefined();
    expect(streamed!.rows(Int32Array.of(2, 0))).toEqual(Float32Array.of(40, 40.5, 0, 0.5));
    expect(() => streamed!.rows(Int32Array.of(3))).toThrow(RangeError);
  });

  it('has histories without the events of items that are gone', () => {
    // By items of the source: row 0 had 0; row 1 had 0 4 3; row 3 had 4.
    expect(store.histories.seen).toEqual({
      item: Int32Array.of(0, 2, 2),
      start: Int32Array.of(0, 0, 2),
      end: Int32Array.of(1, 2, 3),
    });
  });

  it('has items that neither a row nor a history ever named, while they may stay', () => {
    const { itemIds } = subsetOf({ ...whole, histories: {} }, Int32Array.of(0, 1, 3), all);
    expect(itemIds).toEqual(['i0', 'i2', 'i4']);
    const without4 = Uint8Array.of(1, 1, 1, 1, 0);
    expect(subsetOf({ ...whole, histories: {} }, Int32Array.of(0, 1, 3), without4).itemIds).toEqual([
      'i0',
      'i2',
    ]);
  });

  it('has no item that has lost what named it', () => {
    expect(subsetOf(whole, Int32Array.of(0, 2), all).itemIds).toEqual(['i0', 'i1']);
    const without4 = Uint8Array.of(1, 1, 1, 1, 0);
    const { itemIds, histories } = subsetOf(whole, Int32Array.of(0, 1, 3), without4);
    expect(itemIds).toEqual(['i0', 'i2']);
    expect(histories.seen).toMatchObject({ item: Int32Array.of(0), end: Int32Array.of(1, 1, 1) });
  });
});
