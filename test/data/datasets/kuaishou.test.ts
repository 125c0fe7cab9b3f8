import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/data/index.js';
import { column, dimension, historiesOf, importFixture, rowsOf } from './support.js';

describe('KuaiShou, ALPINE’s release', () => {
  let store: Store;
  beforeAll(async () => {
    ({ store } = await importFixture('kuaishou'));
  });

  it('reads the interactions of both parts out of the pickles', () => {
    expect(rowsOf(store)).toEqual([
      ['0', '3', 100],
      ['0', '1', 101],
      ['0', '6', 103],
      ['0', '4', 110],
      ['1', '8', 100],
      ['1', '3', 104],
      ['1', '0', 111],
      ['2', '4', 102],
    ]);
    expect([...store.interactions.part!]).toEqual([0, 0, 0, 2, 0, 0, 2, 0]);
    expect(column(store, 'is_click')).toEqual([1, 0, 1, 1, 0, 1, 0, 0]);
    expect(column(store, 'is_like')).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect(column(store, 'is_follow')).toEqual([0, 0, 1, 0, 0, 0, 0, 0]);
  });

  it('cuts both histories of a row from the lists of its user', () => {
    expect(historiesOf(store, 'pos_items')).toEqual([[], ['3'], ['3'], ['3', '6'], [], [], ['3'], []]);
    expect(historiesOf(store, 'neg_items')).toEqual([[], [], ['1'], ['1'], [], ['8'], ['8'], []]);
  });

  it('finds covers by number though numbers have gaps, the last one’s too, which ALPINE pads with', () => {
    expect(store.itemIds).toEqual(['0', '1', '3', '4', '6', '8']);
    const f = Math.fround;
    expect(dimension(store, 'items', 'cover', 1)).toEqual({
      ...{ 0: f(0.001), 1: f(1.001), 3: f(3.001), 4: f(4.001), 6: f(6.001), 8: f(8.001) },
    });
    expect(store.users.vectors.user_like!.width).toBe(64);
    expect(dimension(store, 'users', 'user_like', 0)).toEqual({ 0: f(50.1), 1: f(51.1), 2: f(52.1) });
  });
});
