import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EmptyPartError, type SplitSpec, splitRows } from '../../src/data/split.js';
import { arbitraryStore } from './arbitrary.js';
import { type Row, storeOf } from './fixture.js';

const perUser: SplitSpec = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 };

/** Parts of a log of one user with n rows, as counts. */
function countsOf(n: number): [train: number, validation: number, test: number] {
  // A second, long user keeps every part filled.
  const rows = [
    ...Array.from({ length: n }, (_, i): Row => [0, 0, i, 1]),
    ...Array.from({ length: 20 }, (_, i): Row => [1, 0, i, 1]),
  ];
  const split = splitRows(storeOf(rows).interactions, 1, perUser);
  const ofFirst = (part: Int32Array): number => part.filter((row) => row < n).length;
  return [ofFirst(split.train), ofFirst(split.validation), ofFirst(split.test)];
}

describe('time split per user', () => {
  // By hand: floor(0.8 n) train part, its last max(1, floor(0.1 of it)) validation.
  it.each([
    [1, [0, 0, 1]],
    [2, [1, 0, 1]], // a train part of one row keeps it
    [3, [1, 1, 1]],
    [5, [3, 1, 1]],
    [10, [7, 1, 2]],
    [15, [11, 1, 3]],
    [25, [18, 2, 5]],
    [100, [72, 8, 20]],
  ] as const)('cuts %i rows into %j', (n, counts) => {
    expect(countsOf(n)).toEqual(counts);
  });

  it('takes the earliest rows for train and the latest for test', () => {
    const rows = Array.from({ length: 10 }, (_, i): Row => [0, 0, 100 + i, 1]);
    expect(splitRows(storeOf(rows).interactions, 1, perUser)).toEqual({
      train: Int32Array.of(0, 1, 2, 3, 4, 5, 6),
      validation: Int32Array.of(7),
      test: Int32Array.of(8, 9),
    });
  });

  it('does not lose a row to rounding: 0.29 of 100 rows are 29', () => {
    const rows = Array.from({ length: 100 }, (_, i): Row => [0, 0, i, 1]);
    const split = splitRows(storeOf(rows).interactions, 1, { ...perUser, train: 0.29 });
    expect(split.train.length + split.validation.length).toBe(29);
  });
});

describe('global time split', () => {
  it('cuts everyone at one time and leaves no moment on both sides', () => {
    // Times 0 0 1 1 2 2 3 3 4 4 over two users: the cut of 80 % falls on time 4, of validation on time 3.
    const rows: Row[] = [0, 1].flatMap((user) => [0, 1, 2, 3, 4].map((time): Row => [user, 0, time, 1]));
    const { interactions } = storeOf(rows);
    const split = splitRows(interactions, 1, { ...perUser, scope: 'global' });
    const times = (part: Int32Array) => [...part].map((row) => interactions.time[row]);
    expect(times(split.train)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(times(split.validation)).toEqual([3, 3]);
    expect(times(split.test)).toEqual([4, 4]);
  });

  it('refuses a log in which all rows have one time', () => {
    const rows = Array.from({ length: 10 }, (): Row => [0, 0, 5, 1]);
    const spec: SplitSpec = { ...perUser, scope: 'global' };
    expect(() => splitRows(storeOf(rows).interactions, 1, spec)).toThrow(EmptyPartError);
  });
});

describe('item cold start split', () => {
  const spec: SplitSpec = { kind: 'itemColdStart', train: 0.7, validation: 0.1, seed: 3 };
  const rows: Row[] = [0, 1, 2].flatMap((user) => Array.from({ length: 20 }, (_, i): Row => [user, i, i, 1]));

  it('shares out the items, 13 + 1 + 6 of 20, and lets rows follow them', () => {
    const { interactions } = storeOf(rows);
    const split = splitRows(interactions, 20, spec);
    const items = Object.values(split).map((part) => new Set([...part].map((row) => interactions.item[row])));
    expect(items.map((set) => set.size)).toEqual([13, 1, 6]);
    expect(new Set(items.flatMap((set) => [...set])).size).toBe(20);
  });

  it('depends on the seed alone', () => {
    const { interactions } = storeOf(rows);
    expect(splitRows(interactions, 20, spec)).toEqual(splitRows(interactions, 20, spec));
    expect(splitRows(interactions, 20, spec)).not.toEqual(splitRows(interactions, 20, { ...spec, seed: 4 }));
  });
});

describe('leave-one-out split', () => {
  it("takes a user's last row for test and the last but one for validation, from three rows on", () => {
    const rows: Row[] = [4, 1, 2, 3].flatMap((count, user) =>
      Array.from({ length: count }, (_, i): Row => [user, i, i, 1]),
    );
    // Rows 0 to 3 are of user 0, row 4 of user 1, rows 5 and 6 of user 2, rows 7 to 9 of user 3.
    expect(splitRows(storeOf(rows).interactions, 4, { kind: 'leaveOneOut' })).toEqual({
      train: Int32Array.of(0, 1, 4, 5, 6, 7),
      validation: Int32Array.of(2, 8),
      test: Int32Array.of(3, 9),
    });
  });

  it('refuses a log in which no user has three rows', () => {
    const rows: Row[] = [0, 1].flatMap((user): Row[] => [
      [user, 0, 0, 1],
      [user, 1, 1, 1],
    ]);
    const { interactions } = storeOf(rows);
    expect(() => splitRows(interactions, 2, { kind: 'leaveOneOut' })).toThrow(EmptyPartError);
  });
});

describe('every split', () => {
  const specs: SplitSpec[] = [
    perUser,
    { ...perUser, scope: 'global' },
    { kind: 'itemColdStart', train: 0.5, validation: 0.3, seed: 1 },
    { kind: 'leaveOneOut' },
  ];
  it.each(specs)('puts each row into exactly one part, ascending: %j', (spec) => {
    fc.assert(
      fc.property(arbitraryStore, (store) => {
        try {
          const parts = Object.values(splitRows(store.interactions, 12, spec));
          for (const part of parts) expect([...part]).toEqual([...part].sort((a, b) => a - b));
          const all = parts.flatMap((part) => [...part]).sort((a, b) => a - b);
          expect(all).toEqual(Array.from({ length: store.interactions.rows }, (_, row) => row));
        } catch (error) {
          if (!(error instanceof EmptyPartError)) throw error;
        }
      }),
    );
  });
});
