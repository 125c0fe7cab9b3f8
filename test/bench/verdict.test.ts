import { describe, expect, it } from '@jest/globals';
import { comparisons } from '../../bench/quality/comparisons.mjs';
import { logs } from '../../bench/quality/logs.mjs';
import { merge, overall, qualityTable } from '../../bench/quality/report.mjs';
import { deviation, verdictOf, worst } from '../../bench/quality/verdict.mjs';

/** Deviation 0.01 each, so 0.01 together: two of them are 0.02. */
const around = (middle: number): number[] => [middle - 0.01, middle, middle + 0.01];

describe('verdict', () => {
  it('deviation is that of a sample', () => {
    expect(deviation([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(deviation([1])).toBeNaN();
  });

  it.each([
    [0.521, 'beaten'],
    [0.519, 'reached'],
    [0.481, 'reached'],
    [0.479, 'not reached'],
  ])('%d against 0.5 is %s', (ours, verdict) => {
    expect(verdictOf('auc', around(ours), around(0.5))).toBe(verdict);
  });

  it('a lower log loss is better', () => {
    expect(verdictOf('logloss', around(0.479), around(0.5))).toBe('beaten');
    expect(verdictOf('logloss', around(0.521), around(0.5))).toBe('not reached');
  });

  it('deviations are pooled by degrees of freedom: 0.01 of two seeds, 0.02 of three', () => {
    const pooled = Math.sqrt((0.01 ** 2 + 2 * 0.02 ** 2) / 3);
    const two = [0.5 - 0.01 / Math.SQRT2, 0.5 + 0.01 / Math.SQRT2];
    const three = (middle: number): number[] => [middle - 0.02, middle, middle + 0.02];
    expect(verdictOf('auc', two, three(0.5 + 1.99 * pooled))).toBe('reached');
    expect(verdictOf('auc', two, three(0.5 + 2.01 * pooled))).toBe('not reached');
  });

  it('one seed each says nothing, unless there is no chance in it', () => {
    expect(verdictOf('auc', [0.6], [0.5])).toBeNull();
    expect(verdictOf('hr@10', [0.0491], [0.05], { fixed: true })).toBe('reached');
    expect(verdictOf('hr@10', [0.0489], [0.05], { fixed: true })).toBe('not reached');
    expect(verdictOf('hr@10', [0.0511], [0.05], { fixed: true })).toBe('beaten');
    expect(verdictOf('auc', [], [0.5, 0.6])).toBeNull();
  });

  it('the worst of several counts', () => {
    expect(worst(['beaten', 'reached'])).toBe('reached');
    expect(worst(['beaten', 'not reached', 'reached'])).toBe('not reached');
    expect(worst(['beaten', null])).toBeNull();
  });
});

describe('table of a log', () => {
  const runs = (values: number[]) => values.map((auc, i) => ({ seed: i + 1, metrics: { auc } }));
  const withWarm = (middle: number) =>
    around(middle).map((auc, i) => ({ seed: i + 1, metrics: { auc: 0.5 }, warm: { auc } }));
  const row = {
    name: 'kuairand-x',
    model: 'X',
    ours: { experiment: 'kuairand-x', runs: runs(around(0.7)) },
    theirs: { library: 'Lib', settings: { model: 'Y' }, runs: runs(around(0.8)) },
  };

  it('shows means, deviations and the verdict', () => {
    expect(overall(['auc'], row)).toBe('not reached');
    expect(qualityTable(['auc'], [row]).split('\n').at(-1)).toBe(
      '| X | Lib Y | 0.7000 ± 0.0100 | 0.8000 ± 0.0100 | not reached | 3 / 3 |',
    );
  });

  it('judges warm rows alone where the row says so', () => {
    const warm = { ...row, judged: 'warm' as const, ours: { ...row.ours, runs: withWarm(0.9) } };
    const judged = { ...warm, theirs: { ...row.theirs, runs: withWarm(0.8) } };
    expect(overall(['auc'], judged)).toBe('beaten');
  });

  it('keeps seeds that ran elsewhere with the same settings', () => {
    const now = { ...row, theirs: { ...row.theirs, runs: [{ seed: 2, metrics: { auc: 0.9 } }] } };
    expect(merge(row, now).theirs.runs.map(({ metrics }) => metrics.auc)).toEqual([0.79, 0.9, 0.81]);
    const other = { ...now, theirs: { ...now.theirs, settings: { model: 'Y', epochs: 2 } } };
    expect(merge(row, other).theirs.runs).toEqual(now.theirs.runs);
    expect(merge(row, now).ours.runs).toHaveLength(3);
    const changed = {
      ...row,
      ours: { ...row.ours, runs: [{ seed: 1, metrics: { auc: 1 }, options: 'new' }] },
    };
    expect(merge(row, changed).ours.runs).toEqual(changed.ours.runs);
  });

  it('without our runs there is no verdict', () => {
    expect(overall(['auc'], { ...row, ours: { ...row.ours, runs: [] } })).toBeNull();
  });
});

it('comparisons have names of their own and a log that is described', () => {
  const names = comparisons.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { log } of comparisons) expect(Object.keys(logs)).toContain(log);
});
