import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/data/index.js';
import { bundledCard, category, column, importFixture, rowsOf, tags } from './support.js';

describe('KuaiRec, the big matrix', () => {
  let store: Store;
  let report: readonly string[];
  beforeAll(async () => {
    ({ store, report } = await importFixture('kuairec-big'));
  });

  it('drops rows that equal another in every column, and keeps repeated pairs', () => {
    expect(rowsOf(store)).toEqual([
      ['0', '3649', 1593878903.438],
      ['0', '9598', 1593879221.297],
      ['0', '3649', 1593965303.438],
      ['9', '9598', 1593879365],
      ['9', '5262', 1593879366.687],
    ]);
    expect(report).toContain('dropped 2 of 7 rows: exact duplicates of another row');
    expect(report).toContain('1 of them repeat a (user, item) pair; all are kept');
  });

  it('makes labels of watch_ratio', () => {
    expect(column(store, 'watch_ratio')[1]).toBe(2);
    expect(column(store, 'watch_ratio')[0]).toBeCloseTo(13838 / 10867, 6);
    expect(column(store, 'finished')).toEqual([1, 1, 0, 0, 0]);
    expect(column(store, 'watched_twice')).toEqual([0, 1, 0, 0, 0]); // 2 itself is twice
  });

  it('reads tags out of lists in text, and daily tables by their first day', () => {
    // Of the log's videos: tags 5, 8, 9, 27 are 0 to 3.
    expect(tags(store, 'items', 'tag')).toEqual({ 3649: [3, 2], 5262: [2], 9598: [1, 2, 3, 0] });
    expect(store.items.tags.tag!.cardinality).toBe(4);
    expect(category(store, 'items', 'author')).toEqual({ 3649: 1, 5262: 0, 9598: 0 });
    expect(category(store, 'items', 'video_tag')).toEqual({ 3649: 0, 5262: -1, 9598: 1 });
    // 10.9, 7.9 and 11.0 s.
    expect(category(store, 'items', 'duration')).toEqual({ 3649: 4, 5262: 3, 9598: 4 });
  });

  it('joins users', () => {
    expect(category(store, 'users', 'onehot_feat3')).toEqual({ 0: 0, 9: 1 });
    expect(category(store, 'users', 'follow_user_num_range')).toEqual({ 0: 0, 9: 1 });
  });

  it('expects what is left of the README’s 12,530,806 rows without 965,819 duplicates', async () => {
    expect((await bundledCard('kuairec-big')).expect!.rows).toBe(12_530_806 - 965_819);
  });
});

describe('KuaiRec, the small matrix', () => {
  it('drops rows without a time, whatever else they say', async () => {
    const { store, report } = await importFixture('kuairec-small');
    expect(rowsOf(store)).toEqual([
      ['14', '3649', 1593898149.479],
      ['14', '5262', 1593898243.285],
      ['19', '5262', 1593898080.057],
    ]);
    expect(report).toContain('dropped 2 of 5 rows: they have no time');
    expect(column(store, 'finished')).toEqual([1, 0, 1]);
    expect(column(store, 'watched_twice')).toEqual([1, 0, 0]);
    expect(store.itemIds).toEqual(['3649', '5262']); // 9598 was in a row without a time only
  });

  it('expects what is left of the README’s 4,676,570 rows without 181,992 that lack a time', async () => {
    expect((await bundledCard('kuairec-small')).expect!.rows).toBe(4_676_570 - 181_992);
  });
});
