import { describe, expect, it } from '@jest/globals';
import { durationText, leftText, sweepExitCode, sweepText } from '../../src/cli/sweep.js';
import { createSweepReporter, viewLines } from '../../src/cli/sweep-progress.js';
import type { CellResult, SweepResult, SweepView } from '../../src/sweeps/index.js';

const cell = (label: string, change: Partial<CellResult> = {}): CellResult => ({
  label,
  coordinates: {},
  seed: 1,
  identity: 'i',
  state: 'finished',
  run: `s-1/${label}`,
  reason: null,
  metrics: { auc: 0.71 },
  floors: null,
  data: null,
  epochs: 3,
  seconds: 12,
  ...change,
});

const result: SweepResult = {
  sweep: 's-1',
  directory: '/results/s-1',
  title: 'Depth',
  table: null,
  on: { name: 'small', title: 'a small world', control: false },
  changes: [],
  axes: [],
  metrics: ['auc', 'gauc'],
  publishedNotes: [],
  rows: [
    {
      label: 'NCF',
      coordinates: {},
      metrics: {
        auc: { mean: 0.71234, sd: 0.00456, interval: null, n: 2 },
        gauc: { mean: 0.6, sd: null, interval: null, n: 1 },
      },
      seeds: { finished: 2, lost: 0, waiting: 0 },
    },
    {
      label: 'BPR',
      coordinates: {},
      metrics: {
        auc: { mean: null, sd: null, interval: null, n: 0 },
        gauc: { mean: null, sd: null, interval: null, n: 0 },
      },
      seeds: { finished: 0, lost: 1, waiting: 1 },
    },
  ],
  floors: [{ label: 'oracle', data: 'world', metrics: { auc: 0.8, gauc: null } }],
  caveats: ['simulated (a small world)'],
  candidates: [''],
  cells: [cell('NCF'), cell('BPR', { state: 'diverged', metrics: null, reason: 'NaN in step 3' })],
  claims: null,
  reused: 1,
};

const squeezed = (text: string): string[] => text.split('\n').map((line) => line.replace(/ +/g, ' ').trim());

describe('what a sweep ends with', () => {
  it('is its table, what was lost and what to bear in mind', () => {
    expect(squeezed(sweepText(result, false))).toEqual([
      'Depth; a small world',
      'on test auc gauc seeds',
      'NCF 0.7123 ± 0.0046 0.6000 2',
      'BPR - - 0/2',
      "simulator's oracle 0.8000 -",
      'BPR, seed 1 diverged: NaN in step 3',
      '1 cell without a result: --retry tries again, the same command alone does not.',
      'Mean ± standard deviation over seeds, on test.',
      'Note: simulated (a small world)',
      'Results of the same experiments that were there before: 1.',
      'Sweep s-1',
      '/results/s-1',
    ]);
  });

  it('has published numbers and the difference beneath a row', () => {
    const [ncf, bpr] = result.rows;
    const row = { ...ncf!, published: { auc: 0.72 }, difference: { auc: -0.00766 } };
    const lost = { ...bpr!, published: { auc: 0.6 }, difference: { auc: null } };
    const text = squeezed(sweepText({ ...result, rows: [row, lost], publishedNotes: ['rounded'] }, false));
    expect(text).toContain('Of the published numbers: rounded.');
    expect(text.slice(2, 8)).toEqual([
      'NCF 0.7123 ± 0.0046 0.6000 2',
      'published 0.72',
      'difference -0.0077',
      'BPR - - 0/2',
      'published 0.6',
      'difference',
    ]);
  });

  it('says nothing of seeds and chance where no cell has a result', () => {
    const [, bpr] = result.rows;
    expect(sweepText({ ...result, rows: [bpr!] }, false)).not.toMatch(/chance|deviation/);
  });

  it('says beside the title what the command line changed of the file', () => {
    const changes = ['--on off', '--set train.epochs=1', '--only NCF*'];
    expect(sweepText({ ...result, changes }, false).split('\n')[0]).toBe(
      'Depth; a small world; with --on off --set train.epochs=1 --only NCF*',
    );
    expect(sweepText({ ...result, changes, title: null, on: null }, true)).toMatch(/^with --on off --set/);
  });

  it('hands no control characters to the terminal', () => {
    const title = 'red \u001b[31m and \u202eback';
    expect(sweepText({ ...result, title }, false)).toContain('red \ufffd[31m and \ufffdback');
  });

  it('says what waits, and why', () => {
    const waiting = { state: 'waiting', run: null, metrics: null } as const;
    const cells = [cell('A', { ...waiting, reason: 'its node failed' }), cell('B', waiting)];
    const text = sweepText({ ...result, cells }, false);
    expect(text).toContain(
      'A, seed 1 has no result yet: its node failed\n2 cells left: the same command goes on.',
    );
    expect(sweepExitCode({ cells, claims: null })).toBe(5);
    expect(sweepExitCode({ cells: [cell('A')], claims: null })).toBe(0);
  });

  it('names the script for a cluster, or why there is none', () => {
    expect(sweepText({ ...result, script: '/s/job.sh' }, true)).toContain('Script for Slurm\n  /s/job.sh');
    expect(sweepText({ ...result, script: null }, true)).toContain('No script for Slurm: nothing is left');
    expect(sweepText(result, true)).not.toContain('Slurm');
  });

  it('names the data of a floor where there are several, and candidates that differ', () => {
    const floors = [...result.floors, { label: 'random', data: 'log', metrics: { auc: 0.5, gauc: 0.5 } }];
    const text = sweepText({ ...result, floors, candidates: ['', 'catalogue/'] }, false);
    expect(text).toContain("simulator's oracle (world)");
    expect(text).toContain('random (log)');
    expect(text).toContain('their numbers cannot be compared');
  });

  it('is the plan of a dry run, with what the rest would cost and how that is known', () => {
    const waiting = { state: 'waiting', run: null, metrics: null, seconds: 0 } as const;
    const cells = [cell('A'), cell('B', waiting), cell('C', waiting), cell('D', waiting)];
    const estimates = [null, { seconds: 30, by: 'finished' }, { seconds: 90, by: 'probed' }, null] as const;
    const lines = squeezed(sweepText({ ...result, cells, estimates, reused: 0 }, true));
    expect(lines.slice(1, 7)).toEqual([
      'cell seed state auc seconds run',
      'A 1 finished 0.7100 12.0 s-1/A',
      'B 1 to do - about 30',
      'C 1 to do - about 90',
      'D 1 to do - unknown',
      '3 cells to run: about 2 min one after another, by the seconds of the same cell with other seeds, and the seconds of a step times the steps of all epochs, evaluation not counted; of 1 nothing is known yet (their data were not made yet, or they do not train in steps)',
    ]);
    expect(sweepText({ ...result, cells: [cell('A')], estimates: [null] }, true)).toContain(
      'Nothing is left to do.',
    );
  });
});

