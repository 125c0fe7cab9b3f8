import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Windows } from '../../../src/data/import/windows.js';
import { type CardInput, prepare, type SourceHistory, type Store } from '../../../src/data/index.js';
import { folderOf, imported, importFrom, writeParquet } from './support.js';

const base: CardInput = {
  name: 'tiny',
  title: 'A tiny log',
  files: { log: { path: 'log.csv' } },
  interactions: {
    file: 'log',
    user: 'u',
    item: 'v',
    time: 't',
    columns: ['click'],
    histories: { seen: { column: 'seen' } },
  },
};

/** The history of each row in the order of the store, as identifiers. */
function historiesOf({ itemIds, histories, interactions }: Store, name = 'seen'): string[] {
  const { item, start, end } = histories[name]!;
  return Array.from({ length: interactions.rows }, (_, row) =>
    Array.from(item.subarray(start[row], end[row]), (code) => itemIds[code]).join(' '),
  );
}

const requireKeys = ({ start, end }: SourceHistory): void => {
  const startOf = new Map<number, number>();
  end.forEach((last, row) => {
    if (last === start[row]) return;
    expect(startOf.get(last) ?? start[row]).toBe(start[row]);
    startOf.set(last, start[row]!);
  });
};

describe('histories that a log repeats in each row', () => {
  const text = `u,v,t,click,seen
a,1,1,1,
a,2,2,1,1
a,3,3,0,1^2
a,4,4,1,1^2
a,5,5,0,2^4
b,1,1,1,9
b,2,2,1,9^1
a,6,6,0,5^3
`;

  it('are windows of one list a user; others stand by themselves', async () => {
    const { store, report } = await imported({ 'log.csv': text }, base);
    expect(historiesOf(store)).toEqual(['', '1', '1 2', '1 2', '2 4', '5 3', '9', '9 1']);
    // a: 1 2 4, then 5 3 by itself; b: 9 1
    expect(store.histories.seen!.item).toHaveLength(7);
    requireKeys(store.histories.seen!);
    expect(report).toContain(
      "histories seen: 4 of 8 are windows of their user's one before, 3 stand by themselves; 7 events in all",
    );
  });

  it('may name items that the log has not', async () => {
    const { store, report } = await imported({ 'log.csv': text }, base);
    expect(store.itemIds).toEqual(['1', '2', '3', '4', '5', '6', '9']);
    expect(report).toContain('1 items are in histories only; they come after those of the log');
  });

  it('are what a model sees when an experiment names them', async () => {
    const { store } = await imported({ 'log.csv': text }, base);
    const split = { kind: 'time', scope: 'user', train: 0.7, validation: 0.4 } as const;
    const data = prepare(store, { label: 'click', history: 'seen', split });
    const { causalEnd, windowStart, item } = data.histories;
    const row = 4; // a at time 5
    expect([...item.subarray(windowStart![row], causalEnd[row])].map((code) => store.itemIds[code])).toEqual([
      '2',
      '4',
    ]);
    expect(() => prepare(store, { label: 'click', history: 'sen', split })).toThrow('Did you mean seen?');
    const cold = { kind: 'itemColdStart', train: 0.6, validation: 0.4, seed: 1 } as const;
    expect(() => prepare(store, { label: 'click', history: 'seen', split: cold })).toThrow(
      'cold-start split',
    );
  });

  it('have no entry without an item', async () => {
    const bad = text.replace('9^1', '9^^1');
    await expect(imported({ 'log.csv': bad }, base)).rejects.toThrow(
      /log\.csv:8: the history seen has an entry without an item/,
    );
  });

  it('are kept of the rows that are kept', async () => {
    const twice = text.replace('b,2,2', 'b,1,1,1,9\nb,2,2');
    const card = { ...base, interactions: { ...base.interactions, duplicates: 'dropExact' as const } };
    const { store } = await imported({ 'log.csv': twice }, card);
    expect(historiesOf(store)).toEqual(['', '1', '1 2', '1 2', '2 4', '5 3', '9', '9 1']);
  });

  it('come out as they went in, whatever they are', () => {
    const lists = fc.array(fc.tuple(fc.nat(2), fc.array(fc.nat(4), { maxLength: 4 })), { maxLength: 30 });
    fc.assert(
      fc.property(lists, (rows) => {
        const sorted = rows.toSorted((a, b) => a[0] - b[0]);
        const windows = new Windows(3, sorted.length, '^', Number);
        for (const [row, [user, list]] of sorted.entries()) windows.add(row, user, list.join('^'));
        const { history } = windows.finish(Int32Array.from(sorted, ([user]) => user));
        const out = sorted.map((_, row) => [...history.item.subarray(history.start[row], history.end[row])]);
        expect(out).toEqual(sorted.map(([, list]) => list));
        requireKeys(history);
      }),
    );
  });
});

describe('one list a user, of which each row has the first entries', () => {
  const files = { 'log.csv': 'u,v,t,click,len\n0,7,1,1,0\n0,8,2,1,1\n0,9,3,0,2\n2,7,1,1,1\n' };
  const card = (history: object, path = 'lists.parquet'): CardInput => ({
    ...base,
    files: { ...base.files, lists: { path } },
    interactions: {
      ...base.interactions,
      histories: { seen: { column: 'seen', file: 'lists', length: 'len', ...history } },
    },
  });

  it('by the user, from Parquet', async () => {
    const from = folderOf(files);
    const sql = 'SELECT * FROM (VALUES (2, [7, 9]), (5, [1]), (0, [7, 8])) AS t(u, seen)';
    await writeParquet(join(from, 'lists.parquet'), sql);
    const { store } = await importFrom(from, card({}));
    expect(historiesOf(store)).toEqual(['', '7', '7 8', '7']);
    expect([...store.histories.seen!.item].map((code) => store.itemIds[code])).toEqual(['7', '8', '7', '9']);
  });

  it('by the number of the row, from CSV', async () => {
    const lists = 'seen\n7 8\n1\n7 9\n';
    const { store } = await imported(
      { ...files, 'lists.csv': lists },
      card({ byRow: true, separator: ' ' }, 'lists.csv'),
    );
    expect(historiesOf(store)).toEqual(['', '7', '7 8', '7']);
  });

  it('longer than the list', async () => {
    const lists = 'u,seen\n0,7\n2,7\n';
    await expect(
      imported({ ...files, 'lists.csv': lists }, card({ separator: ' ' }, 'lists.csv')),
    ).rejects.toThrow(/log\.csv:4: the history seen has 2 entries here, and the list of user 0 has 1/);
  });

  it('twice for a user', async () => {
    const lists = 'u,seen\n0,7 8\n0,8 9\n2,7\n';
    await expect(
      imported({ ...files, 'lists.csv': lists }, card({ separator: ' ' }, 'lists.csv')),
    ).rejects.toThrow('user 0 has two lists in seen');
  });
});
