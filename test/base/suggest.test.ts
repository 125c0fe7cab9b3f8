import { describe, expect, it } from '@jest/globals';
import { didYouMean, nearest } from '../../src/base/index.js';

describe('nearest', () => {
  it.each([
    ['tacil', 'thacil'],
    ['THACIL', 'thacil'],
    ['thcail', 'thacil'],
    ['popularty', 'popularity'],
    ['transformer', null],
    ['x', null],
    ['', null],
  ])('of %j is %j', (word, best) => {
    expect(nearest(word, ['thacil', 'bpr', 'popularity'])).toBe(best);
  });

  it('is nothing where nothing is known', () => {
    expect(nearest('thacil', [])).toBeNull();
  });
});

describe('didYouMean', () => {
  it('asks when something is near, and lists what is known', () => {
    expect(didYouMean('tacil', ['thacil', 'bpr'])).toBe('Did you mean thacil? Known: thacil, bpr.');
    expect(didYouMean('lstm', ['thacil', 'bpr'], 'Models')).toBe('Models: thacil, bpr.');
    expect(didYouMean('lstm', [])).toBe('There are none.');
  });
});
