import { describe, expect, it } from '@jest/globals';
import {
  between,
  judge,
  number,
  type Result,
  resultsTable,
  rowLine,
  targetsTable,
} from '../../bench/lib/report.mjs';

const side = { device: 'CPU', threads: 2, versions: {}, seconds: [1], peakMemoryBytes: 2 ** 30, checks: {} };
const ours = { ...side, perSecond: [2000, 4000, 3000, 3000, 3000] };
const theirs = { ...side, perSecond: [100, 100, 100, 100, 100] };
const ratio = { median: 30, low: 25, high: 35, values: [20, 40, 30, 30, 30] };
const row = {
  name: 'a',
  what: 'training',
  against: 'PyTorch',
  unit: 'examples/s',
  settings: {},
  ours,
  theirs,
  ratio,
};
const result: Result = {
  name: 'one',
  date: '2026-01-31',
  commit: 'abc1234',
  machine: 'a machine',
  threads: 2,
  repetitions: 5,
  rows: [row, { ...row, name: 'b', theirs: { absent: 'no Python here' }, ratio: null }],
};

describe('what the bench says', () => {
  it('writes three digits and separates thousands', () => {
    expect([0.012345, 1.5, 99.99, 1234.5, 1234567].map(number)).toEqual([
      '0.0123',
      '1.5',
      '100',
      '1,230',
      '1,230,000',
    ]);
  });

  it('puts a row on a line, and says why a side is absent', () => {
    expect(rowLine(row)).toBe(
      'a: ratio 30 (25 to 35); ours 3,000 examples/s, 1,020 MiB; theirs 100 examples/s, 1,020 MiB',
    );
    expect(rowLine(result.rows[1]!)).toBe(
      'b: no ratio; ours 3,000 examples/s, 1,020 MiB; theirs absent: no Python here',
    );
  });

  it('makes the table of results', () => {
    expect(resultsTable([result]).split('\n').slice(2)).toEqual([
      '| training | PyTorch | 30 (25 to 35) | 5 | 3,000 | 100 | examples/s | 1,020 MiB | 1,020 MiB | 2026-01-31 abc1234 |',
      '| training | PyTorch |  | 5 | 3,000 |  | examples/s | 1,020 MiB | absent | 2026-01-31 abc1234 |',
    ]);
  });

  it('marks rows that are of another commit than most', () => {
    const odd = { ...result, name: 'odd', commit: 'fff0000', rows: [row] };
    const lines = resultsTable([odd, result]).split('\n');
    expect(lines.filter((line) => line.endsWith('† |'))).toEqual([
      expect.stringContaining('2026-01-31 fff0000 † |'),
    ]);
    expect(lines.at(-1)).toBe('† at another commit than the others');
  });

  it('judges a target by the worst of its rows, and not before all are measured', () => {
    const target = (atLeast: number, ...rows: string[]) => ({ what: 'it', against: 'them', atLeast, rows });
    const second = { ...result, name: 'two', rows: [{ ...row, ratio: { ...ratio, median: 2 } }] };
    const targets = [
      target(25, 'one/a'),
      target(3, 'one/a', 'two/a'),
      target(1, 'one/a', 'one/b'),
      target(1, 'x/y'),
    ];
    expect(judge(targets, [result, second]).map(({ ratio, reached }) => [ratio, reached])).toEqual([
      [30, 'yes'],
      [2, 'no'],
      [null, 'not measured'],
      [null, 'not measured'],
    ]);
    expect(targetsTable(targets, [result]).split('\n')[2]).toBe('| it | them | 25 x | yes | 30 x |');
  });

  it('does not judge by few repetitions or by a commit with changes', () => {
    const targets = [{ what: 'it', against: 'them', atLeast: 25, rows: ['one/a'] }];
    const few = { ...row, ratio: { ...ratio, values: [30, 30, 30, 30] } };
    const reached = (other: object) => judge(targets, [{ ...result, ...other }])[0]!.reached;
    expect(reached({})).toBe('yes');
    expect(reached({ rows: [few] })).toBe('not measured');
    expect(reached({ commit: 'abc1234+' })).toBe('not measured');
    expect(reached({ commit: null })).toBe('not measured');
  });

  it('replaces what stands between its markers, and only that', () => {
    const page = 'before\n<!-- generated: t -->\n\nold\n\n<!-- /generated -->\nafter\n';
    expect(between(page, 't', 'new')).toBe(
      'before\n<!-- generated: t -->\n\nnew\n\n<!-- /generated -->\nafter\n',
    );
    expect(between(between(page, 't', 'new'), 't', 'new')).toBe(between(page, 't', 'new'));
    expect(() => between(page, 'other', 'new')).toThrow('other');
  });
});