const running = (label: string) => ({
  label,
  seed: 2,
  epoch: 1,
  epochs: 6,
  metric: { name: 'auc', value: 0.55 },
  seconds: 8.4,
});
const view: SweepView = {
  total: 5,
  finished: 2,
  lost: 1,
  running: ['A', 'Long'].map(running),
  queued: 0,
  secondsLeft: 100,
};

describe('the progress of a sweep', () => {
  it('is a line for each cell under way and one for all', () => {
    expect(viewLines(view, 10)).toEqual([
      '  A, seed 2     epoch 1/6  auc 0.5500  8 s',
      '  Long, seed 2  epoch 1/6  auc 0.5500  8 s',
      '3 of 5 cells, 1 without a result, about 2 min left',
    ]);
    expect(viewLines({ ...view, running: [], queued: 2 }, 10)).toEqual([
      '3 of 5 cells, 1 without a result, 2 in the queue, about 2 min left',
    ]);
    const many = { ...view, running: ['A', 'B', 'C', 'D'].map(running), lost: 0, secondsLeft: null };
    expect(viewLines(many, 4).slice(-2)).toEqual(['  and 2 more', '2 of 5 cells']);
  });

  /** What a reporter writes to a stream. */
  function written(isTTY: boolean, args: { quiet: boolean; verbose: boolean }): string {
    let text = '';
    const stream = { isTTY, columns: 40, rows: 24, write: (some: string) => (text += some) };
    const reporter = createSweepReporter(args, stream as unknown as NodeJS.WriteStream);
    reporter.cells(view);
    reporter.cells(view);
    reporter.cell(cell('A', { seconds: 100 }), { ...view, running: [] }, false);
    reporter.end();
    return text;
  }
  it('says of a result that was there before that it was, and not how long that took', () => {
    let text = '';
    const stream = { isTTY: false, write: (some: string) => (text += some) };
    const reporter = createSweepReporter({ quiet: false, verbose: false }, stream as never);
    reporter.cell(cell('A', { seconds: 100 }), { ...view, running: [] }, true);
    expect(text).toBe('3/5  A, seed 1  auc 0.7100 on test  (done before, about 2 min left)\n');
  });

  const line = '3/5  A, seed 1  auc 0.7100 on test  (2 min, about 2 min left)\n';

  it('is drawn anew on a terminal, below the lines that stay, and gone at the end', () => {
    const drawn = viewLines(view, 10).map((one) => one.slice(0, 39));
    expect(written(true, { quiet: false, verbose: false })).toBe(
      `${drawn.join('\n')}\n\u001b[3A\u001b[0J${line}3 of 5 cells, 1 without a result, about\n\u001b[1A\u001b[0J`,
    );
  });

  it('is lines elsewhere, of every epoch with --verbose, and nothing with --quiet', () => {
    expect(written(false, { quiet: false, verbose: false })).toBe(line);
    expect(written(false, { quiet: false, verbose: true })).toBe(
      `A, seed 2  epoch 1/6  auc 0.5500  8 s\nLong, seed 2  epoch 1/6  auc 0.5500  8 s\n${line}`,
    );
    expect(written(true, { quiet: true, verbose: true })).toBe('');
  });
});

it('what is left is told in words', () => {
  expect([0.2, 44.6, 720].map(leftText)).toEqual([
    'less than 1 s left',
    'about 45 s left',
    'about 12 min left',
  ]);
});

it('durations are as short as people say them', () => {
  expect([0.2, 44.6, 89, 90, 720, 5400, 12600].map(durationText)).toEqual([
    '< 1 s',
    '45 s',
    '89 s',
    '2 min',
    '12 min',
    '1.5 h',
    '3.5 h',
  ]);
});
