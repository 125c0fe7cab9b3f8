import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/data/index.js';
import { bundledCard, category, column, dimension, importFixture, rowsOf } from './support.js';

describe('MicroVideo-1.7M, the authors’ release', () => {
  let store: Store;
  let report: readonly string[];
  beforeAll(async () => {
    ({ store, report } = await importFixture('microvideo'));
  });

  it('adds the number of the videos of train to the numbers of those of test', () => {
    // Five rows of train covers, so items 0, 2 and 0, 1 of the test file are 5, 7 and 5, 6.
    expect(store.itemIds).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(rowsOf(store)).toEqual([
      ['0', '2', 9],
      ['0', '0', 10],
      ['0', '1', 11],
      ['0', '5', 20],
      ['0', '7', 21],
      ['1', '1', 12],
      ['1', '3', 12],
      ['1', '4', 13],
      ['1', '5', 22],
      ['1', '6', 23],
    ]);
    expect(column(store, 'is_click')).toEqual([1, 1, 0, 1, 0, 1, 1, 0, 0, 1]);
    expect([...store.interactions.part!]).toEqual([0, 0, 0, 2, 2, 0, 0, 0, 2, 2]);
  });

  it('gives the first video of test its own cover, though THACIL’s code takes its number for the padding', () => {
    // Column 256 of row r is r + .256 in the covers of train, 100 + r + .256 in those of test.
    expect(store.items.vectors.cover!.width).toBe(512);
    const f = Math.fround;
    expect(dimension(store, 'items', 'cover', 256)).toEqual({
      ...{ 0: f(0.256), 1: f(1.256), 2: f(2.256), 3: f(3.256), 4: f(4.256) },
      ...{ 5: f(100.256), 6: f(101.256), 7: f(102.256) },
    });
  });

  it('has no category for the padding', () => {
    // 0, 3, 7 and 511 occur: values 0 to 3.
    expect(store.items.categories.category!.cardinality).toBe(4);
    expect(category(store, 'items', 'category')).toEqual({ 0: 1, 1: 1, 2: 0, 3: 3, 4: 0, 5: 2, 6: 0, 7: 1 });
  });

  it('holds what the authors’ script puts into user_click_ids.npy: clicks of train by time', () => {
    const { user, item, part, columns } = store.interactions;
    const clicks: string[][] = [[], []];
    part!.forEach((number, row) => {
      if (number === 0 && columns.is_click![row] === 1) clicks[user[row]!]!.push(store.itemIds[item[row]!]!);
    });
    expect(clicks).toEqual([
      ['2', '0'],
      ['1', '3'],
    ]);
  });

  it('reports the click that stands after a later one, and the tie', () => {
    expect(report).toContain('kept 10 rows');
    expect(report).toContain('1 of them have the user and time of an earlier row');
    expect(report).toContain('1 of them stood after a later row of the same user; rows were sorted by time');
  });

  it('expects the rows without the two header lines, which the papers count', async () => {
    const { expect: counts, notes } = await bundledCard('microvideo');
    // THACIL's table 1 and MTIN's: 12,737,619 = 8,970,310 + 3,767,309; 984,983 + 719,897 videos.
    expect(counts).toMatchObject({
      rows: 12_737_619 - 2,
      train: 8_970_310 - 1,
      test: 3_767_309 - 1,
      items: 984_983 + 719_897,
      users: 10_986,
    });
    expect(notes.join()).toContain('header lines');
  });
});
