import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import { encodeNpy, InterruptedError } from '../../../src/base/index.js';
import { type CardInput, HeldVectors, readManifest } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';
import { type Files, imported as importing, importFrom as importingFrom } from './support.js';

/**
 * Two users, three videos. Line 4 repeats line 3 exactly, line 6 is out of order, b's two rows at time 7 are a tie in
 * which the file and the identifiers disagree.
 */
const log = `user,video,time,click,ms
10,9,5,1,1000
9,100,8,0,64000
9,9,7,1,1000
9,9,7,1,1000
9,20,7,0,0
10,100,3,0,64000
`;

const base: CardInput = {
  name: 'tiny',
  title: 'A tiny log',
  files: { log: { path: 'log.csv' } },
  interactions: { file: 'log', user: 'user', item: 'video', time: 'time', columns: ['click'] },
};

const imported = (files: Files, card: CardInput = base) => importing(files, card);
const importFrom = (from: string, card: CardInput = base, signal?: AbortSignal) =>
  importingFrom(from, card, signal && { signal });

describe('import of a log', () => {
  it('makes the label of a log of positives', async () => {
    const { store } = await imported(
      { 'log.csv': log },
      { ...base, interactions: { ...base.interactions, columns: ['ms'], positives: 'is_positive' } },
    );
    expect(Object.keys(store.interactions.columns)).toEqual(['ms', 'is_positive']);
    expect([...store.interactions.columns.is_positive!]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('numbers identifiers, sorts, and counts the defects', async () => {
    const { store, report } = await imported({ 'log.csv': log });
    expect(store.userIds).toEqual(['9', '10']); // as numbers
    expect(store.itemIds).toEqual(['9', '20', '100']);
    expect([...store.interactions.user]).toEqual([0, 0, 0, 0, 1, 1]);
    expect([...store.interactions.item]).toEqual([0, 0, 1, 2, 2, 0]);
    expect([...store.interactions.time]).toEqual([7, 7, 7, 8, 3, 5]);
    expect([...store.interactions.columns.click!]).toEqual([1, 1, 0, 0, 0, 1]);
    expect([...store.interactions.userOffsets]).toEqual([0, 4, 6]);
    expect(report).toEqual([
      'kept 6 rows',
      '1 of them repeat a (user, item) pair; all are kept',
      '2 of them have the user and time of an earlier row',
      '4 of them stood after a later row of the same user; rows were sorted by time',
    ]);
  });

  it('drops exact duplicates where the card says so', async () => {
    const card: CardInput = { ...base, interactions: { ...base.interactions, duplicates: 'dropExact' } };
    const { store, report } = await imported({ 'log.csv': log }, card);
    expect(store.interactions.rows).toBe(5);
    expect(report[0]).toBe('dropped 1 of 6 rows: exact duplicates of another row');
  });

  it('keeps rows that differ in a column that is not read', async () => {
    const text = log.replace('9,9,7,1,1000\n9,9,7,1,1000', '9,9,7,1,1000\n9,9,7,1,1001');
    const card: CardInput = { ...base, interactions: { ...base.interactions, duplicates: 'dropExact' } };
    expect((await imported({ 'log.csv': text }, card)).store.interactions.rows).toBe(6);
  });

  it('orders ties by the file, or by item', async () => {
    const text = 'user,video,time,click\n1,30,5,1\n1,4,5,0\n1,5,5,1\n';
    const byFile = await imported({ 'log.csv': text });
    expect([...byFile.store.interactions.item]).toEqual([2, 0, 1]);
    const card: CardInput = { ...base, interactions: { ...base.interactions, ties: 'item' } };
    expect([...(await imported({ 'log.csv': text }, card)).store.interactions.item]).toEqual([0, 1, 2]);
  });

  it('takes the order of the rows for the time where there is none', async () => {
    const { time: _, ...rest } = base.interactions;
    const { store } = await imported({ 'log.csv': log }, { ...base, interactions: rest });
    expect([...store.interactions.time]).toEqual([2, 3, 4, 5, 1, 6]);
  });

  it('keeps columns under other names, and identifiers that are texts', async () => {
    const card: CardInput = { ...base, interactions: { ...base.interactions, columns: { liked: 'click' } } };
    const text = 'user,video,time,click\n"a, b",x,1,1\nzoë,"say ""hi""",1,0\n12,x,1,1\n';
    const { store } = await imported({ 'log.csv': text }, card);
    expect(store.userIds).toEqual(['12', 'a, b', 'zoë']);
    expect(store.itemIds).toEqual(['say "hi"', 'x']);
    expect([...store.interactions.columns.liked!]).toEqual([1, 1, 0]);
  });

  it('gives the same store from comma, tab, semicolon, Windows line ends, byte order mark and Parquet', async () => {
    const expected = (await imported({ 'log.csv': log })).store;
    const same = async (file: string, contents: string, delimiter?: 'tab' | 'semicolon') => {
      const files = { log: { path: file, ...(delimiter ? { delimiter } : {}) } };
      const { store } = await imported({ [file]: contents }, { ...base, files });
      expect({ ...store, fingerprint: '' }).toEqual({ ...expected, fingerprint: '' });
    };
    await same('log.tsv', log.replaceAll(',', '\t'), 'tab');
    await same('log.csv', log.replaceAll(',', ';'), 'semicolon');
    await same('log.csv', `\ufeff${log.replaceAll('\n', '\r\n')}`);
    await same('log.csv', log.trimEnd());
    await same("it's [1] *.csv", log);

    const from = temporaryFolder();
    writeFileSync(join(from, 'log.csv'), log);
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    const [csv, parquet] = [join(from, 'log.csv'), join(from, 'log.parquet')];
    await duckdb.run(`COPY (SELECT * FROM read_csv('${csv}')) TO '${parquet}' (FORMAT parquet)`);
    const { store } = await importFrom(from, { ...base, files: { log: { path: 'log.parquet' } } });
    expect({ ...store, fingerprint: '' }).toEqual({ ...expected, fingerprint: '' });
  });

  it('addresses the contents: the same files give the same fingerprint, a byte more another', async () => {
    const first = (await imported({ 'log.csv': log })).store.fingerprint;
    expect((await imported({ 'log.csv': log })).store.fingerprint).toBe(first);
    expect((await imported({ 'log.csv': log }, { ...base, title: 'Other' })).store.fingerprint).toBe(first);
    expect((await imported({ 'log.csv': `${log}9,9,9,1,1\n` })).store.fingerprint).not.toBe(first);
  });
});

it('keeps the largest numbers of float32, and times beyond them', async () => {
  const text = log.replace('9,20,7,0', '9,20,1e300,3.4028235e38');
  const { store } = await imported({ 'log.csv': text });
  expect(store.interactions.columns.click!.some((value) => value === 3.4028234663852886e38)).toBe(true);
  expect(Math.max(...store.interactions.time)).toBe(1e300);
});

describe('features', () => {
  const categories = {
    duration: { column: 'ms', bucket: 'log2Seconds' },
    length: { column: 'ms' },
    author: { file: 'videos', key: 'id', column: 'by' },
  } as const;
  const card: CardInput = {
    ...base,
    files: { ...base.files, videos: { path: 'videos.csv' } },
    items: { categories },
  };

  it('come from the log or from a joined file, -1 where unknown', async () => {
    const videos = 'id,by\n100,zoe\n9,adam\n555,nobody\n';
    const { store, report } = await imported({ 'log.csv': log, 'videos.csv': videos }, card);
    const values = (name: string) => [...store.items.categories[name]!.values];
    // Items 9, 20, 100 of 1, 0 and 64 seconds: 1 + floor(log2(1)) = 1, 0, 1 + floor(log2(64)) = 7.
    expect(values('duration')).toEqual([1, 0, 7]);
    expect(store.items.categories.duration!.cardinality).toBe(10);
    expect(values('length')).toEqual([1, 0, 2]); // 1000, 0, 64000 numbered in numeric order
    expect(values('author')).toEqual([0, -1, 1]);
    expect(store.items.categories.author!.cardinality).toBe(2); // of the items in the log
    expect(report).toContain('item feature author: known for 2 of 3 items');
  });

  it.each([
    [1, 1], // clipped: a millisecond
    [999, 1],
    [1999, 1],
    [2000, 2],
    [3999, 2],
    [4000, 3],
    [255_999, 8],
    [256_000, 9],
    [9e9, 9], // clipped
  ])('duration of %d ms is bucket %i', async (ms, bucket) => {
    const { store } = await imported(
      { 'log.csv': `user,video,time,click,ms\n1,1,1,1,${ms}\n` },
      { ...base, items: { categories: { duration: categories.duration } } },
    );
    expect([...store.items.categories.duration!.values]).toEqual([bucket]);
  });

  it('that differ between rows of an item: the earliest is taken and the number reported', async () => {
    const text = 'user,video,time,click,ms\n1,5,9,1,8000\n2,5,3,1,2000\n';
    const { store, report } = await imported(
      { 'log.csv': text },
      { ...base, items: { categories: { duration: categories.duration } } },
    );
    expect([...store.items.categories.duration!.values]).toEqual([2]);
    expect(report).toContain('item feature duration: 1 item has several values; the earliest is taken');
  });

  it('of users', async () => {
    const text = 'user,video,time,click,city\n1,5,9,1,Oslo\n2,5,3,1,Bergen\n3,5,3,1,\n';
    const { store } = await imported(
      { 'log.csv': text },
      { ...base, users: { categories: { city: { column: 'city' } } } },
    );
    expect([...store.users.categories.city!.values]).toEqual([1, 0, -1]);
  });

  it('vectors by row number or by name', async () => {
    const array = encodeNpy(
      Float64Array.from({ length: 202 }, (_, i) => i / 2),
      [101, 2],
    );
    const byRow: CardInput = { ...base, items: { vectors: { cover: { path: 'cover.npy' } } } };
    const { store } = await imported({ 'log.csv': log, 'cover.npy': array }, byRow);
    expect(store.items.vectors.cover).toEqual(
      new HeldVectors(Float32Array.of(9, 9.5, 20, 20.5, 100, 100.5), 2),
    );

    const named: CardInput = {
      ...base,
      items: { vectors: { cover: { path: 'cover.npy', ids: 'ids.txt' } } },
    };
    const files = {
      'log.csv': log,
      'cover.npy': encodeNpy(Float32Array.of(1, 2, 3), [3, 1]),
      'ids.txt': '100\n7\n9\n',
    };
    const second = await imported(files, named);
    expect(second.store.items.vectors.cover).toEqual(new HeldVectors(Float32Array.of(3, 0, 1), 1));
    expect(second.report).toContain('item vector cover: 1 of 3 items have none; theirs is zero');
  });

  const vectors: CardInput = { ...base, items: { vectors: { cover: { path: 'cover.npy' } } } };
  it.each([
    [
      'too few rows',
      encodeNpy(new Float32Array(20), [10, 2]),
      /item 20, first in .*log.csv:6, has no row among the 10 of the array/,
    ],
    ['NaN', encodeNpy(new Float32Array(202).fill(Number.NaN), [101, 2]), 'row 9, column 0 is NaN'],
    [
      'more than float32 holds',
      encodeNpy(new Float64Array(202).fill(1e39), [101, 2]),
      'row 9, column 0 is 1e+39\n  Features must be finite numbers that float32 can hold',
    ],
    ['a single row of numbers', encodeNpy(new Float32Array(101), [101]), 'expected a matrix'],
    ['no array', 'hello', 'not a .npy file'],
  ])('refuses %s', async (_, array, message) => {
    await expect(imported({ 'log.csv': log, 'cover.npy': array }, vectors)).rejects.toThrow(message);
  });
});

describe('bad files are refused with file and line, and leave nothing', () => {
  const time = (text: string): CardInput => ({ ...base, interactions: { ...base.interactions, time: text } });
  it.each<[what: string, text: string | null, card: CardInput, message: RegExp]>([
    ['missing file', null, base, /log\.csv: there is no such file/],
    ['empty file', '', base, /log\.csv: the file is empty/],
    ['no rows', 'user,video,time,click\n', base, /log\.csv: the file has a header but no rows/],
    ['missing column', log, time('times'), /log\.csv: there is no column times\n.*Did you mean time\?/],
    [
      'text for a number',
      log.replace('9,9,7,1', '9,9,7,yes'),
      base,
      /log\.csv:4: column click must be a number, found "yes"/,
    ],
    ['no number', log.replace('9,9,7,1', '9,9,7,'), base, /log\.csv:4: column click is empty/],
    [
      'NaN',
      log.replace('9,20,7,0', '9,20,7,nan'),
      base,
      /log\.csv:6: column click is NaN, not a finite number/,
    ],
    [
      'infinity',
      log.replace('9,20,7,0', '9,20,inf,0'),
      base,
      /log\.csv:6: column time is Infinity, not a finite number/,
    ],
    // 2^128 - 2^103 is the first number that float32 rounds to infinity.
    [
      'more than float32 holds',
      log.replace('9,20,7,0', '9,20,7,-3.4028235677973366e38'),
      base,
      /log\.csv:6: column click is -3\.4028235677973366e\+38, more than float32 can hold/,
    ],
    ['no user', log.replace('10,9,5', ',9,5'), base, /log\.csv:2: column user is empty/],
    [
      'too few columns',
      log.replace('9,100,8,0,64000', '9,100,8'),
      base,
      /log\.csv:3: found 3 columns, the first line has 5/,
    ],
    [
      'too many columns',
      log.replace('9,100,8,0,64000', '9,100,8,0,64000,1'),
      base,
      /log\.csv:3: found 6 columns/,
    ],
    ['open quote', log.replace('10,100,3', '"10,100,3'), base, /log\.csv:7: a quote/],
    [
      'a line break before it',
      log.replace('10,9,5,1', '"1\n0",9,5,1').replace('9,20,7,0', '9,20,7,'),
      base,
      /log\.csv:7: column click is empty/,
    ],
    [
      'a line break in an identifier',
      log.replace('10,9,5,1', '"1\n0",9,5,1'),
      base,
      /identifier "1\\n0" holds a line break/,
    ],
    [
      'two names but for case',
      log.replace('video', 'User'),
      base,
      /log\.csv:1: two columns are named user and User/,
    ],
    ['two columns of one name', log.replace('video', 'user'), base, /log\.csv:1: two columns are named user/],
    ['a nameless column', log.replace('video', ''), base, /log\.csv:1: column 2 has no name/],
    [
      'an identifier as a label',
      log,
      { ...base, interactions: { ...base.interactions, columns: ['user'] } },
      /cannot be an identifier and a number/,
    ],
    [
      'negative duration',
      log.replace('1,1000', '1,-5'),
      { ...base, items: { categories: { d: { column: 'ms', bucket: 'log2Seconds' } } } },
      /log\.csv:2: column ms must be a duration in milliseconds, found "-5"/,
    ],
    [
      'another file than the card says',
      log,
      { ...base, files: { log: { path: 'log.csv', md5: '0'.repeat(32) } } },
      /its md5 is not 0{32}/,
    ],
    [
      'no Parquet',
      'PAR1 not really',
      { ...base, files: { log: { path: 'log.parquet' } } },
      /not a Parquet file, or a damaged one/,
    ],
  ])('%s', async (_, text, card, message) => {
    const from = temporaryFolder();
    const { path } = Object.values(card.files)[0]!;
    if (text !== null) writeFileSync(join(from, path as string), text);
    const error = await importFrom(from, card).then(
      () => null,
      (caught: Error) => caught,
    );
    expect(error?.message).toMatch(message);
    expect(error?.name).toBe('UserError');
    expect(readdirSync(from)).toEqual(text === null ? [] : [path]);
  });

  it('a folder in place of the file', async () => {
    const from = temporaryFolder();
    mkdirSync(join(from, 'log.csv'));
    await expect(importFrom(from)).rejects.toThrow('the folder holds no files');
  });

  it('text that is not UTF-8', async () => {
    const bytes = Buffer.from(log.replace('10,9', '\xff\xfe,9'), 'latin1');
    await expect(imported({ 'log.csv': bytes })).rejects.toThrow(/log\.csv:2: not UTF-8 text/);
  });

  it('an import that is interrupted', async () => {
    const from = temporaryFolder();
    writeFileSync(join(from, 'log.csv'), log);
    const { folder } = await importFrom(from);
    const before = await readManifest(folder);
    writeFileSync(join(from, 'log.csv'), `${log}9,9,9,1,1\n`);
    await expect(importFrom(from, base, AbortSignal.abort())).rejects.toThrow(InterruptedError);
    expect(await readManifest(folder)).toEqual(before);
    expect(readdirSync(join(from, '.stores'))).toEqual(['tiny']);
  });
});
