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
    expect(found.columns.is_click!.mean).toBeCloseTo(0.3);
    expect(found.rowsPerUser).toEqual({ mean: 5, median: 5, max: 5, histogram: [0, 0, 0, 2] });
    // Items 0..5 have 3, 2, 2, 0, 2, 1 rows: buckets 0, 1 and 2-3.
    expect(found.rowsPerItem).toEqual({ mean: 10 / 6, median: 2, max: 3, histogram: [1, 1, 4] });
    expect(found.label).toEqual({
      name: 'is_click',
      rate: expect.closeTo(0.3) as unknown as number,
      historyLength: { mean: 1.5, median: 1.5, max: 3, histogram: [1, 0, 1] },
      oneClassUsers: 1,
      // 3 train, 1 validation, 1 test row a user; train shows items 0 1 and 0 1 2.
      split: {
        train: { rows: 6, coldRows: 0 },
        validation: { rows: 2, coldRows: 0.5 },
        test: { rows: 2, coldRows: 1 },
      },
    });
  });

  it('counts what a filter leaves', () => {
    const found = inspect(storeOf(rows, 6), { label: 'is_click', filter: { minItemRows: 2 }, split });
    // Items 3 (no row) and 5 (one) are gone.
    expect(found).toMatchObject({ users: 2, items: 4, rows: 9, filtered: { after: { items: 4 } } });
    expect(inspect(storeOf(rows, 6), { label: 'is_click', split }).filtered).toBeNull();
  });

  it('does without a label, and without a split that would be empty', () => {
    expect(inspect(storeOf(rows, 6), { label: 'is_like', split }).label).toBeNull();
    expect(inspect(storeOf(rows.slice(0, 1), 6), { label: 'is_click', split }).label!.split).toBeNull();
  });
});
