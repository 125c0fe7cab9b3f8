import { describe, expect, it } from '@jest/globals';
import { inspect } from '../../src/data/index.js';
import { type Row, storeOf } from './fixture.js';

const split = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } as const;

// User 0: five rows, clicks 1 1 0 0 1, one pair repeated. User 1: five rows, no click. Item 3 never shown.
const rows: Row[] = [
  [0, 0, 10, 1],
  [0, 1, 11, 1],
  [0, 0, 12, 0],
  [0, 2, 13, 0],
  [0, 4, 14, 1],
  [1, 0, 10, 0],
  [1, 1, 20, 0],
  [1, 2, 30, 0],
  [1, 4, 40, 0],
  [1, 5, 50, 0],
];

describe('inspect', () => {
  it('counts by hand', () => {
    const found = inspect(storeOf(rows, 6), { label: 'is_click', split });
    expect(found).toMatchObject({
      users: 2,
      items: 6,
      rows: 10,
      repeatedPairs: 1,
      time: { first: 10, last: 50 },
    });
    // Ten rows, one of them a repeat, fill nine of the twelve cells.
    expect(found.sparsity).toBeCloseTo(1 - 9 / 12);
    expect(found.columns.is_click).toEqual({
      mean: expect.closeTo(0.3),
      min: 0,
      max: 1,
      zeros: 7,
      binary: true,
    });
    expect([found.published, found.histories]).toEqual([null, {}]);
    expect(found.rowsPerUser).toEqual({ mean: 5, median: 5, max: 5, histogram: [0, 0, 0, 2] });
    // Items 0..5 have 3, 2, 2, 0, 2, 1 rows: buckets 0, 1 and 2-3.
    expect(found.rowsPerItem).toEqual({ mean: 10 / 6, median: 2, max: 3, histogram: [1, 1, 4] });
    expect(found.label).toEqual({
      name: 'is_click',
      rate: expect.closeTo(0.3) as unknown as number,
      historyLength: { mean: 1.5, median: 1.5, max: 3, histogram: [1, 0, 1] },
      oneClassUsers: 1,
      neverPositiveUsers: 1,
      // 3 train, 1 validation, 1 test row a user; train shows items 0 1 and 0 1 2.
      split: {
        train: { rows: 6, users: 2, items: 3, coldRows: 0, coldItems: 0, rate: 2 / 6 },
        validation: { rows: 2, users: 2, items: 2, coldRows: 0.5, coldItems: 1, rate: 0 },
        test: { rows: 2, users: 2, items: 2, coldRows: 1, coldItems: 2, rate: 0.5 },
      },
    });
  });

  it('does without a label, and without a split that would be empty', () => {
    expect(inspect(storeOf(rows, 6), { label: 'is_like', split }).label).toBeNull();
    expect(inspect(storeOf(rows.slice(0, 1), 6), { label: 'is_click', split }).label!.split).toBeNull();
  });

  it('counts users who did everything alike', () => {
    const ones: Row[] = [
      [0, 0, 1, 1],
      [0, 1, 2, 1],
      [1, 0, 1, 0],
      [2, 0, 1, 1],
      [2, 1, 2, 0],
    ];
    const { label } = inspect(storeOf(ones), { label: 'is_click', split });
    expect(label).toMatchObject({ oneClassUsers: 2, neverPositiveUsers: 1 });
  });

  it('shows the parts of a published split', () => {
    const store = storeOf(rows, 6);
    // Train: items 0 1 0 and 0 1; test: 2 4 and 2 4 5. No validation part.
    const part = Uint8Array.of(0, 0, 0, 2, 2, 0, 0, 2, 2, 2);
    const published = { ...store, interactions: { ...store.interactions, part } };
    expect(inspect(published, { label: 'is_click', split }).published).toEqual({
      train: { rows: 5, users: 2, items: 2, coldRows: 0, coldItems: 0, rate: 0.4 },
      test: { rows: 5, users: 2, items: 3, coldRows: 1, coldItems: 3, rate: 0.2 },
    });
    expect(inspect(published, { label: 'none', split }).published!.test!.rate).toBeNull();
  });

  it('shows published histories: lengths 0 0 1 2 3 3 2 1 0 0', () => {
    const end = Int32Array.of(0, 0, 1, 2, 3, 3, 2, 1, 0, 0);
    const histories = { shown: { item: Int32Array.of(1, 2, 3), start: new Int32Array(10), end } };
    const found = inspect({ ...storeOf(rows, 6), histories }, { label: 'is_click', split });
    expect(found.histories).toEqual({
      shown: { empty: 0.4, length: { mean: 1.2, median: 1, max: 3, histogram: [4, 2, 4] } },
    });
  });

  it('shows columns of numbers and features of all kinds', () => {
    const store = storeOf(rows, 6);
    const duration = Float32Array.of(0, 5, 0, 7, -1, 0, 2, 3, 4, 10);
    const found = inspect(
      {
        ...store,
        interactions: { ...store.interactions, columns: { duration } },
        items: {
          categories: { author: { values: Int32Array.of(0, 1, -1, 1, 0, -1), cardinality: 2 } },
          tags: {
            topic: { offsets: Int32Array.of(0, 2, 2, 3, 3, 3, 6), values: new Int32Array(6), cardinality: 4 },
          },
          texts: { title: ['a', '', 'c', ' ', '', ''] },
          vectors: {
            cover: { width: 8, rows: () => new Float32Array(0) },
            frames: { width: 8, clips: 4, rows: () => new Float32Array(0) },
          },
        },
      },
      { label: 'is_click', split },
    );
    expect(found.columns.duration).toEqual({ mean: 3, min: -1, max: 10, zeros: 3, binary: false });
    expect(found.features.items).toEqual({
      author: '2 categories, known for 4 of 6',
      topic: '4 tags, known for 3 of 6, 2.0 each',
      title: 'texts, known for 3 of 6',
      cover: 'vector of 8',
      frames: '4 clips, each a vector of 2',
    });
  });
});
