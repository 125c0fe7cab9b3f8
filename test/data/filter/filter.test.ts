import { describe, expect, it } from '@jest/globals';
import { filterLacks, filterStore } from '../../../src/data/filter/index.js';
import {
  type FilterSpec,
  filteredText,
  type PreparedData,
  prepare,
  type Store,
} from '../../../src/data/index.js';
import { EmptyPartError } from '../../../src/data/split/index.js';
import { fc } from '../../support/property.js';
import { arbitraryStore } from '../arbitrary.js';
import { type Row, storeOf } from '../fixture.js';

/** Rows as `user item`, in order. */
const rowsOf = ({ userIds, itemIds, interactions: { user, item } }: Store): string[] =>
  Array.from(user, (u, row) => `${userIds[u]} ${itemIds[item[row]!]}`);

const left = (store: Store, filter: FilterSpec): string[] =>
  rowsOf(filterStore(store, filter, 'is_click').store);

/** A log of users who each have one row with every named item, clicked where it is marked with `+`. */
function logOf(users: Readonly<Record<string, string>>): Store {
  const rows = Object.values(users).flatMap((items, user) =>
    items
      .split(' ')
      .map((item, time): Row => [user, Number.parseInt(item, 10), time, item.endsWith('+') ? 1 : 0]),
  );
  return storeOf(rows);
}

