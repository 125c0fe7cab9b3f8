import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadSweep } from '../../src/config/index.js';
import { type SweepResult, sweep } from '../../src/sweeps/index.js';
import { type BinResult, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';
import { doTasksHere } from '../support/tasksHere.js';

doTasksHere();

/** The cell `twin` does what `one` does: two epochs are too few for its patience to matter. */
const table = `experiment:
  data: { source: { world: quickstart, scale: 0.05 } }
  model: { name: bpr, factors: 2 }
  train: { epochs: 2, batchSize: 64, patience: null }
  engine: { name: cpu }
seeds: 2
metrics: [auc]
cells:
  - { label: one, set: {} }
  - { label: twin, set: { train.patience: 50 } }
on:
  small: { title: small, set: {} }
  off: { title: switched off, control: true, set: { data.source: { world: quickstart, scale: 0.05, knobs: { matchEffect: 0 } } } }
`;
// An AUC lies in 0 to 1, so no two differ by more than 1; and the twins by nothing.
const lines = {
  near: '{ id: near, statement: twins are alike, type: near, row: one, reference: twin, tolerance: 2, metrics: [auc] }',
  order:
    '{ id: order, statement: one is better, type: order, rows: [one, twin], metrics: [auc], control: { margin: 2 } }',
  even: '{ id: even, statement: one is better by whatever amount, type: order, rows: [one, twin], metrics: [auc] }',
  far: '{ id: far, statement: one is far better, type: atLeast, row: one, over: twin, by: 2, metrics: [auc] }',
  mad: '{ id: mad, statement: mad is better, type: order, rows: [mad, one], metrics: [auc] }',
  said: '{ id: said, statement: it looks well, type: qualitative, seenIn: a picture }',
};
const claiming = (...names: (keyof typeof lines)[]): string =>
  `${table}claims:\n${names.map((name) => `  - ${lines[name]}\n`).join('')}`;

const folder = temporaryFolder();
const [resultsDir, dataDir] = [join(folder, 'results'), join(folder, 'data')];
const write = (text: string): void => writeFileSync(join(folder, 's.yaml'), text);
const mvrec = (...args: string[]): Promise<BinResult> =>
  runHere(['sweep', 's.yaml', ...args], {
    cwd: folder,
    env: { MVREC_RESULTS_DIR: resultsDir, MVREC_DATA_DIR: dataDir },
  });
const json = async (...args: string[]): Promise<SweepResult & { exitCode: number }> => {
  const { code, stdout } = await mvrec(...args, '--json');
  return { ...JSON.parse(stdout), exitCode: code };
};
const verdicts = ({ claims }: SweepResult) => claims!.results.map(({ id, verdict }) => `${id} ${verdict}`);
const kept = (result: SweepResult, file: string) =>
  JSON.parse(readFileSync(join(result.directory, file), 'utf8'));

describe('the claims of a sweep', () => {
  it('are listed before', async () => {
    write(claiming('near', 'order', 'said'));
    const { code, stdout } = await mvrec('--dry-run', '--on', 'off');
    expect(code).toBe(0);
    expect(stdout).toContain(`Claims
  near: twins are alike (not applicable: it states no effect that could be absent)
  order: one is better (control: the effect must be absent)
  said: it looks well (seen in a picture)
`);
    expect(existsSync(resultsDir)).toBe(false);
  });

  it.each([
    [
      'rows: [one, twin]',
      'rows: [one, twn]',
      /^s\.yaml:15:69: the sweep has no row twn\n {2}Did you mean twin/,
    ],
    ['metrics: [auc], control', 'metrics: [auk], control', /^s\.yaml:15:86: the sweep has no metric auk/],
    [
      'metrics: [auc], control',
      'requires: { data: smal }, metrics: [auc], control',
      /the sweep has no data smal/,
    ],
    ['rows: [one, twin], ', '', /^s\.yaml:15:\d+: claims\[0\]\.type is order, which needs rows/],
    ['rows: [one', 'row: [one', /^s\.yaml:15:\d+: claims\[0\]\.row belongs to .*, not to order/],
    ['control: true', 'control: false', /control is false/],
  ])('are checked before training: %s -> %s', async (from, to, words) => {
    write(claiming('order').replace(from, to));
    const { code, stderr } = await mvrec();
    expect({ code, said: words.test(stderr) ? 'it' : stderr }).toEqual({ code: 2, said: 'it' });
    expect(existsSync(resultsDir)).toBe(false);
  });

  it('are checked together with the rest of the file', async () => {
    write(
      claiming('order')
        .replace('rows: [one, twin]', 'rows: [one, twn]')
        .replace('train.patience: 50', 'train.patnce: 50')
        .replace('metrics: [auc]\n', 'metrics: [auk]\n')
        .replace('factors: 2', 'factrs: 2'),
    );
    const { code, stderr } = await mvrec('--set', 'train.epoch=1');
    expect(code).toBe(2);
    for (const words of [
      's.yaml:10:27: train.patnce: there is no option of that name',
      '--set train.epoch: there is no option of that name',
      's.yaml:3:23: unknown key model.factrs',
      's.yaml:15:69: the sweep has no row twn',
      "s.yaml:7:11: unknown metric 'auk'",
    ])
      expect(stderr).toContain(words);
  });

  it('need seeds that all cells share', async () => {
    writeFileSync(join(folder, 'seeded.yaml'), 'seed: 5\n');
    write(
      claiming('order').replace('seeds: 2\n', '').replace('label: one,', 'label: one, base: seeded.yaml,'),
    );
    const { code, stderr } = await mvrec();
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^s\.yaml:\d+:\d+: claims compare cells seed by seed, and these have 5, 1/,
      ),
    });
  });
});

