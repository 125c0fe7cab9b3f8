import { expect, it } from '@jest/globals';
import { claimsPlanText, claimsText } from '../../src/cli/claims.js';
import type { ClaimResult, Evidence, Judgement } from '../../src/sweeps/index.js';

const part: Evidence = {
  metric: 'auc',
  row: 'A',
  against: 'B',
  unit: 'points',
  kind: 'gain',
  relation: 'above',
  threshold: 0,
  seeds: 3,
  rowMean: 0.71,
  againstMean: 0.7,
  mean: 0.01,
  sd: 0.002,
  interval: { low: 0.00663, high: 0.01337, confidence: 0.9 },
  p: { for: 0.0065, against: 0.9935 },
  effect: { d: 5, g: 2.82 },
  problem: null,
};
const claim = (change: Partial<ClaimResult>): ClaimResult => ({
  id: 'c',
  type: 'order',
  statement: 'A is better',
  verdict: 'holds',
  reason: null,
  moreSeeds: null,
  control: false,
  alpha: 0.05,
  p: { raw: { holds: 0.0065, fails: 0.9935 }, adjusted: { holds: 0.026, fails: 1 } },
  needs: 'all',
  parts: [part],
  ...change,
});
const judged = (results: ClaimResult[], change: Partial<Judgement> = {}): string[] =>
  claimsText({ verdict: 'undecided', seeds: [1, 2, 3], looks: 1, results, ...change }).split('\n');

it('a claim has its verdict, both p and what supports it', () => {
  expect(judged([claim({ place: 'Table 2' })], { verdict: 'holds', looks: 4 })).toEqual([
    'Claims, by one-sided t tests of 3 seeds; p adjusted by Holm over the claims, and for 4 looks at most',
    '  c: A is better, Table 2',
    '    holds; p 0.0065, adjusted 0.0260',
    '      auc: the gain of A over B is above 0: 0.0100 (0.7100 and 0.7000; sd 0.0020, 90 % interval 0.0066 to 0.0134, n 3, g 2.82), p 0.0065',
    'All claims hold.',
  ]);
});

it('claims of which none applies do not hold', () => {
  const results = [claim({ verdict: 'not applicable', p: null }), claim({ verdict: 'qualitative', p: null })];
  expect(judged(results, { verdict: 'holds' }).at(-1)).toBe('No claim was tested.');
});

it("a claim that the paper's numbers contradict says so, below its verdict", () => {
  const lines = judged([claim({ contradiction: 'its Table 3 has 0.018', parts: [] })]);
  expect(lines[3]).toBe('    the paper contradicts itself: its Table 3 has 0.018');
});

it('shares are percent; two seeds have d_z; small p are powers of ten', () => {
  const relative = { ...part, unit: 'relative', mean: 0.014, sd: null, interval: null } as const;
  const p = { for: 0.00003, against: 1 };
  const [, , , line] = judged([claim({ parts: [{ ...relative, p, effect: { d: 5, g: null } }] })]);
  expect(line).toBe(
    '      auc: the gain of A over B is above 0 %: 1.40 % (0.7100 and 0.7000; n 3, d_z 5.00), p 3e-5',
  );
});

it('a claim that is not decided says why, and the p of what failed is that of the opposite', () => {
  const nothing = { rowMean: null, againstMean: null, mean: null, sd: null, interval: null, p: null };
  const lost = { ...part, ...nothing, effect: null, problem: 'A, seed 2: it diverged' };
  const lines = judged(
    [
      claim({
        id: 'f',
        verdict: 'fails',
        p: { raw: { holds: 0.9, fails: 0.01 }, adjusted: { holds: 1, fails: 0.02 } },
        parts: [],
      }),
      claim({ id: 'u', verdict: 'undecided', moreSeeds: 2, parts: [] }),
      claim({ id: 'l', verdict: 'undecided', reason: lost.problem, p: null, parts: [lost] }),
      claim({ id: 'q', verdict: 'qualitative', reason: 'a picture', p: null, parts: [] }),
      claim({
        id: 'n',
        verdict: 'not applicable',
        reason: 'made for logs',
        p: null,
        parts: [],
        control: true,
      }),
    ],
    { verdict: 'fails' },
  );
  expect(lines.slice(1)).toEqual([
    'A control: a claim holds if its effect is absent.',
    '  f: A is better',
    '    fails; p 0.0100, adjusted 0.0200',
    '  u: A is better',
    '    undecided (needs 2 more seeds); p 0.0065, adjusted 0.0260',
    '  l: A is better',
    '    undecided (A, seed 2: it diverged)',
    '      auc: the gain of A over B is above 0: A, seed 2: it diverged',
    '  q: A is better',
    '    qualitative: a picture',
    '  n: A is better',
    '    not applicable (made for logs)',
    'Of 5 claims 1 fails, 2 undecided',
  ]);
});

it('the plan has no verdicts', () => {
  const results = [
    claim({}),
    claim({ id: 'k', control: true, place: 'Figure 3' }),
    claim({ id: 'n', verdict: 'not applicable', reason: 'made for logs' }),
  ];
  expect(claimsPlanText({ verdict: 'undecided', seeds: [1], looks: 1, results })).toBe(
    `Claims
  c: A is better
  k: A is better, Figure 3 (control: the effect must be absent)
  n: A is better (not applicable: made for logs)`,
  );
});
