import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/data/index.js';
import { category, column, dimension, historiesOf, importFixture, rowsOf } from './support.js';

describe('MicroVideo1.7M_x2', () => {
  let store: Store;
  beforeAll(async () => {
    ({ store } = await importFixture('microvideo-x2'));
  });

  it('reads the three parts in order, and not the index that pandas left', () => {
    expect(rowsOf(store)).toEqual([
      ['0', '1', 1],
      ['0', '2', 3],
      ['0', '6', 4],
      ['0', '5', 6],
      ['1', '2', 2],
      ['1', '1', 5],
      ['1', '6', 7],
    ]);
    expect([...store.interactions.part!]).toEqual([0, 0, 1, 2, 0, 1, 2]);
    expect(column(store, 'is_click')).toEqual([1, 0, 1, 0, 0, 0, 1]);
  });

  it('cuts a history from the front of its user’s sequence, which is stored once', () => {
    expect(historiesOf(store, 'full_item_seq')).toEqual([
      ['3'],
      ['3', '1', '4'],
      ['3', '1', '4', '2'],
      ['3', '1', '4', '2'],
      [],
      ['2', '2'],
      ['2', '2', '5'],
    ]);
    expect(store.histories.full_item_seq!.item.length).toBe(7);
  });

  it('knows videos that are in histories only, and none that stands for padding', () => {
    // 3 and 4 are no row's candidate; they come after those that are.
    expect(store.itemIds).toEqual(['1', '2', '5', '6', '3', '4']);
  });

  it('joins categories and covers by item_index', () => {
    // Categories 1, 3, 9 and item_id 1 to 5 of the videos above.
    expect(category(store, 'items', 'category')).toEqual({ 1: 2, 2: 2, 3: 1, 4: 0, 5: 1, 6: 2 });
    expect(category(store, 'items', 'item_id')).toEqual({ 1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4 });
    const f = Math.fround;
    expect(dimension(store, 'items', 'cover', 5)).toEqual({
      ...{ 1: f(1.005), 2: f(2.005), 3: f(3.005), 4: f(4.005), 5: f(5.005), 6: f(6.005) },
    });
  });
});
