import { expect, it } from '@jest/globals';
import { column, importFixture, rowsOf } from './support.js';

it('reads SegMM’s sample: lists over two lines, several rows of one time', async () => {
  const { store, report } = await importFixture('segmm-sample');
  expect(rowsOf(store)).toEqual([
    ['1', '30', 205660527], // rows of one time in the order of the file
    ['1', '20', 205660527],
    ['1', '10', 205660527],
    ['1', '40', 205739830],
    ['2', '10', 279367803],
  ]);
  expect(column(store, 'segments')).toEqual([3, 2, 28, 7, 28]);
  expect(column(store, 'watched')).toEqual([3, 2, 2, 0, 0]);
  expect(column(store, 'finished')).toEqual([1, 1, 0, 0, 0]); // 22325/10733, 7366/7366, ...
  expect(report).toContain('2 of them have the user and time of an earlier row');
  expect(report).toContain('1 of them have a playing_time of 0');
});
