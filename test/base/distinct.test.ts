import { expect, it } from '@jest/globals';
import { Distinct, distinct } from '../../src/base/index.js';

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
