import { expect, it } from '@jest/globals';
import { imported } from './support.js';

it('keeps rows that only an offset of the items tells apart', async () => {
  const files = { 'train.csv': 'u,v\na,0\na,1\na,1\n', 'test.csv': 'u,v\na,0\n' };
  const { store, report } = await imported(files, {
    name: 'tiny',
    title: 'A tiny log',
    files: { train: { path: 'train.csv' }, test: { path: 'test.csv', itemOffset: 2 } },
    interactions: { file: ['train', 'test'], user: 'u', item: 'v', columns: [], duplicates: 'dropExact' },
  });
  expect(Array.from(store.interactions.item, (item) => store.itemIds[item])).toEqual(['0', '1', '2']);
  expect(report).toContain('dropped 1 of 4 rows: exact duplicates of another row');
});