// With n seeds without spread all p are those of the sign test, 1 / 2^n, times the claims that Holm counts and the looks.
describe('verdicts', () => {
  const raw = 1 / 64;

  it.each<[(keyof typeof lines)[], number, string[], number]>([
    [['near', 'said'], 0, ['near holds', 'said qualitative'], raw],
    [['near', 'even'], 4, ['near holds', 'even undecided'], 2 * raw],
    [['near', 'even', 'far'], 3, ['near holds', 'even undecided', 'far fails'], 3 * raw],
    [['near', 'order'], 3, ['near holds', 'order fails'], 2 * raw], // smaller than its control's margin
  ])('of %j lead to exit code %i', async (names, exitCode, expected, adjusted) => {
    write(claiming(...names));
    const result = await json('--seeds', '6');
    expect([result.exitCode, verdicts(result)]).toEqual([exitCode, expected]);
    const [near] = result.claims!.results;
    expect(near!.p).toMatchObject({ raw: { holds: raw }, adjusted: { holds: adjusted } });
    expect(result.claims).toMatchObject({ seeds: [1, 2, 3, 4, 5, 6], looks: 1 });
    expect(kept(result, 'claims.json')).toEqual(result.claims);
  });

  it('with other seeds than before are of one look more', async () => {
    write(claiming('near'));
    const look = async (...args: string[]) => json('--name', 'again', ...args);
    const numbers = ({ claims }: SweepResult) => [claims!.looks, claims!.results[0]!.p!.adjusted.holds];
    expect(numbers(await look('--seeds', '3'))).toEqual([1, 1 / 8]);
    expect(numbers(await look('--seeds', '3'))).toEqual([1, 1 / 8]);
    const second = await look('--seeds', '6');
    expect(numbers(second)).toEqual([2, 2 / 64]);
    expect(kept(second, 'claims.json').before).toEqual([[1, 2, 3]]);
    expect(numbers(await look('--seeds', '3'))).toEqual([2, 2 / 8]); // it was chosen among two
    const { stdout } = await mvrec('--name', 'again', '--seeds', '6');
    expect(stdout).toContain('and for 2 looks\nThey were looked at before, with 3 seeds;');
    // What --until-decided settles comes beside them: 2, 4 and 8 seeds, and those of before.
    expect((await look('--until-decided', '--most-seeds', '8')).claims!.looks).toBe(5);
  });

  it('stand below the table, with what supports them', async () => {
    write(claiming('far'));
    const { code, stdout } = await mvrec('--seeds', '6');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^one +0\.\d{4} ± 0\.\d{4} +6$/m);
    expect(stdout).toMatch(
      /^ {2}far: one is far better\n {4}fails; p 0\.0156, adjusted 0\.0156\n {6}auc: the gain of one over twin is above 2: 0\.0000 \(.*; sd 0\.0000, .*, n 6\), p 1\.0000$/m,
    );
  });

  it('of the control are that the effect is absent', async () => {
    write(claiming('near', 'order'));
    const result = await json('--on', 'off', '--seeds', '5');
    expect([result.exitCode, verdicts(result)]).toEqual([0, ['near not applicable', 'order holds']]);
    expect(result.claims!.results[1]).toMatchObject({ control: true, p: { adjusted: { holds: 1 / 32 } } });
  });

  it('that fail count before cells without a result, and these before what is undecided', async () => {
    const mad = '  - { label: mad, set: { train.optimizer: { name: sgd, learningRate: 1.0e+30 } } }\non:';
    const withMad = (text: string) => write(text.replace('on:', mad));
    withMad(claiming('near', 'mad'));
    const lost = await json('--seeds', '6');
    expect([lost.exitCode, verdicts(lost)]).toEqual([5, ['near holds', 'mad undecided']]);
    expect(lost.claims!.results[1]!.reason).toMatch(/^mad, seed 1: training diverged/);
    withMad(claiming('far', 'mad'));
    expect((await json('--seeds', '6')).exitCode).toBe(3);
    withMad(claiming('mad'));
    const more = await json('--until-decided'); // more seeds would not decide it
    expect([more.exitCode, more.claims!.seeds]).toEqual([5, [1, 2]]);
  });

  it('are of the whole table', async () => {
    write(claiming('far'));
    const part = await json('--only', 'one');
    expect([part.exitCode, part.claims]).toEqual([0, null]);
    expect((await mvrec('--only', 'one', '--until-decided')).stderr).toContain('Claims are about the whole');
  });
});

