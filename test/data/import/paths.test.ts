import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { CardInput } from '../../../src/data/index.js';
import { folderOf, imported, importFrom } from './support.js';

const cardOf = (path: string, more: Partial<CardInput> = {}): CardInput => ({
  name: 'tiny',
  title: 'A tiny log',
  files: { log: { path } },
  interactions: { file: 'log', user: 'u', item: 'v', columns: [] },
  ...more,
});
const ofDay = { items: { categories: { day: { column: 'day' } } } };

it('takes a folder with a * in its name for that folder alone', async () => {
  const from = folderOf({ 'a*b/log1.csv': 'u,v\na,1\n', 'aXb/log1.csv': 'u,v\nb,2\n' });
  const { store } = await importFrom(join(from, 'a*b'), cardOf('log*.csv'));
  expect(store.itemIds).toEqual(['1']);
});

it('says that a pattern fits a folder', async () => {
  const files = { 'log/a.csv': 'u,v\na,1\n', 'log/more/b.csv': 'u,v\nb,2\n' };
  await expect(imported(files, cardOf('log/*'))).rejects.toThrow('is a folder that the pattern log/* fits');
});

it('takes words of folders for columns, as they are where they are not encoded', async () => {
  const files = { 'log/day=50%/a.csv': 'u,v\na,1\n', 'log/day=%2F/b.csv': 'u,v\nb,2\n' };
  const { store } = await imported(files, cardOf('log', ofDay));
  expect(store.items.categories.day!.cardinality).toBe(2);
});

it('takes no name of a file for a column', async () => {
  await expect(imported({ 'log/day=1.csv': 'u,v\na,1\n' }, cardOf('log', ofDay))).rejects.toThrow(
    'there is no column day',
  );
});
