import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type CardInput, importInto, loadStore, readCard } from '../../../src/data/index.js';
import { describeIf, projectRoot, sharedData, temporaryFolder } from '../../support/index.js';
import { type Files, folderOf, imported, importFrom, writeParquet } from './support.js';

const log = 'u,v,t,click\n1,10,1,1\n1,20,2,0\n2,30,3,1\n2,7,4,1\n';
type File = Omit<CardInput['files'][string], 'path'>;
const card = (file: File = {}, path = 'titles.csv'): CardInput => ({
  name: 'tiny',
  title: 'A tiny log',
  files: { log: { path: 'log.csv' }, titles: { path, ...file } },
  interactions: { file: 'log', user: 'u', item: 'v', time: 't', columns: ['click'] },
  items: { texts: { title: { file: 'titles', key: 'item', column: 'title' } } },
});
const read = (titles: string, file?: File) =>
  imported({ 'log.csv': log, 'titles.csv': titles } satisfies Files, card(file));
const headless = { header: ['item', 'title'] };

describe('texts', () => {
  it('are read with quotes, delimiters, line breaks and emoji; items are 7, 10, 20, 30', async () => {
    const { store, report } = await read(
      'item,title\n30," ""Rain"", then\r\nsun\n\t"\n10,雨 👩‍👩‍👧 #x\n99,of no item\n20,\n',
    );
    expect(store.items.texts).toEqual({ title: ['', '雨 👩‍👩‍👧 #x', '', ' "Rain", then\r\nsun\n\t'] });
    expect(store.users.texts).toEqual({});
    expect(report).toContain('item feature title: known for 2 of 4 items');
  });

  it('are those of the first row of an item, in a file without a header too', async () => {
    const { store, report } = await read('10,b\n20,same\n10,a\n20,same\n10,c\n30,\n30,d\n7,e\n', headless);
    expect(store.items.texts.title).toEqual(['e', 'b', 'same', 'd']);
    expect(report).toContain('item feature title: 1 item has several values; the earliest is taken');
    expect(report.join()).not.toContain('known for');
  });

  it('come from Parquet, and of users', async () => {
    const from = folderOf({ 'log.csv': log });
    await writeParquet(
      join(from, 'bios.parquet'),
      "SELECT * FROM (VALUES (2, 'likes cats 😺'), (1, NULL)) AS t(u, bio)",
    );
    const { store } = await importFrom(from, {
      ...card({}, 'bios.parquet'),
      items: {},
      users: { texts: { bio: { file: 'titles', column: 'bio' } } },
    });
    expect(store.users.texts).toEqual({ bio: ['', 'likes cats 😺'] });
  });

  it('are an error where no item has one', async () => {
    await expect(read('item,title\n99,x\n10,\n')).rejects.toThrow(
      'column title has a text for none of the items of the log',
    );
  });

  it('are a file of one line of JSON each, read and checked when used', async () => {
    const { folder } = await read('item,title\n30,"a ""b""\nc"\n');
    const file = join(folder, 'items/texts/title.jsonl');
    expect(readFileSync(file, 'utf8')).toBe('""\n""\n""\n"a \\"b\\"\\nc"\n');
    writeFileSync(file, '""\n""\n""\n"other"\n');
    const damaged = await loadStore(folder);
    expect(() => damaged.items.texts.title).toThrow('its checksum differs from the manifest');
  });
});

describe('a file without quotes', () => {
  it('has a row a line, whose last column goes on to its end', async () => {
    const { store } = await read('\ufeff10,"Rain, then, ""sun""\r\n\r\n20,a"b"\r\n30,\r\n7,😀,', {
      ...headless,
      quotes: 'none',
    });
    expect(store.items.texts.title).toEqual(['😀,', '"Rain, then, ""sun""', 'a"b"', '']);
  });

  it('may have a header', async () => {
    const { store } = await read('item,title\n10,"x,y\n', { quotes: 'none' });
    expect(store.items.texts.title).toEqual(['', '"x,y', '', '']);
  });

  it('is refused where a line has too few columns, by its line', async () => {
    const broken = read('item,title\n10,"x,y\n\n20\n', { quotes: 'none' });
    await expect(broken).rejects.toMatchObject({
      problem: 'found 1 columns, the first line has 2',
      place: { line: 4 },
    });
  });
});

const titles = sharedData('microlens-50k', 'titles.csv');
describeIf(titles.exists, titles.reason)('MicroLens-50k', () => {
  it('has the titles of 19,217 videos', async () => {
    const folder = dirname(titles.path);
    const { card } = await readCard(join(projectRoot, 'datasets/microlens-50k-subset.yaml'));
    const dataDir = temporaryFolder();
    const { store } = await importInto(card, folder, join(dataDir, 'real'), { dataDir });
    const title = store.items.texts.title!;
    // Counted by Python's csv module: no title is empty, 9,433 hold a comma; their lengths are in code points.
    expect(title.length).toBe(19_217);
    expect(title.filter((text) => text === '')).toEqual([]);
    expect(title.filter((text) => text.includes(',')).length).toBe(9433);
    expect(title.reduce((sum, text) => sum + [...text].length, 0)).toBe(2_223_017);
    expect([...title[store.itemIds.indexOf('935')]!].length).toBe(6293);
  });
});
