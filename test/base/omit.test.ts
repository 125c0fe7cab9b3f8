import { expect, it } from '@jest/globals';
import { omit } from '../../src/base/index.js';

it('leaves out keys, and changes nothing', () => {
  const from = { a: 1, b: undefined, c: { d: 2 } };
  expect(omit(from, 'a')).toStrictEqual({ b: undefined, c: { d: 2 } });
  expect(omit(from, 'a', 'b', 'c')).toEqual({});
  expect(from).toStrictEqual({ a: 1, b: undefined, c: { d: 2 } });
});
