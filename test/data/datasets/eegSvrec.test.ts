import { expect, it } from '@jest/globals';
import { category, column, dimension, importFixture, rowsOf } from './support.js';

it('reads EEG-SVRec: a JSON file a participant, in order of time', async () => {
  const { store, report } = await importFixture('eeg-svrec');
  expect(rowsOf(store)).toEqual([
    ['1', '2', 1667721879363],
    ['1', '1', 1667721894938],
    ['2', '2', 1669789839707], // the second in its file
    ['2', '3', 1669789866582],
  ]);
  expect(column(store, 'is_like')).toEqual([0, 1, 1, 0]);
  expect(column(store, 'valence')).toEqual([5, 5, 5, 5]);
  expect(column(store, 'video_duration')).toEqual([10, 20, 10, 20]);
  expect(column(store, 'playing_time_ms')).toEqual([9500, 9500, 9500, 9500]);
  expect(column(store, 'watch_ratio')).toEqual([0.95, 0.475, 0.95, 0.475].map(Math.fround));
  expect(column(store, 'finished')).toEqual([0, 0, 0, 0]);
  expect(column(store, 'position')).toEqual([1, 2, 1, 2]);
  // Tags 5 and 6; video 2 has 6 both times.
  expect(category(store, 'items', 'tag')).toEqual({ 1: 0, 2: 1, 3: 0 });
  expect(category(store, 'items', 'sound')).toEqual({ 1: 1, 2: 0, 3: -1 });
  expect(category(store, 'users', 'gender')).toEqual({ 1: 0, 2: 1 });
  expect(dimension(store, 'items', 'descriptors', 0)).toEqual({ 1: 112.25, 2: 126.5, 3: 0 }); // music_tempo
  expect(dimension(store, 'items', 'descriptors', 16)).toEqual({ 1: -0.125, 2: -0.25, 3: 0 }); // dif_value
  expect(report).toContain('item vector descriptors: left out 1 rows of items that have an earlier one');
});
