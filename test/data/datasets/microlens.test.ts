import { describe, expect, it } from '@jest/globals';
import { column, dimension, historiesOf, importFixture, rowsOf, tags } from './support.js';

describe('MicroLens', () => {
  for (const name of ['microlens-50k', 'microlens-100k', 'microlens-1m']) {
    it(`reads the pairs of ${name} in the order of their times`, async () => {
      const { store, report } = await importFixture(name);
      expect(rowsOf(store)).toEqual([
        ['8', '3', 1650000000100],
        ['8', '1', 1650000000200],
        ['8', '2', 1650000000300],
        ['21', '2', 1655000000200],
        ['21', '3', 1655000000300],
      ]);
      expect(column(store, 'is_positive')).toEqual([1, 1, 1, 1, 1]);
      expect(report).toContain(
        '2 of them stood after a later row of the same user; rows were sorted by time',
      );
    });
  }

  it('reads titles, with quotes or without', async () => {
    const plain = ['Kittens at noon', 'Rain, then sun #weather', 'How to boil an egg'];
    const open = ['Kittens at noon', '"Rain, then sun #weather', 'How to boil an egg'];
    expect((await importFixture('microlens-50k')).store.items.texts).toEqual({ title: plain });
    expect((await importFixture('microlens-100k')).store.items.texts).toEqual({ title_en: open });
    expect((await importFixture('microlens-1m')).store.items.texts).toEqual({ title: open });
    const { store, report } = await importFixture('microlens-50k-subset');
    expect(store.items.texts).toEqual({ title: ['雨 😀', 'Rain, then sun', ''] });
    expect(report).toContain('item feature title: known for 2 of 3 items');
  });

  it('reads a list a user, without a header, whose order is the time', async () => {
    const { store } = await importFixture('microlens-50k-lists');
    expect(rowsOf(store).map(([user, item]) => [user, item])).toEqual([
      ['8', '3'],
      ['8', '1'],
      ['8', '2'],
      ['21', '2'],
      ['21', '3'],
    ]);
    expect([...store.interactions.time]).toEqual([1, 2, 3, 4, 5]);
  });

  it('finds the features of video 1 in the first row', async () => {
    const { store } = await importFixture('microlens-100k');
    const f = Math.fround;
    const { image, title, video } = store.items.vectors;
    expect([image!.width, title!.width, video!.width]).toEqual([1024, 1024, 768]);
    expect(dimension(store, 'items', 'image', 1023)).toEqual({ 1: f(1.023), 2: f(2.023), 3: f(3.023) });
    expect(dimension(store, 'items', 'title', 1)).toEqual({ 1: f(100.001), 2: f(101.001), 3: f(102.001) });
    expect(dimension(store, 'items', 'video', 767)).toEqual({ 1: f(200.767), 2: f(201.767), 3: f(202.767) });
  });

  it('reads MMRec’s layout: tabs, parts by number, features by number', async () => {
    const { store } = await importFixture('microlens-100k-mmrec');
    expect(rowsOf(store).map(([user, item]) => [user, item])).toEqual([
      ['0', '2'],
      ['0', '0'],
      ['0', '1'],
      ['1', '1'],
      ['1', '2'],
    ]);
    expect([...store.interactions.part!]).toEqual([0, 1, 2, 0, 0]);
    expect(dimension(store, 'items', 'image', 0)).toEqual({ 0: 0, 1: 1, 2: 2 });
    expect(dimension(store, 'items', 'text', 0)).toEqual({ 0: 100, 1: 101, 2: 102 });
  });

  it('reads the challenge’s Parquet: histories and tags filled up with zeros, features in a column', async () => {
    const { store } = await importFixture('microlens-1m-mmctr');
    expect(rowsOf(store)).toEqual([
      ['7', '3', 1],
      ['7', '1', 2],
      ['7', '4', 4],
      ['9', '4', 3],
      ['9', '3', 5],
    ]);
    expect([...store.interactions.part!]).toEqual([0, 0, 0, 0, 1]);
    expect(column(store, 'label')).toEqual([1, 0, 1, 1, 0]);
    expect(historiesOf(store, 'item_seq')).toEqual([[], ['3'], ['3', '2'], ['1', '2'], ['1', '2', '4']]);
    expect(store.itemIds).toEqual(['1', '3', '4', '2']); // 2 is in histories only, 0 no video
    // Tags 6 to 10 are 0 to 4.
    expect(tags(store, 'items', 'tag')).toEqual({ 1: [2, 0], 2: [0], 3: [], 4: [0, 1, 2, 3, 4] });
    const f = Math.fround;
    expect(dimension(store, 'items', 'content', 127)).toEqual({
      1: f(1.127),
      2: f(2.127),
      3: f(3.127),
      4: f(4.127),
    });
  });

  it('reads the folder of others, by order', async () => {
    const { store } = await importFixture('microlens-50k-subset');
    expect(rowsOf(store)).toEqual([
      ['0', '2', 1],
      ['0', '0', 2],
      ['0', '1', 3],
      ['1', '1', 4],
      ['1', '2', 5],
    ]);
  });
});
