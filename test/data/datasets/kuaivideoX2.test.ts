import { expect, it } from '@jest/globals';
import { dimension, historiesOf, importFixture, rowsOf } from './support.js';

it('reads KuaiVideo_x2: prefixes of a sequence, users without one, covers of float64', async () => {
  const { store } = await importFixture('kuaivideo-x2');
  expect(rowsOf(store)).toEqual([
    ['0', '2', 1],
    ['0', '3', 3],
    ['0', '1', 4],
    ['1', '1', 2],
    ['1', '3', 5],
  ]);
  expect([...store.interactions.part!]).toEqual([0, 0, 1, 0, 2]);
  expect(historiesOf(store, 'full_item_seq')).toEqual([[], ['2'], ['2', '4'], [], []]);
  expect(store.itemIds).toEqual(['1', '2', '3', '4']);
  const f = Math.fround;
  expect(dimension(store, 'items', 'cover', 0)).toEqual({ 1: f(1.1), 2: f(2.1), 3: f(3.1), 4: f(4.1) });
});
