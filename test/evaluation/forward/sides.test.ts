import { expect, it } from '@jest/globals';
import { lengthOfSide, shapeText, sidesOf } from '../../../src/evaluation/forward/sides.js';

// [2 x users + 3, users + items, 7] at 5 users and 4 items.
const shape = [13, 9, 7];
const grown = new Map([
  ['users', { value: 5, shape: [15, 10, 7] }],
  ['items', { value: 4, shape: [13, 10, 7] }],
]);

it('tells what a shape is made of from what grows with what', () => {
  const sides = sidesOf(shape, grown);
  expect(sides).toEqual([
    { constant: 3, terms: [['users', 2]] },
    {
      constant: 0,
      terms: [
        ['users', 1],
        ['items', 1],
      ],
    },
    { constant: 7, terms: [] },
  ]);
  expect(shapeText(sides)).toBe('[2 x users + 3, users + items, 7]');
  expect(shapeText(sides, new Map([['users', 10]]))).toBe('[23, users + items, 7]');
  expect(lengthOfSide(sides[1]!, new Map([['users', 10]]))).toBeNull();
  expect(
    lengthOfSide(
      sides[1]!,
      new Map([
        ['users', 10],
        ['items', 6],
      ]),
    ),
  ).toBe(16);
  expect(shapeText([])).toBe('[]');
});
