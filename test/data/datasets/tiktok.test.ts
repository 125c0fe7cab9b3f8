import { expect, it } from '@jest/globals';
import { category, column, dimension, importFixture, rowsOf } from './support.js';

it('reads the track of ICME 2019: tabs, and no header', async () => {
  const { store, report } = await importFixture('tiktok');
  expect(rowsOf(store)).toEqual([
    ['5', '902', 53085738500],
    ['8', '902', 53085738300],
    ['8', '901', 53085738400],
  ]);
  expect(column(store, 'finish')).toEqual([1, 1, 0]);
  expect(column(store, 'like')).toEqual([0, 0, 1]);
  expect(column(store, 'duration_time')).toEqual([8, 8, 9]);
  expect(category(store, 'items', 'author')).toEqual({ 901: 0, 902: 1 });
  expect(category(store, 'items', 'music')).toEqual({ 901: 1, 902: 0 }); // -1 and 1699
  // User 8 was in city 32 first. 12 and 32 are 0 and 1.
  expect(category(store, 'users', 'city')).toEqual({ 5: 0, 8: 1 });
  expect(report).toContain('1 of them stood after a later row of the same user; rows were sorted by time');
  expect(report).toContain('user feature city: 1 user has several values; the earliest is taken');
});

it('reads TikTok in parts with features of half floats', async () => {
  const { store } = await importFixture('tiktok-mmrec');
  expect(rowsOf(store)).toEqual([
    ['0', '2', 1],
    ['0', '0', 2],
    ['0', '1', 3],
    ['0', '3', 6],
    ['1', '1', 4],
    ['1', '3', 5],
  ]);
  expect([...store.interactions.part!]).toEqual([0, 0, 1, 2, 0, 2]);
  expect(column(store, 'is_positive')).toEqual([1, 1, 1, 1, 1, 1]);
  // The nearest half floats to .1, 1.1, 2.1 and 3.1: steps of 2^-14, 2^-10, 2^-9 and 2^-9.
  expect(dimension(store, 'items', 'image', 0)).toEqual({
    ...{ 0: 1638 / 2 ** 14, 1: 1126 / 2 ** 10, 2: 1075 / 2 ** 9, 3: 1587 / 2 ** 9 },
  });
  expect(dimension(store, 'items', 'audio', 0)).toEqual({ 0: -8, 1: -7, 2: -6, 3: -5 });
});

it('reads Kwai by order', async () => {
  const { store } = await importFixture('kwai');
  expect(rowsOf(store)).toEqual([
    ['0', '5', 1],
    ['0', '3', 2],
    ['0', '9', 3],
    ['4', '3', 4],
    ['4', '5', 5],
  ]);
});
