import { describe, expect, it } from '@jest/globals';
import { HeldVectors, type PrepareSpec, prepare, type VectorFeature } from '../../src/data/index.js';
import { type Row, storeOf } from './fixture.js';

const expectNear = (found: readonly number[], expected: readonly number[]): void =>
  expect(found.map((x) => Number(x.toFixed(5)) + 0)).toEqual(expected);

describe('data.standardize', () => {
  // One user; items 0 to 3 are train, item 4 is test. Item 2 has no vector.
  const rows: Row[] = [0, 1, 2, 3, 4].map((item) => [0, item, item, 1]);
  const matrix = Float32Array.of(1, 10, 7, 3, 30, 7, 0, 0, 0, 5, 20, 7, 9, 40, 7);
  const prepared = (vector: VectorFeature, spec: Partial<PrepareSpec> = {}) => {
    const store = storeOf(rows);
    return prepare(
      { ...store, items: { ...store.items, vectors: { audio: vector } } },
      {
        label: 'is_click',
        split: { kind: 'time', scope: 'user', train: 0.8, validation: 0.25 },
        standardize: ['audio'],
        ...spec,
      },
    );
  };
  const all = Int32Array.of(0, 1, 2, 3, 4);
  // Items 0, 1 of the train part have vectors (3 is validation): means 2 and 20, deviations 1 and 10, 7 and none.
  const expected = [-1, -1, 0, 1, 1, 0, 0, 0, 0, 3, 0, 0, 7, 2, 0];

  it('scales by the items of the train part that have a vector; those that have none stay zero', () => {
    const { audio } = prepared(new HeldVectors(matrix, 3, { clips: 3 })).store.items.vectors;
    expectNear([...audio!.rows(all)], expected);
    expectNear([...audio!.matrix!], expected);
    expect(audio!.clips).toBe(3);
    expect([...matrix.subarray(0, 3)]).toEqual([1, 10, 7]); // the store's own are untouched
  });

  it('does the same for vectors that are read by rows', () => {
    const held = new HeldVectors(matrix, 3);
    const { audio } = prepared({ width: 3, rows: (items) => held.rows(items) }).store.items.vectors;
    expect(audio!.matrix).toBeUndefined();
    expectNear([...audio!.rows(Int32Array.of(4, 2, 0))], [7, 2, 0, 0, 0, 0, -1, -1, 0]);
  });

  it('names the vectors that there are', () => {
    expect(() => prepared(new HeldVectors(matrix, 3), { standardize: ['audios'] })).toThrow(
      /no item vector audios.*standardize/,
    );
  });
});
