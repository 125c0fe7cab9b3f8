import { describe, expect, it } from '@jest/globals';
import { EmptyPartError, type Split, type SplitSpec, splitRows } from '../../../src/data/split/index.js';
import { fc } from '../../support/property.js';
import { arbitraryStore } from '../arbitrary.js';
import { type Row, storeOf, withParts } from '../fixture.js';

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

describe('random split', () => {
  const random: SplitSpec = {
    kind: 'random',
    scope: 'user',
    train: 0.8,
    validation: 0.1,
    seed: 1,
  };
  /** Users with that many rows each, of items 0, 1, 2, ... */
  const log = (...counts: number[]) =>
    storeOf(counts.flatMap((count, user) => Array.from({ length: count }, (_, i): Row => [user, i, i, 1])))
      .interactions;

  it('gives each user as many rows in each part as the time split', () => {
    const counts = [1, 2, 3, 5, 10, 15, 25, 100];
    const interactions = log(...counts);
    const split = splitRows(interactions, 100, random);
    const ofUser = (part: Int32Array, user: number) =>
      part.filter((row) => interactions.user[row] === user).length;
    expect(
      counts.map((_, u) => [split.train, split.validation, split.test].map((p) => ofUser(p, u))),
    ).toEqual([
      [0, 0, 1],
      [1, 0, 1],
      [1, 1, 1],
      [3, 1, 1],
      [7, 1, 2],
      [11, 1, 3],
      [18, 2, 5],
      [72, 8, 20],
    ]);
  });

  it('takes any row alike: 20 % test, 8 % validation', () => {
    const interactions = log(25, 10);
    const inTest = new Float64Array(25);
    const inValidation = new Float64Array(25);
    for (let seed = 0; seed < 2000; seed++) {
      const split = splitRows(interactions, 25, { ...random, seed });
      for (const row of split.test) if (row < 25) inTest[row]!++;
      for (const row of split.validation) if (row < 25) inValidation[row]!++;
    }
    // Binomial: 400 with a standard deviation of 17.9; 160 with one of 12.1.
    for (const count of inTest) expect(Math.abs(count - 400)).toBeLessThan(5 * 17.9);
    for (const count of inValidation) expect(Math.abs(count - 160)).toBeLessThan(5 * 12.1);
  });

  it('depends on the seed alone, and draws another order for each user', () => {
    const interactions = log(30, 30);
    const split = splitRows(interactions, 30, random);
    expect(splitRows(interactions, 30, random)).toEqual(split);
    expect(splitRows(interactions, 30, { ...random, seed: 2 })).not.toEqual(split);
    const [first, second] = [0, 1].map((user) =>
      [...split.test].filter((row) => interactions.user[row] === user).map((row) => row - 30 * user),
    );
    expect(first).not.toEqual(second);
  });

  it('global: draws among all rows', () => {
    const ofFirst = [1, 2, 3, 4, 5, 6].map((seed) => {
      const split = splitRows(log(40, 60), 60, { ...random, scope: 'global', seed });
      expect([split.train.length, split.validation.length, split.test.length]).toEqual([72, 8, 20]);
      return split.test.filter((row) => row < 40).length;
    });
    expect(new Set(ofFirst).size).toBeGreaterThan(1); // user by user it would always be 8
  });

  it('says how many rows a user needs', () => {
    const attempt = () => splitRows(log(3, 3, 2), 3, { ...random, train: 0.25 });
    expect(attempt).toThrow('the split leaves no train rows (8 rows in all)');
    expect(attempt).toThrow('a user needs 4 rows to have one in train, and 8 to have one in validation');
  });
});

