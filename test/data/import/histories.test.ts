import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../../src/base/index.js';
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
      'histories seen: lists of 7 events in all, of which the rows have windows; 2 rows continue none',
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
    const { causalEnd, windowStart, item } = data.histories('positive');
    const row = 4; // a at time 5
    expect([...item.subarray(windowStart![row], causalEnd[row])].map((code) => store.itemIds[code])).toEqual([
      '2',
      '4',
    ]);
    expect(() => prepare(store, { label: 'click', history: 'sen', split })).toThrow('Did you mean seen?');
  });

  it('are not what another separator makes of them', async () => {
    const log = 'u,v,t,click,seen\na,1,1,1,\na,2,2,1,"2,1"\n';
    await expect(imported({ 'log.csv': log }, base)).rejects.toThrow(
      'none of the items of the histories seen is in the log, for example "2,1"',
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

  it('may be written in brackets', async () => {
    const log = 'u,v,t,click,seen\na,1,1,1,[]\na,2,2,1,"[1]"\na,3,3,1,"[1, 2]"\n';
    const card = { ...base.interactions, histories: { seen: { column: 'seen', separator: ',' } } };
    const { store } = await imported({ 'log.csv': log }, { ...base, interactions: card });
    expect(historiesOf(store)).toEqual(['', '1', '1 2']);
    expect(store.itemIds).toEqual(['1', '2', '3']);
  });

  it('may hold signs of several bytes, also between the items', async () => {
    // Signs of 1, 2, 3 and 4 bytes: é grows to é→日本, to é→日本→😀, which slides to 日本→😀→a and on to 😀→a→é.
    const log = `u,v,t,click,seen
u,é,1,1,
u,日本,2,1,é
u,😀,3,1,é→日本
u,a,4,1,é→日本→😀
u,a,5,1,日本→😀→a
u,a,6,1,😀→a→é
u,a,7,1,😀→a→é
`;
    const card = { ...base.interactions, histories: { seen: { column: 'seen', separator: '→' } } };
    const { store, report } = await imported({ 'log.csv': log }, { ...base, interactions: card });
    expect(historiesOf(store)).toEqual(['', 'é', 'é 日本', 'é 日本 😀', '日本 😀 a', '😀 a é', '😀 a é']);
    // One list: é 日本 😀 a é.
    expect(report).toContain(
      'histories seen: lists of 5 events in all, of which the rows have windows; 0 rows continue none',
    );
  });

  it('come out as they went in, whatever they are', async () => {
    const random = randomStream('histories');
    const users = Array.from({ length: 40 }, () => [] as string[]);
    const expected: string[] = [];
    let text = 'u,v,t,click,seen\n';
    for (let row = 0; row < 1500; row++) {
      const user = random.int(users.length);
      const list = users[user]!;
      // Mostly a window that grows or slides, now and then something else.
      if (random.uniform() < 0.6) list.push(String(random.int(12)));
      if (list.length > 4) list.shift();
      if (random.uniform() < 0.1) list.splice(0, list.length, ...users[random.int(users.length)]!);
      const shown = random.uniform() < 0.1 ? list.slice(1) : list;
      text += `${user},${random.int(12)},${row},1,${shown.join('^')}\n`;
      expected.push(`${user}: ${shown.join(' ')}`);
    }
    const { store } = await imported({ 'log.csv': text }, base);
    const found = historiesOf(store).map((history, row) => ({
      history,
      row,
      time: store.interactions.time[row]!,
    }));
    const inOrder = found
      .toSorted((a, b) => a.time - b.time)
      .map(({ history, row }) => `${store.userIds[store.interactions.user[row]!]}: ${history}`);
    expect(inOrder).toEqual(expected);
    requireKeys(store.histories.seen!);
    expect(store.histories.seen!.item.length).toBeLessThan(2500); // 1,500 rows of up to four items
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

  it.each([
    ['', 'is empty'],
    ['-1', 'is -1'],
    ['3000000000', 'is 3000000000'],
  ])('of a length that is %j', async (length, problem) => {
    const log = files['log.csv'].replace('0,9,3,0,2', `0,9,3,0,${length}`);
    const lists = { ...files, 'log.csv': log, 'lists.csv': 'u,seen\n0,7 8\n2,7\n' };
    await expect(imported(lists, card({ separator: ' ' }, 'lists.csv'))).rejects.toThrow(
      `log.csv:4: column len ${problem}, which is no length of a history`,
    );
  });

  it.each(['1.5', '-1', ''])('of a length of %j', async (length) => {
    const log = `u,v,t,click,len\n0,7,1,1,0\n0,8,2,1,${length}\n`;
    const lists = 'u,seen\n0,7 8\n';
    await expect(
      imported({ 'log.csv': log, 'lists.csv': lists }, card({ separator: ' ' }, 'lists.csv')),
    ).rejects.toThrow(/log\.csv:3: column len is .*, which is no length of a history/);
  });

  it('twice for a user', async () => {
    const lists = 'u,seen\n0,7 8\n0,8 9\n2,7\n';
    await expect(
      imported({ ...files, 'lists.csv': lists }, card({ separator: ' ' }, 'lists.csv')),
    ).rejects.toThrow('user 0 has two lists in seen');
  });
});

describe('items of histories are read as they are', () => {
  const seen = (spec: object): CardInput['interactions'] => ({
    file: 'log',
    user: 'u',
    item: 'v',
    columns: [],
    histories: { seen: { column: 'seen', ...spec } },
  });
  const withLists: CardInput = {
    ...base,
    files: { log: { path: 'log.csv' }, lists: { path: 'lists.csv' } },
    interactions: seen({ file: 'lists', separator: ',' }),
  };

  it('with spaces in them', async () => {
    const files = { 'log.csv': 'u,v\na,x y\nb,z\n', 'lists.csv': 'u,seen\na,"z,x y"\n' };
    const { store } = await imported(files, withLists);
    expect(store.itemIds).toEqual(['x y', 'z']);
    expect([...store.histories.seen!.item]).toEqual([1, 0]);
  });

  it('from a list that goes over several lines', async () => {
    const files = { 'log.csv': 'u,v\na,1\na,2\n', 'lists.csv': 'u,seen\na,"[1,\n 2\n]"\n' };
    const { store } = await imported(files, withLists);
    expect(store.itemIds).toEqual(['1', '2']);
    expect([...store.histories.seen!.item]).toEqual([0, 1]);
  });

  it('from list columns, whatever signs they hold', async () => {
    const from = folderOf({});
    await writeParquet(
      join(from, 'log.parquet'),
      "SELECT * FROM (VALUES ('a', '1^2', ['3']), ('a', '3', ['3', '1^2'])) AS log (u, v, seen)",
    );
    const card = { ...base, files: { log: { path: 'log.parquet' } }, interactions: seen({}) };
    const { store } = await importFrom(from, card);
    expect(store.itemIds).toEqual(['3', '1^2']);
    expect(historiesOf(store)).toEqual(['3', '3 1^2']);
  });

  it('beside a column that is called as ours are', async () => {
    const files = { 'log.csv': 'u,v,s0,seen\na,1,7,\na,2,8,1\n' };
    const card = { ...base, interactions: { ...seen({}), columns: ['s0'] } };
    const { store } = await imported(files, card);
    expect(historiesOf(store)).toEqual(['', '1']);
    expect([...store.interactions.columns.s0!]).toEqual([7, 8]);
  });

  it('but for line breaks, which no identifier may hold', async () => {
    const files = { 'log.csv': 'u,v,seen\na,1,"1^3\n"\n' };
    await expect(imported(files, { ...base, interactions: seen({}) })).rejects.toThrow(
      'the identifier "3\\n" holds a line break',
    );
  });
});
