import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { projectRoot } from '../support/index.js';

const { reproductionPage } = (await import(join(projectRoot, 'scripts', 'reproductionPage.mjs'))) as {
  reproductionPage(sweeps: readonly object[]): string;
};

const claim = {
  id: 'paper.table1.grows',
  statement: 'the lead | grows',
  place: 'section 4',
  type: 'monotone',
};
const part = {
  metric: 'ndcg@10',
  row: 'A, K=32',
  against: 'B, K=32',
  unit: 'points',
  mean: -0.0009,
  p: { for: 0.9, against: 0.1 },
  effect: { g: -0.4 },
};
const judged = (change: object) => ({
  ...claim,
  verdict: 'undecided',
  reason: null,
  moreSeeds: 12,
  needs: 'all',
  p: { adjusted: { holds: 0.9, fails: 0.2 } },
  parts: [part],
  ...change,
});
const result = (control: boolean, change: object) => ({
  on: { title: control ? 'without it' : 'a small log', control },
  claims: { seeds: [1, 2, 3], results: [judged(change)] },
  cells: 6,
  seconds: 30,
});
const page = (simulated: object, control = {}) =>
  reproductionPage([
    {
      path: 'experiments/paper/table1.yaml',
      sweep: { title: 'Paper, Table 1', claims: [claim] },
      results: { simulated: result(false, simulated), control: result(true, control) },
    },
    { path: 'experiments/paper/table2.yaml', sweep: { title: 'Paper, Table 2', claims: [] }, results: {} },
  ]);

it('says what decided a claim or stands in its way, with the pair whose own difference is taken off', () => {
  const less = ['A, K=16', 'B, K=16'];
  expect(page({ parts: [{ ...part, less }] })).toContain(
    '| grows: the lead \\| grows (section 4) | undecided: 12 more seeds | ndcg@10 -0.0009, A, K=32 over B, K=32 less that of A, K=16 over B, K=16, g -0.4 | 0.9000 |',
  );
  expect(page({ verdict: 'fails' })).toContain(
    '| **fails** | ndcg@10 -0.0009, A, K=32 over B, K=32, g -0.4 | 0.2000 |',
  );
});

it('counts verdicts, and names what was not run', () => {
  const text = page({ verdict: 'fails' }, { verdict: 'holds' });
  expect(text).toContain('| simulated | 0 | 1 | 0 | 0 |\n| control | 1 | 0 | 0 | 0 |');
  expect(text).toContain('`experiments/paper/table2.yaml`: not run.');
  expect(text).toContain('Of 0 claims it is shown');
  expect(page({ verdict: 'holds' }, { verdict: 'holds' })).toContain('Of 1 claims it is shown');
  expect(text).toContain('1 of 2 sweeps have been run');
  expect(text).toContain('| Paper, Table 1 | a small log | 0 / 1 / 0 | 1 / 0 / 0 | 0 | 3 | 60 s |');
  expect(text).toContain('| Paper, Table 2 |  | not run | not run |  |  | 0 s |');
});
