import { expect, it } from '@jest/globals';
import type { ClaimResult, Evidence, Judgement } from '../../src/sweeps/index.js';
import { isOpen } from '../../src/sweeps/judge.js';

const judgement = (verdict: ClaimResult['verdict'], ...problems: (string | null)[]): Judgement => ({
  verdict: 'undecided',
  seeds: [1, 2],
  looks: 3,
  results: [
    { verdict, parts: problems.map((problem) => ({ problem }) as Evidence) } as unknown as ClaimResult,
  ],
});

it('more seeds are worth it for what is undecided, but not where a cell has no result', () => {
  expect(isOpen(judgement('undecided', null, null))).toBe(true);
  expect(isOpen(judgement('undecided', null, 'it diverged'))).toBe(false);
  expect(isOpen(judgement('holds', null))).toBe(false);
  expect(isOpen(judgement('qualitative'))).toBe(false);
});
