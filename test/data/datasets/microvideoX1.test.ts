import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/data/index.js';
import { category, dimension, historiesOf, importFixture, rowsOf } from './support.js';

describe('MicroVideo1.7M_x1', () => {
  let store: Store;
  let report: readonly string[];
  beforeAll(async () => {
    ({ store, report } = await importFixture('microvideo-x1'));
  });

  it('sorts users and times as numbers, which stand in the order of texts', () => {
    expect(rowsOf(store)).toEqual([
      ['2', '1', 30],
      ['2', '3', 31],
      ['2', '0', 32],
      ['2', '5', 40],
      ['2', '4', 41],
      ['10', '2', 9],
      ['10', '0', 10],
      ['10', '1', 100],
      ['10', '4', 200],
      ['10', '5', 201],
    ]);
    expect([...store.interactions.part!]).toEqual([0, 0, 0, 2, 2, 0, 0, 0, 2, 2]);
    expect(report).toContain('1 of them stood after a later row of the same user; rows were sorted by time');
  });

  it('keeps histories as published: one of them holds a click that came later, as a number', () => {
    expect(historiesOf(store, 'clicked_items')).toEqual([
      [],
      ['1'],
      ['1', '3'],
      ['1', '3', '0'],
      ['1', '3', '0'],
      ['0'], // time 9, and the click on 0 was at 10
      [],
      ['0'],
      ['0', '2'],
      ['0', '2'],
    ]);
  });

  it('gives all test rows of a user the same stretch, its clicks of train', () => {
    const { start, end, item } = store.histories.clicked_items!;
    for (const [a, b] of [
      [3, 4],
      [8, 9],
    ]) {
      expect(start[a!]).toBe(start[b!]);
      expect(end[a!]).toBe(end[b!]);
    }
    // Stored once a user: 1, 3, 0 and 0, 2.
    expect(item.length).toBe(5);
  });

  it('takes numbers of test videos as they are, with a cover each', () => {
    expect(store.itemIds).toEqual(['0', '1', '2', '3', '4', '5']);
    // Float64 in the file: .1 + row + .063 in the last column.
    const last = [0, 1, 2, 3, 4, 5].map((row) => [row, Math.fround(0.1 + row + 0.063)]);
    expect(store.items.vectors.cover!.width).toBe(64);
    expect(dimension(store, 'items', 'cover', 63)).toEqual(Object.fromEntries(last));
  });

  it('numbers the categories 5, 6, 7', () => {
    expect(category(store, 'items', 'category')).toEqual({ 0: 0, 1: 0, 2: 1, 3: 2, 4: 1, 5: 0 });
  });
});