describe('claims that are changed', () => {
  const restated = async (text: string): Promise<number> => {
    write(text);
    return (await json('--name', 'changed')).claims!.restated!;
  };

  it('after results had been seen are said to have been, however they stand now', async () => {
    const even = claiming('even');
    expect(await restated(even)).toBe(0);
    expect(await restated(even.replace('by whatever amount', 'somewhat'))).toBe(0);
    expect(await restated(claiming('even', 'far'))).toBe(1);
    expect(await restated(claiming('far', 'even'))).toBe(1);
    write(table); // without any, and then the old ones
    await mvrec('--name', 'changed');
    expect(await restated(even)).toBe(3);
    const { stdout } = await mvrec('--name', 'changed');
    expect(stdout).toContain('The claims were changed or added to 3 times after results had been seen');
  });
});

describe('--until-decided', () => {
  const cells = ({ claims }: SweepResult) => claims!.seeds.length;

  it('goes on after an interruption, with the same looks, until they are decided', async () => {
    write(claiming('near'));
    const stop = new AbortController();
    const notes: string[] = [];
    const note = (text: string): void => {
      notes.push(text);
      if (text.includes('on to')) stop.abort();
    };
    const loaded = await loadSweep({ file: 's.yaml', name: 'until', cwd: folder, env: {} });
    const options = {
      only: [],
      seeds: null,
      jobs: 1,
      failFast: false,
      retry: false,
      cluster: null,
      dryRun: false,
    };
    const surroundings = {
      settings: { resultsDir, dataDir, cacheDir: dataDir },
      command: [],
      reporter: { note, counting() {}, cells() {}, cell() {} },
      signal: stop.signal,
    };
    await expect(
      sweep(loaded, { ...options, untilDecided: { mostSeeds: 10 } }, surroundings),
    ).rejects.toThrow('interrupted');
    expect(notes.at(-1)).toBe('2 seeds: 1 of 1 claims undecided; on to 4');

    // At 4 seeds p is 4 looks x 1/16, at 8 4 x 1/256; the last look is not needed.
    const result = await json('--name', 'until', '--until-decided');
    expect([result.exitCode, cells(result)]).toEqual([0, 8]);
    expect(result.claims).toMatchObject({ looks: 4, results: [{ p: { adjusted: { holds: 4 / 256 } } }] });
    expect(kept(result, 'sweep.json').looks).toEqual({
      seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      at: [2, 4, 8, 10],
    });
    expect(cells(await json('--name', 'until', '--until-decided', '--most-seeds', '10'))).toBe(8);

    const { code, stderr } = await mvrec('--name', 'until', '--until-decided', '--most-seeds', '20');
    expect(code).toBe(2);
    expect(stderr).toContain('with 2, 4, 8 and 10 of the seeds 1 to 10');
    // Whoever has looked, has looked, and 6 seeds are one look more: 5 x 1/64, though the seeds are given.
    const later = await json('--name', 'until', '--seeds', '6');
    expect([later.exitCode, later.claims!.looks]).toEqual([4, 5]);
  });

  it('ends at the most seeds', async () => {
    write(claiming('near', 'even'));
    const result = await json('--name', 'never', '--until-decided', '--most-seeds', '8');
    // 2, 4, 8: two claims x 3 looks x 1/256 for the one, and the other is even.
    expect([result.exitCode, verdicts(result), cells(result)]).toEqual([
      4,
      ['near holds', 'even undecided'],
      8,
    ]);
    expect(result.claims!.results[0]!.p!.adjusted.holds).toBe(6 / 256);
  });

  it.each([
    [['--most-seeds', '5'], '--most-seeds stands alone'],
    [['--until-decided', '--most-seeds', '1'], '--most-seeds is 1'],
    [['--until-decided', '--seeds', '9', '--most-seeds', '5'], 'begins with 9 seeds'],
  ])('refuses %j', async (args, words) => {
    const { code, stderr } = await mvrec('--name', 'refused', ...args);
    expect({ code, said: stderr.includes(words) ? words : stderr }).toEqual({ code: 2, said: words });
  });

  it('needs claims', async () => {
    write(table);
    expect((await mvrec('--until-decided')).stderr).toContain('the sweep claims nothing');
  });
});