describe('published split', () => {
  const published: SplitSpec = { kind: 'published', validation: 0.25, cut: 'user', seed: 1 };
  const [train, validation, test] = [0, 1, 2];
  // Two users; of the second the first row, and of the first one in the middle, are test.
  const rows: Row[] = [
    [0, 0, 10, 1],
    [0, 1, 20, 1],
    [0, 9, 30, 1],
    [0, 2, 40, 1],
    [0, 3, 50, 1],
    [1, 8, 5, 1],
    [1, 0, 15, 1],
    [1, 1, 45, 1],
  ];
  const parts = [train, train, test, train, train, test, train, train];

  it('puts every row where the source does', () => {
    const { interactions } = withParts(storeOf(rows), [
      train,
      train,
      test,
      validation,
      train,
      test,
      train,
      train,
    ]);
    expect(splitRows(interactions, 10, published)).toEqual({
      train: Int32Array.of(0, 1, 4, 6, 7),
      validation: Int32Array.of(3),
      test: Int32Array.of(2, 5),
    });
  });

  // By hand. Of each user's 4 and 2 train rows max(1, floor(0.25 n)) = 1; of all 6 by time 1; of the 4 train items 1.
  it.each([
    ['user', [4, 7]],
    ['global', [4]],
  ] as const)('cuts validation out of train where the source has none: %s', (cut, held) => {
    const { interactions } = withParts(storeOf(rows), parts);
    const split = splitRows(interactions, 10, { ...published, cut });
    expect([...split.validation]).toEqual(held);
    expect([...split.test]).toEqual([2, 5]);
    expect(split.train.length).toBe(6 - held.length);
  });

  it('cuts validation by items: all train rows of one of the four train items, none of the others', () => {
    const { interactions } = withParts(storeOf(rows), parts);
    const held = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const split = splitRows(interactions, 10, { ...published, cut: 'items', seed });
      const items = new Set([...split.validation].map((row) => interactions.item[row]!));
      expect(items.size).toBe(1);
      for (const row of split.train) expect(items.has(interactions.item[row]!)).toBe(false);
      expect([...split.test]).toEqual([2, 5]);
      for (const item of items) held.add(item);
    }
    expect(held).toEqual(new Set([0, 1, 2, 3])); // each of them by some seed
  });

  it('leaves no moment of the global cut on both sides', () => {
    const equal: Row[] = [1, 2, 3, 3, 3, 4].map((time, i): Row => [0, i, time, 1]);
    const { interactions } = withParts(storeOf(equal), [train, train, train, train, train, test]);
    // Of 5 train rows floor(0.4 x 5) = 2 are to be held: rows 3 and 4, and row 2 has their time.
    const split = splitRows(interactions, 6, { ...published, cut: 'global', validation: 0.4 });
    expect([...split.validation]).toEqual([2, 3, 4]);
  });

  it('refuses a source without parts, or without a test', () => {
    expect(() => splitRows(storeOf(rows).interactions, 10, published)).toThrow(
      'the data set has no published split',
    );
    const { interactions } = withParts(
      storeOf(rows),
      parts.map(() => train),
    );
    expect(() => splitRows(interactions, 10, published)).toThrow('The source has no test part');
  });
});

const specs: SplitSpec[] = [
  perUser,
  { ...perUser, scope: 'global' },
  { kind: 'itemColdStart', train: 0.5, validation: 0.3, seed: 1 },
  { kind: 'random', scope: 'user', train: 0.8, validation: 0.2, seed: 1 },
  { kind: 'random', scope: 'global', train: 0.6, validation: 0.2, seed: 1 },
  { kind: 'leaveOneOut' },
  { kind: 'published', validation: 0.3, cut: 'user', seed: 1 },
  { kind: 'published', validation: 0.3, cut: 'global', seed: 1 },
  { kind: 'published', validation: 0.3, cut: 'items', seed: 1 },
];

/** A log with published parts, with validation or without, and its split; nothing where a part is empty. */
const splitOf = (spec: SplitSpec) =>
  fc
    .tuple(arbitraryStore, fc.infiniteStream(fc.constantFrom(0, 0, 2)), fc.boolean())
    .map(([store, draws, whole]) => {
      const parts = Array.from(store.interactions.user, () => draws.next().value as number);
      const { interactions } = withParts(
        store,
        whole ? parts.map((part, i) => (i % 5 === 0 ? 1 : part)) : parts,
      );
      try {
        return { interactions, split: splitRows(interactions, 12, spec) };
      } catch (error) {
        if (error instanceof EmptyPartError) return null;
        throw error;
      }
    });

describe.each(specs)('every split: %j', (spec) => {
  it('puts each row into exactly one part, ascending', () => {
    fc.assert(
      fc.property(splitOf(spec), (found) => {
        if (!found) return;
        const parts = Object.values(found.split as Split);
        for (const part of parts) expect([...part]).toEqual([...part].sort((a, b) => a - b));
        const all = parts.flatMap((part) => [...part]).sort((a, b) => a - b);
        expect(all).toEqual(Array.from({ length: found.interactions.rows }, (_, row) => row));
      }),
    );
  });
});

it.each(specs.filter((spec) => 'validation' in spec))('validation comes out of train alone: %j', (spec) => {
  fc.assert(
    fc.property(arbitraryStore, fc.infiniteStream(fc.constantFrom(0, 0, 2)), (store, draws) => {
      const parts = Array.from(store.interactions.user, () => draws.next().value as number);
      const { interactions } = withParts(store, parts);
      const testOf = (validation: number) => {
        try {
          return splitRows(interactions, 12, { ...spec, validation }).test;
        } catch (error) {
          if (error instanceof EmptyPartError) return null;
          throw error;
        }
      };
      const [little, much] = [testOf(0.1), testOf(0.6)];
      if (little && much) expect(little).toEqual(much);
    }),
  );
});

describe('a published split', () => {
  it.each(['user', 'global', 'items'] as const)('never takes validation from test (%s)', (cut) => {
    fc.assert(
      fc.property(splitOf({ kind: 'published', validation: 0.4, cut, seed: 2 }), (found) => {
        if (!found) return;
        const { part } = found.interactions;
        const of = (wanted: number) => [...part!.keys()].filter((row) => part![row] === wanted);
        expect([...found.split.test]).toEqual(of(2));
        if (part!.includes(1)) expect([...found.split.validation]).toEqual(of(1));
      }),
    );
  });
});
