import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/data/index.js';
import { column, dimension, historiesOf, importFixture } from './support.js';

/** User 0 clicks 103 times in train, on these in turn. */
const clicked = Array.from({ length: 103 }, (_, k) => ['0', '2', '5', '9'][k % 4]!);

describe('KuaiVideo_x1', () => {
  let store: Store;
  beforeAll(async () => {
    ({ store } = await importFixture('kuaivideo-x1'));
  });

  it('has histories that end with the oldest 100 clicks', () => {
    const histories = historiesOf(store, 'pos_items');
    // Rows 0 to 102 are the clicks, 103 the test row of user 0.
    expect(histories[0]).toEqual([]);
    expect(histories[1]).toEqual(['0']);
    expect(histories[99]).toEqual(clicked.slice(0, 99));
    for (const row of [100, 101, 102, 103]) expect(histories[row]).toEqual(clicked.slice(0, 100));
    // Stored once: 100 clicks of user 0 and the one of user 1.
    expect(store.histories.pos_items!.item.length).toBe(101);
  });

  it('has empty sequences', () => {
    const negatives = historiesOf(store, 'neg_items');
    expect(negatives.slice(0, 105)).toEqual(new Array(105).fill([]));
    expect(negatives.slice(105)).toEqual([['0'], ['0']]);
    expect(historiesOf(store, 'pos_items').slice(104)).toEqual([[], [], ['2']]);
  });

  it('keeps labels and parts', () => {
    const rows = [102, 103, 104, 105, 106];
    expect(rows.map((row) => store.interactions.part![row])).toEqual([0, 2, 0, 0, 2]);
    expect(rows.map((row) => store.interactions.time[row])).toEqual([102, 500, 1000, 1001, 1002]);
    expect(column(store, 'is_click').slice(102)).toEqual([1, 0, 0, 1, 1]);
    expect(column(store, 'is_like').slice(102)).toEqual([0, 0, 0, 1, 0]);
    expect(column(store, 'is_follow').slice(102)).toEqual([0, 0, 0, 0, 1]);
  });

  it('finds vectors of float32 and float64 by key though numbers have gaps', () => {
    const f = Math.fround;
    expect(dimension(store, 'items', 'cover', 2)).toEqual({
      0: f(0.002),
      2: f(2.002),
      5: f(5.002),
      9: f(9.002),
    });
    expect(dimension(store, 'users', 'user_like', 2)).toEqual({ 0: f(50.102), 1: f(51.102) });
  });
});