describe('a filter', () => {
  // Items 0, 1, 2, 3 have 3, 2, 2 and 1 rows.
  const log = logOf({ u0: '0+ 1+ 2', u1: '0 1+', u2: '0 2 3+' });

  it('judges all conditions on the log as it came', () => {
    const { store, filtered } = filterStore(log, { minUserRows: 3, minItemRows: 2 }, 'is_click');
    // User 2 is left with two rows, and item 1 with one.
    expect(rowsOf(store)).toEqual(['u0 i0', 'u0 i1', 'u0 i2', 'u2 i0', 'u2 i2']);
    expect(filtered).toEqual({
      before: { users: 3, items: 4, rows: 8 },
      after: { users: 2, items: 3, rows: 5 },
      dropped: ['minUserRows 3: 1 users', 'minItemRows 2: 1 items'],
    });
    expect(filteredText(filtered!)).toBe(
      'dropped 1 of 3 users, 1 of 4 items, 3 of 8 rows (minUserRows 3: 1 users; minItemRows 2: 1 items; counted over all rows, test included)',
    );
  });

  it('counts positive rows of the label', () => {
    expect(left(log, { minUserPositives: 2 })).toEqual(['u0 i0', 'u0 i1', 'u0 i2']);
    expect(left(log, { minUserPositives: 1 })).toHaveLength(8);
  });

  it("finds SCAA's users in both readings", () => {
    const is = (rows: readonly number[]) =>
      Float32Array.from({ length: 8 }, (_, row) => (rows.includes(row) ? 1 : 0));
    const columns = { ...log.interactions.columns, is_like: is([0, 3]), is_follow: is([2, 5, 6]) };
    const store = { ...log, interactions: { ...log.interactions, columns } };
    // User 0 likes and follows, user 1 likes, user 2 follows.
    const both = ['is_like', 'is_follow'];
    expect(left(store, { usersWithAll: both })).toEqual(['u0 i0', 'u0 i1', 'u0 i2']);
    expect(left(store, { usersWithAny: both })).toHaveLength(8);
    expect(left(store, { usersWithAny: ['is_like'] })).toHaveLength(5);
    expect(() => left(store, { usersWithAll: ['is_lik'] })).toThrow(
      'no column is_lik (data.filter.usersWithAll)\n  Did you mean is_like?',
    );
  });

  it('leaves out rows that lack something, before it counts', () => {
    const duration_ms = Float32Array.of(5, 0, 7, 5, Number.NaN, 5, 7, -1);
    const columns = { ...log.interactions.columns, duration_ms };
    const store = { ...log, interactions: { ...log.interactions, columns } };
    const rowsWith = ['duration_ms'];
    expect(left(store, { rowsWith })).toEqual(['u0 i0', 'u0 i2', 'u1 i0', 'u2 i0', 'u2 i2']);
    expect(left(store, { rowsWith, minUserRows: 2 })).toEqual(['u0 i0', 'u0 i2', 'u2 i0', 'u2 i2']);
    expect(left(store, { rowsWith: ['duration_ms', 'is_click'] })).toEqual(['u0 i0']);
    expect(filterStore(store, { rowsWith }, 'is_click').filtered).toEqual({
      before: { users: 3, items: 4, rows: 8 },
      after: { users: 3, items: 2, rows: 5 },
      dropped: ['rowsWith duration_ms: 3 rows'],
    });
    expect(() => left(store, { rowsWith: ['duration'] })).toThrow('Did you mean duration_ms?');
  });

  it('does nothing without a condition', () => {
    for (const none of [undefined, {}, { kCore: undefined }]) {
      expect(filterStore(log, none, 'is_click')).toEqual({ store: log, filtered: null });
    }
  });

  it('refuses to leave nothing', () => {
    expect(() => left(log, { minUserRows: 4 })).toThrow(
      'data.filter leaves nothing of the 8 rows of fixture: minUserRows 4: 3 users, which is all of them\n' +
        '  Leave out what drops all: data.filter.minUserRows: null.',
    );
    expect(() => left(log, { kCore: 4 })).toThrow('Leave out what drops all: data.filter.kCore: null.');
  });

  it('says how many users have each column of a condition that leaves nobody', () => {
    // User 0 likes, user 2 follows.
    const is = (...rows: number[]) =>
      Float32Array.from({ length: 8 }, (_, row) => Number(rows.includes(row)));
    const columns = { is_like: is(0, 1), is_follow: is(6) };
    const store = { ...log, interactions: { ...log.interactions, columns } };
    const both = ['is_like', 'is_follow'];
    expect(() => left(store, { usersWithAll: both })).toThrow(
      'usersWithAll is_like,is_follow: 3 users, which is all of them (with is_like: 1, with is_follow: 1)\n' +
        '  Leave out what drops all: data.filter.usersWithAll: null.',
    );
    expect(() => left(store, { rowsWith: both })).toThrow(
      'rowsWith is_like,is_follow: 8 rows, which is all of them (with is_like: 2, with is_follow: 1)',
    );
    // Users 1 and 2 lack likes, user 0 has rows enough for neither.
    expect(() =>
      left(store, { usersWithAll: ['is_like'], minUserRows: 4, minUserPositives: undefined }),
    ).toThrow('usersWithAll is_like: 2 users; minUserRows 4: 3 users, which is all of them');
  });

  it('says that no condition leaves nothing by itself, where that is so', () => {
    // Each user lacks one of the two, which only both conditions ask for.
    const is = (...rows: number[]) =>
      Float32Array.from({ length: 8 }, (_, row) => Number(rows.includes(row)));
    const columns = { is_like: is(0), is_follow: is(6) };
    const store = { ...log, interactions: { ...log.interactions, columns } };
    expect(() => left(store, { usersWithAll: ['is_like'], usersWithAny: ['is_follow'] })).toThrow(
      'usersWithAll is_like: 2 users; usersWithAny is_follow: 2 users\n  No condition drops all by itself',
    );
  });

  it('names all columns that are missing, and settings without them', () => {
    const missing = (filter: FilterSpec) => filterLacks(log, filter).map(({ message }) => message);
    expect(missing({ usersWithAll: ['is_like', 'is_follow'] })).toEqual([
      'fixture has no columns is_like, is_follow (data.filter.usersWithAll)\n' +
        '  Columns: is_click. Without them: data.filter.usersWithAll: null.',
    ]);
    expect(missing({ usersWithAny: ['is_click', 'is_follow'], rowsWith: ['is_clik'] })).toEqual([
      'fixture has no column is_clik (data.filter.rowsWith)\n' +
        '  Did you mean is_click? Columns: is_click. Without it: data.filter.rowsWith: null.',
      'fixture has no column is_follow (data.filter.usersWithAny)\n' +
        '  Columns: is_click. Without it: data.filter.usersWithAny: [is_click].',
    ]);
    expect(missing({ usersWithAll: ['is_click'], kCore: 2 })).toEqual([]);
    expect(() => left(log, { usersWithAll: ['is_like'], rowsWith: ['is_follow'] })).toThrow(
      /no column is_follow[\s\S]*no column is_like/,
    );
  });

  it('makes other data, told by its conditions alone', () => {
    const of = (filter: FilterSpec, label = 'is_click') => filterStore(log, filter, label).store.fingerprint;
    const print = of({ minUserRows: 2, minItemRows: 2 });
    expect(print).toMatch(/^[0-9a-f]{64}$/);
    expect(print).not.toBe(log.fingerprint);
    expect(of({ minItemRows: 2, minUserRows: 2, kCore: undefined })).toBe(print);
    expect(of({ minUserRows: 2 })).not.toBe(print);
    const other = { ...log, fingerprint: 'e'.repeat(64) };
    expect(filterStore(other, { minUserRows: 2, minItemRows: 2 }, '').store.fingerprint).not.toBe(print);
  });
});

