import { expect, it } from '@jest/globals';
import { Distinct, DistinctInts, distinct } from '../../src/base/index.js';

it('distinct values stand in the order in which they are first met', () => {
  const { values, at } = distinct(Int32Array.of(7, -1, 7, 0, -1));
  expect([...values]).toEqual([7, -1, 0]);
  expect([...at]).toEqual([0, 1, 0, 2, 1]);
  expect(distinct(new Int32Array()).values).toHaveLength(0);
});

it('numbers of values grow as new ones are met, and take values past 32 bits', () => {
  const numbers = new Distinct();
  expect([2 ** 40, 3, 2 ** 40, 2 ** 40 + 1].map((value) => numbers.of(value))).toEqual([0, 1, 0, 2]);
  expect(numbers.count).toBe(3);
});

it('numbers of integers are those of any values, also where all are distinct', () => {
  // Multiples of a power of two lie on few slots of a hash table.
  const values = Int32Array.from({ length: 4000 }, (_, i) => (i % 3 === 0 ? (i % 1000) * 2 ** 20 : -i) | 0);
  const [plain, hashed] = [new Distinct(), new DistinctInts(values.length)];
  for (const value of values) expect(hashed.of(value)).toBe(plain.of(value));
  expect([...hashed.values()]).toEqual([...plain.values()]);
  const all = new DistinctInts(3);
  expect([5, -(2 ** 31), 2 ** 31 - 1, 5].map((value) => all.of(value))).toEqual([0, 1, 2, 0]);
});
