import { describe, expect, it } from '@jest/globals';
import { checkAll, didYouMean, InterruptedError, UserError, UserErrors } from '../../src/base/index.js';

describe('UserError', () => {
  it.each([
    [new UserError('wrong'), 'wrong'],
    [new UserError('wrong', 'Do this.'), 'wrong\n  Do this.'],
    [new UserError('wrong', 'Do this.', { file: 'a.yaml' }), 'a.yaml: wrong\n  Do this.'],
    [new UserError('wrong', undefined, { file: 'a.yaml', line: 3, column: 7 }), 'a.yaml:3:7: wrong'],
  ])('says where, what and what to do', (error, message) => {
    expect(error.message).toBe(message);
    expect(error.name).toBe('UserError');
  });
});

it('InterruptedError says how to go on', () => {
  expect(new InterruptedError('mvrec train --resume x').message).toContain('mvrec train --resume x');
  expect(new InterruptedError().message).toBe('interrupted');
});

describe('didYouMean', () => {
  it.each([
    ['epoch', ['epochs', 'seed'], 'Did you mean epochs? Known: epochs, seed.'],
    ['quite different', ['epochs', 'seed'], 'Known: epochs, seed.'],
    ['x', [], 'There are none.'],
  ])('of %j', (word, known, hint) => {
    expect(didYouMean(word, known)).toBe(hint);
  });
});

it('checks are all made, and each mistake is told once', () => {
  const wrong = (...problems: string[]) => {
    throw new UserErrors(problems.map((problem) => new UserError(problem)));
  };
  expect(() => checkAll([() => {}])).not.toThrow();
  const found = (() => {
    try {
      checkAll([() => wrong('a', 'b'), () => {}, () => wrong('b', 'c')]);
    } catch (error) {
      return error as UserErrors;
    }
    return null;
  })();
  expect(found?.all.map(({ message }) => message)).toEqual(['a', 'b', 'c']);
  const bug = () => {
    throw new TypeError('a bug');
  };
  expect(() => checkAll([bug])).toThrow(TypeError);
});
