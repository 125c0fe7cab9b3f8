import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeNpy } from '../../../src/base/index.js';
import type { CardInput } from '../../../src/data/index.js';
import { folderOf, imported, importFrom, writeParquet } from './support.js';

const log = 'u,v,t,click,topics\n1,10,1,1,"b,a"\n1,20,2,0,\n2,30,3,1,"[c, a]"\n2,10,4,1,c\n';
const card = (items: CardInput['items'], files: CardInput['files'] = {}): CardInput => ({
  name: 'tiny',
  title: 'A tiny log',
  files: { log: { path: 'log.csv' }, ...files },
  interactions: { file: 'log', user: 'u', item: 'v', time: 't', columns: ['click'] },
  items: items ?? {},
});

describe('tags', () => {
  it('keep their order; brackets and spaces around entries do not count; the earliest list counts', async () => {
    const { store, report } = await imported(
      { 'log.csv': log },
      card({ tags: { topic: { column: 'topics' } } }),
    );
    const { offsets, values, cardinality } = store.items.tags.topic!;
    expect(cardinality).toBe(3); // a, b, c
    expect([...offsets]).toEqual([0, 2, 2, 4]);
    expect([...values]).toEqual([1, 0, 2, 0]);
    expect(report).toContain('item feature topic: known for 2 of 3 items');
    expect(report).toContain('item feature topic: 1 item has several values; the earliest is taken');
  });

  it('from lists of a Parquet file', async () => {
    const from = folderOf({ 'log.csv': log });
    await writeParquet(
      join(from, 'info.parquet'),
      "SELECT * FROM (VALUES (30, ['x', 'y']), (10, ['y']), (99, ['z'])) AS t(v, topics)",
    );
    const files = { info: { path: 'info.parquet' } };
    const { store } = await importFrom(
      from,
      card({ tags: { topic: { file: 'info', column: 'topics' } } }, files),
    );
    expect(store.items.tags.topic!.cardinality).toBe(2); // z is of no item of the log
    expect([...store.items.tags.topic!.offsets]).toEqual([0, 1, 1, 3]);
    expect([...store.items.tags.topic!.values]).toEqual([1, 0, 1]);
  });
});

it('a category of several values is known to be one, also from the store', async () => {
  const kinds = 'u,v,t,click,kind,by\n1,10,1,1,x,a\n1,20,2,0,y,b\n2,10,3,1,y,a\n2,20,4,1,z,b\n3,30,5,1,x,c\n';
  const { store } = await imported(
    { 'log.csv': kinds },
    card({ categories: { kind: { column: 'kind' }, by: { column: 'by' } } }),
  );
  expect(store.items.categories.kind!.varying).toBe(2); // items 10 and 20
  expect(store.items.categories.by!.varying).toBeUndefined();
});

describe('codes', () => {
  const coded = 'u,v,t,click,kind,tags\n1,10,1,1,3,"0,4"\n1,20,2,0,,\n2,30,3,1,0,1\n';
  const of = (codes: number) =>
    card({ categories: { kind: { column: 'kind', codes } }, tags: { tags: { column: 'tags', codes: 5 } } });

  it('stay as they are', async () => {
    const { store } = await imported({ 'log.csv': coded }, of(4));
    expect(store.items.categories.kind).toEqual({ values: Int32Array.of(3, -1, 0), cardinality: 4 });
    expect(store.items.tags.tags).toEqual({
      offsets: Int32Array.of(0, 2, 2, 3),
      values: Int32Array.of(0, 4, 1),
      cardinality: 5,
    });
  });

  it('are whole numbers below their count', async () => {
    await expect(imported({ 'log.csv': coded }, of(3))).rejects.toThrow(
      /log\.csv:2: column kind holds "3", no code of 0 to 2/,
    );
    await expect(imported({ 'log.csv': coded.replace('"0,4"', '"0,x"') }, of(4))).rejects.toThrow(
      /log\.csv:2: column tags holds "x", no code of 0 to 4/,
    );
  });
});

describe('vectors of a table', () => {
  it('from numeric columns; an empty cell is 0', async () => {
    const files = { 'log.csv': log, 'info.csv': 'id,x,y\n30,0.5,\n99,9,9\n10,-1,2e3\n' };
    const { store, report } = await imported(
      files,
      card(
        { vectors: { numbers: { file: 'info', key: 'id', columns: ['x', 'y'] } } },
        { info: { path: 'info.csv' } },
      ),
    );
    const { numbers } = store.items.vectors;
    expect([...numbers!.rows(Int32Array.of(0, 1, 2))]).toEqual([-1, 2000, 0, 0, 0.5, 0]);
    expect(report).toContain('item vector numbers: 1 of 3 items have none; theirs is zero');
  });

  it('from a column of lists', async () => {
    const from = folderOf({ 'log.csv': log });
    await writeParquet(
      join(from, 'info.parquet'),
      'SELECT * FROM (VALUES (30, [0.1::FLOAT, 2]), (20, [3, 4]), (10, [5, 6])) AS t(v, emb)',
    );
    const { store } = await importFrom(
      from,
      card({ vectors: { emb: { file: 'info', column: 'emb' } } }, { info: { path: 'info.parquet' } }),
    );
    const { emb } = store.items.vectors;
    expect([...emb!.rows(Int32Array.of(2, 0))]).toEqual([Math.fround(0.1), 2, 5, 6]);
  });

  it.each([
    [
      'another width',
      'id,emb\n10,"1,2"\n20,"1,2,3"\n',
      /info\.csv:3: column emb has 3 numbers, the first vector 2/,
    ],
    [
      'no number',
      'id,emb\n10,"1,x"\n',
      /info\.csv:2: column emb has x at place 2, not a finite float32 number/,
    ],
    ['nothing of the log', 'id,emb\n11,"1,2"\n', /no row of the file belongs to the log/],
  ])('with %s', async (_, info, message) => {
    const of = card(
      { vectors: { emb: { file: 'info', key: 'id', column: 'emb' } } },
      { info: { path: 'info.csv' } },
    );
    await expect(imported({ 'log.csv': log, 'info.csv': info }, of)).rejects.toThrow(message);
  });
});

