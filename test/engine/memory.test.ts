import { expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { explainOutOfMemory } from '../../src/engine/index.js';

it('says what to do when an allocation fails, as JavaScript itself words it', () => {
  let thrown: unknown;
  try {
    new Float32Array(2 ** 53);
  } catch (error) {
    thrown = error;
  }
  expect(explainOutOfMemory(thrown)).toBeInstanceOf(UserError);
});

it('leaves other errors alone', () => {
  const error = new Error('shapes differ');
  expect(explainOutOfMemory(error)).toBe(error);
});