describe('the k-core', () => {
  it('is what is left after dropping again and again', () => {
    // A chain falls from both its ends: items 0 and 4, users 0 and 3, items 1 and 3, users 1 and 2, item 2.
    const chain = { a: '0 1', b: '1 2', c: '2 3', d: '3 4' };
    const { store, filtered } = filterStore(
      logOf({ ...chain, e: '5 6', f: '5 6' }),
      { kCore: 2 },
      'is_click',
    );
    expect(rowsOf(store)).toEqual(['u4 i5', 'u4 i6', 'u5 i5', 'u5 i6']);
    expect(filtered!.dropped).toEqual(['kCore 2: 4 users and 5 items in 5 rounds']);
  });

  it('is taken of what the other conditions leave', () => {
    const log = logOf({ a: '0 1 2', b: '0 2', c: '0 1 3' });
    expect(left(log, { kCore: 2 })).toHaveLength(7); // all but the row of item 3
    expect(left(log, { kCore: 2, minUserRows: 3 })).toEqual(['u0 i0', 'u0 i1', 'u2 i0', 'u2 i1']);
  });

  it('is stable, and the largest part that is', () => {
    fc.assert(
      fc.property(arbitraryStore, fc.integer({ min: 1, max: 6 }), (log, kCore) => {
        const wanted = coreOf(rowsOf(log), kCore);
        if (wanted.length === 0) {
          expect(() => left(log, { kCore })).toThrow('leaves nothing');
          return;
        }
        const { store } = filterStore(log, { kCore }, 'is_click');
        expect(rowsOf(store)).toEqual(wanted);
        expect(left(store, { kCore })).toEqual(wanted);
      }),
    );
  });

  /** Rows, one dropped at a time, until none is of a user or item with too few. */
  function coreOf(rows: readonly string[], k: number): readonly string[] {
    const few = (word: 0 | 1) =>
      rows.findIndex(
        (row) => rows.filter((other) => other.split(' ')[word] === row.split(' ')[word]).length < k,
      );
    const at = Math.max(few(0), few(1));
    return at < 0 ? rows : coreOf(rows.toSpliced(at, 1), k);
  }
});

/** Everything that a model sees of the log, by identifiers. */
function seen({ store, split, label, histories: listsOf, warmItems }: PreparedData) {
  const histories = listsOf('positive');
  const { user, item } = store.interactions;
  const name = (at: number) => store.itemIds[at];
  return {
    rows: rowsOf(store),
    label: [...label],
    split: Object.values(split).map((rows) => [...rows]),
    causal: Array.from(user, (u, row) =>
      Array.from(histories.item.subarray(histories.offsets[u], histories.causalEnd[row]), name),
    ),
    static: Array.from(user, (u) =>
      Array.from(
        histories.trainItem.subarray(histories.trainOffsets[u], histories.trainOffsets[u + 1]),
        name,
      ),
    ),
    warm: store.itemIds.filter((_, at) => warmItems[at] === 1),
    unused: store.itemIds.filter((_, at) => !item.includes(at)),
  };
}

it('what a filter leaves is prepared as if the rest had never been', () => {
  const split = { kind: 'time', scope: 'user', train: 0.7, validation: 0.3 } as const;
  const spec = { label: 'is_click', split };
  fc.assert(
    fc.property(arbitraryStore, fc.integer({ min: 2, max: 6 }), (log, minUserRows) => {
      const { user, item, time, columns } = log.interactions;
      const rows = Array.from(user, (u, row): Row => [u, item[row]!, time[row]!, columns.is_click![row]!]);
      const kept = rows.filter(([u]) => rows.filter((other) => other[0] === u).length >= minUserRows);
      fc.pre(kept.length > 0);
      // The same identifiers, numbered by hand.
      const users = [...new Set(kept.map((row) => row[0]))];
      const never = log.itemIds.map((_, i) => i).filter((i) => !item.includes(i)); // lost no row, so they stay
      const items = [...new Set([...kept.map((row) => row[1]), ...never])].sort((a, b) => a - b);
      const made = storeOf(
        kept.map(([u, i, moment, click]) => [users.indexOf(u), items.indexOf(i), moment, click]),
        items.length,
      );
      const small = { ...made, userIds: users.map((u) => `u${u}`), itemIds: items.map((i) => `i${i}`) };
      try {
        const expected = seen(prepare(small, spec));
        expect(seen(prepare(log, { ...spec, filter: { minUserRows } }))).toEqual(expected);
        expect(expected.unused).toEqual(never.map((i) => `i${i}`));
      } catch (error) {
        if (!(error instanceof EmptyPartError)) throw error;
      }
    }),
  );
});