describe('items of tables that have no row in the log', () => {
  const files = {
    'log.csv': log,
    'info.csv': 'id,kind\n10,x\n99,y\n7,y\n30,x\n99,z\n',
    'people.csv': 'u,town\n1,a\n8,b\n',
    'cover.npy': encodeNpy(Float32Array.of(1, 2, 3, 4), [2, 2]),
    'cover.txt': '55\n10\n',
  };
  const items = {
    categories: { kind: { file: 'info', key: 'id', column: 'kind' } },
    vectors: { cover: { path: 'cover.npy', ids: 'cover.txt' } },
  };
  const tables = { info: { path: 'info.csv' }, people: { path: 'people.csv' } };
  const users = { categories: { town: { file: 'people', column: 'town' } } };

  it('are left out and counted', async () => {
    const { store, report } = await imported(files, { ...card(items, tables), users });
    expect(store.itemIds).toEqual(['10', '20', '30']);
    expect(store.userIds).toEqual(['1', '2']);
    expect(report).toContain('2 items of the table info (id) have no row in the log: left out');
    expect(report).toContain('1 item of the vectors cover has no row in the log: left out');
    expect(report).toContain('1 user of the table people has no row in the log: left out');
  });

  it('come last with keepNew, integers in their order', async () => {
    const { store, report } = await imported(files, {
      ...card({ ...items, keepNew: true }, tables),
      users,
    });
    expect(store.itemIds).toEqual(['10', '20', '30', '7', '99', '55']);
    expect([...store.interactions.item]).toEqual([0, 1, 2, 0]);
    expect(store.items.categories.kind).toMatchObject({
      values: Int32Array.of(0, -1, 0, 1, 1, -1), // x is 0, y is 1; of 99 the earlier counts
      cardinality: 2,
    });
    const { cover } = store.items.vectors;
    expect([...cover!.rows(Int32Array.of(5, 0, 3))]).toEqual([1, 2, 3, 4, 0, 0]);
    expect(store.userIds).toEqual(['1', '2']);
    expect(report).toContain('2 items of the table info (id) have no row in the log: kept');
    expect(report).toContain('1 item of the vectors cover has no row in the log: kept');
  });

  it('are not told of where there are none', async () => {
    const all = { ...files, 'info.csv': 'id,kind\n10,x\n30,x\n' };
    const { report } = await imported(all, card({ categories: items.categories }, tables));
    expect(report.filter((line) => line.includes('no row in the log'))).toEqual([]);
  });
});

describe('columns of a table of features', () => {
  it('may be called as columns of ours are', async () => {
    const files = { 'log.csv': log, 'items.csv': 'v,id,code,source_row\n10,"a,b",1,9\n20,b,2,8\n30,,3,7\n' };
    const spec = {
      categories: { code: { file: 'items', column: 'code' } },
      tags: { id: { file: 'items', column: 'id' } },
      vectors: { vector: { file: 'items', columns: ['code', 'source_row'] } },
    };
    const { store } = await imported(files, card(spec, { items: { path: 'items.csv' } }));
    expect([...store.items.categories.code!.values]).toEqual([0, 1, 2]);
    expect([...store.items.tags.id!.values]).toEqual([0, 1, 1]);
    expect([...store.items.vectors.vector!.rows(Int32Array.of(0, 1, 2))]).toEqual([1, 9, 2, 8, 3, 7]);
  });
});

it('tags of list columns of the log are their entries, whatever signs they hold', async () => {
  const from = folderOf({});
  await writeParquet(
    join(from, 'log.parquet'),
    "SELECT * FROM (VALUES (1, 10, 1, 1, ['b, c', 'a']), (1, 20, 2, 0, ['a', NULL])) AS log (u, v, t, click, topics)",
  );
  const spec = { tags: { topic: { column: 'topics', separator: '|' } } };
  const { store } = await importFrom(from, { ...card(spec), files: { log: { path: 'log.parquet' } } });
  expect([...store.items.tags.topic!.offsets]).toEqual([0, 2, 3]);
  expect([...store.items.tags.topic!.values]).toEqual([1, 0, 0]);
});

describe('names of the rows of an array', () => {
  const array = encodeNpy(Float32Array.of(1, 2, 3), [3, 1]);
  const spec = { vectors: { vector: { path: 'v.npy', ids: 'ids.txt' } } };

  it('may begin with a byte order mark', async () => {
    const files = { 'log.csv': log, 'v.npy': array, 'ids.txt': '\ufeff30\r\n10\r\n20\r\n' };
    const { store } = await imported(files, card(spec));
    expect([...store.items.vectors.vector!.rows(Int32Array.of(0, 1, 2))]).toEqual([2, 3, 1]);
  });

  it('must differ', async () => {
    const files = { 'log.csv': log, 'v.npy': array, 'ids.txt': '10\n20\n10\n' };
    await expect(imported(files, card(spec))).rejects.toThrow('10 is there twice, for rows 0 and 2');
  });
});
