import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/data/index.js';
import { bundledCard, category, column, importFixture, rowsOf, tags } from './support.js';

/** The same rows in the layouts of the three versions; the standard logs of 27K are in two parts each. */
for (const name of ['kuairand-pure', 'kuairand-1k', 'kuairand-27k']) {
  describe(name, () => {
    let store: Store;
    let report: readonly string[];
    beforeAll(async () => {
      ({ store, report } = await importFixture(name));
    });

    it('puts the rows of all logs in order of time, and says which were shown at random', () => {
      expect(rowsOf(store)).toEqual([
        ['0', '3', 1649383200000],
        ['0', '5', 1649469600000],
        ['0', '7', 1650592800000],
        ['0', '9', 1650600000000],
        ['0', '3', 1650679200000],
        ['1', '3', 1649473200000],
        ['1', '7', 1650643200000],
      ]);
      expect(column(store, 'is_rand')).toEqual([0, 0, 0, 1, 0, 0, 1]);
      expect(column(store, 'is_click')).toEqual([1, 0, 0, 0, 1, 1, 1]);
      expect(column(store, 'is_hate')).toEqual([0, 0, 1, 0, 0, 0, 0]);
      expect(column(store, 'tab')).toEqual([1, 2, 1, 1, 1, 1, 4]);
    });

    it('has a watch_ratio of 0 where the duration is 0, and counts these rows', () => {
      // 27000/18000, 1500/0, 0/64000, 250/500, 18000/18000, 9000/18000, 128000/64000.
      expect(column(store, 'watch_ratio')).toEqual([1.5, 0, 0, 0.5, 1, 0.5, 2]);
      expect(report).toContain('1 of them have a duration_ms of 0');
      expect(report).toContain('1 of them have a play_time_ms of 0');
    });

    it('joins videos: lists of tags, unknown durations, but no videos without a row', () => {
      expect(store.itemIds).toEqual(['3', '5', '7', '9']);
      // 12, 39 and 65 are tags 0, 1, 2, in the order of the file.
      expect(tags(store, 'items', 'tag')).toEqual({ 3: [1], 5: [0, 2], 7: [2, 0], 9: [] });
      expect(store.items.tags.tag!.cardinality).toBe(3);
      // 18 s: 1 + floor(log2 18) = 5; none; 64 s: 7; half a second: 1.
      expect(category(store, 'items', 'duration')).toEqual({ 3: 5, 5: -1, 7: 7, 9: 1 });
      expect(category(store, 'items', 'author')).toEqual({ 3: 2, 5: 0, 7: 2, 9: 1 });
      expect(category(store, 'items', 'music_type')).toEqual({ 3: 1, 5: -1, 7: 0, 9: 0 });
    });

    it('joins users: ranges with commas in quotes, cells that are empty', () => {
      expect(category(store, 'users', 'user_active_degree')).toEqual({ 0: 0, 1: 1 });
      // "[100,1k)" comes after "0", a number; -124 before 1.
      expect(category(store, 'users', 'fans_user_num_range')).toEqual({ 0: 1, 1: 0 });
      expect(category(store, 'users', 'is_live_streamer')).toEqual({ 0: 1, 1: 0 });
      expect(category(store, 'users', 'onehot_feat4')).toEqual({ 0: 0, 1: -1 });
      expect(category(store, 'users', 'onehot_feat3')).toEqual({ 0: 1, 1: 0 });
    });
  });
}

it('expects the rows of the standard and the random logs of KuaiRand’s README', async () => {
  const rows = async (name: string): Promise<unknown> => (await bundledCard(name)).expect!.rows;
  expect(await rows('kuairand-pure')).toBe(1_436_609 + 1_186_059);
  expect(await rows('kuairand-1k')).toBe(11_713_045 + 43_028);
  expect(await rows('kuairand-27k')).toBe(322_278_385 + 1_186_059);
});

it('reads the subset of liked and hated impressions: one exact duplicate, ties by video', async () => {
  const { store, report } = await importFixture('kuairand-negfeedback');
  expect(rowsOf(store)).toEqual([
    ['11', '4', 1649581149287],
    ['11', '9', 1649581149287],
    ['12', '4', 1649664552983],
  ]);
  expect(column(store, 'label')).toEqual([0, 1, 1]);
  expect(report).toContain('dropped 1 of 4 rows: exact duplicates of another row');
  expect(category(store, 'items', 'author')).toEqual({ 4: -1, 9: 0 });
});
