import { describe, expect, it } from '@jest/globals';
import { bucketing, Vocabulary } from '../../src/models/vocabulary.js';

const rows = Float64Array.of(1, 2, 2, 3, 40);

describe('buckets', () => {
  it.each([
    ['values', [0.5, 7], [0.5, 7]],
    ['log2', [-3, 0, 0.9, 1, 1.9, 2, 1024], [0, 0, 0, 1, 1, 2, 11]],
    [100, [0, 99, 100, 2359, -1], [0, 0, 1, 23, -1]],
    [
      [1, 10],
      [0.9, 1, 9.9, 10, 1e9],
      [0, 1, 1, 2, 2],
    ],
  ] as const)('%j', (bucket, values, expected) => {
    const bucketOf = bucketing(Array.isArray(bucket) ? [...bucket] : (bucket as 'values'), rows);
    expect(values.map((value) => bucketOf(value))).toEqual(expected);
  });

  it('deciles: ten parts of the train rows, equal boundaries once', () => {
    const bucketOf = bucketing(
      'deciles',
      Float64Array.from({ length: 100 }, (_, i) => 99 - i),
    );
    expect([-5, 0, 9, 10, 11, 89, 90, 500].map(bucketOf)).toEqual([0, 0, 0, 1, 1, 8, 9, 9]);
    const few = bucketing('deciles', rows);
    expect([0, 1, 2, 3, 40].map(few)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('a vocabulary', () => {
  it('numbers what enough train rows have, smallest first; the rest is unknown', () => {
    const vocabulary = new Vocabulary(rows, (value) => value, 1);
    expect([1, 2, 3, 40, 4].map((value) => vocabulary.valueOf(value))).toEqual([0, 1, 2, 3, -1]);
    expect([vocabulary.size, vocabulary.lacksRows]).toEqual([4, false]);
    const often = new Vocabulary(rows, (value) => value, 2);
    expect([1, 2, 40].map((value) => often.valueOf(value))).toEqual([-1, 0, -1]);
    expect(new Vocabulary(rows, (value) => value, 2).lacksRows).toBe(true);
  });
});
