import { describe, expect, it } from '@jest/globals';
import { CandidateBatches, catalogueLists, neutralItem } from '../../src/data/index.js';
import { smallData as data } from './fixture.js';

describe('catalogueLists', () => {
  it('hides the positives of the parts before, but never what is to be found', () => {
    expect(catalogueLists(data, 'test')).toEqual({
      user: Int32Array.of(0, 2),
      anchor: Int32Array.of(5, 10),
      targetOffsets: Int32Array.of(0, 2, 3),
      targets: Int32Array.of(2, 4, 6),
      seenOffsets: Int32Array.of(0, 2, 2),
      seen: Int32Array.of(3, 5),
    });
  });

  it('for validation, hides what is in train', () => {
    expect(catalogueLists(data, 'validation')).toMatchObject({
      user: Int32Array.of(0),
      targets: Int32Array.of(3),
      seen: Int32Array.of(2, 5),
    });
  });

  it('for train, hides nothing', () => {
    expect(catalogueLists(data, 'train')).toMatchObject({
      user: Int32Array.of(0, 1),
      targets: Int32Array.of(2, 5, 1),
      seen: new Int32Array(),
    });
  });

  it('knows an item that is neither', () => {
    const lists = catalogueLists(data, 'test');
    expect(neutralItem(lists, 0, 7)).toBe(0);
    const knowing = { ...lists, targets: Int32Array.of(0, 2, 6), seen: Int32Array.of(1, 3) };
    expect(neutralItem(knowing, 0, 7)).toBe(4);
  });

  it('takes any item for a user who knows all', () => {
    const lists = catalogueLists(data, 'test');
    const knowing = { ...lists, targets: Int32Array.of(0, 2), seen: Int32Array.of(1) };
    const all = { ...knowing, targetOffsets: Int32Array.of(0, 2), seenOffsets: Int32Array.of(0, 1) };
    expect(neutralItem(all, 0, 4)).toBe(3);
    expect(neutralItem(all, 0, 3)).toBe(0);
  });
});

it('CandidateBatches: a context a user, pairs in the order given', () => {
  const batch = new CandidateBatches(data, { histories: [] }).batch(
    Int32Array.of(5, 5, 10),
    Int32Array.of(6, 0, 6),
  );
  expect(batch.contexts).toMatchObject({ count: 2, user: Int32Array.of(0, 2) });
  expect(batch.pairs).toMatchObject({ count: 3, context: Int32Array.of(0, 0, 1) });
  expect(Array.from(batch.pairs.item, (at) => batch.items[at])).toEqual([6, 0, 6]);
});
