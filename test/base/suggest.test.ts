import { describe, expect, it } from '@jest/globals';
import { didYouMean, hintFor, nearest } from '../../src/base/index.js';

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
  it('lists no more than people can read', () => {
    const known = Array.from({ length: 43 }, (_, i) => `n${i}`.padEnd(i === 0 ? 50 : 1, 'x'));
    const hint = didYouMean('other', known);
    expect(hint).toContain(`Known: n0${'x'.repeat(38)}…, n1, `);
    expect(hint).toMatch(/, n39 and 3 more\.$/);
  });

  it('names those that begin with the word, and no others, where there are several', () => {
    const known = ['kuairand-1k', 'kuairand-pure', 'kuairec', 'movielens'];
    expect(didYouMean('KuaiRand', known)).toBe('Did you mean one of these? kuairand-1k, kuairand-pure.');
    expect(didYouMean('kuaire', known)).toBe(`Did you mean kuairec? Known: ${known.join(', ')}.`);
    expect(didYouMean('zz', ['zzz', 'zzx'])).toBe('Known: zzz, zzx.');
  });

  it('asks when something is near, and lists what is known', () => {
    expect(didYouMean('tacil', ['thacil', 'bpr'])).toBe('Did you mean thacil? Known: thacil, bpr.');
    expect(didYouMean('lstm', ['thacil', 'bpr'], 'Models')).toBe('Models: thacil, bpr.');
    expect(didYouMean('lstm', [])).toBe('There are none.');
  });
});

describe('hintFor', () => {
  it('asks for each that is near, and lists what is known once', () => {
    const known = ['is_like', 'is_follow'];
    expect(hintFor(['is_lik', 'is_folow'], known)).toBe(
      'Did you mean is_like, is_follow? Known: is_like, is_follow.',
    );
    expect(hintFor(['is_lik', 'cover'], known)).toBe('Did you mean is_like? Known: is_like, is_follow.');
    expect(hintFor(['cover', 'tags'], known, 'Columns')).toBe('Columns: is_like, is_follow.');
    expect(hintFor(['is_lik'], known)).toBe(didYouMean('is_lik', known));
    expect(hintFor(['a', 'b'], [])).toBe('There are none.');
  });
});
