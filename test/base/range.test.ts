import { expect, it } from '@jest/globals';
import { range } from '../../src/base/index.js';

it('counts from the first up to the last but one', () => {
  expect(range(2, 5)).toEqual(Int32Array.of(2, 3, 4));
  expect(range(3, 3)).toHaveLength(0);
});
