import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadSweep } from '../../src/config/index.js';
import { SweepFolder } from '../../src/sweeps/cell.js';
import { type SweepOptions, type SweepResult, type SweepView, sweep } from '../../src/sweeps/index.js';
import { type BinResult, runBin, temporaryFolder, whenSaid } from '../support/index.js';
import { outcome } from '../support/outcome.js';
import { runHere } from '../support/runHere.js';
import { doTasksHere } from '../support/tasksHere.js';

// Most of what a sweep does is the same without a process for each cell, at a tenth of the time.
doTasksHere();

const experiment = `name: tiny
data:
  source: { world: quickstart, scale: 0.05 }
model: { name: bpr, factors: 4 }
train: { epochs: 4, batchSize: 64, patience: null, checkpointSteps: 3 }
evaluate: { metrics: [auc, logloss] }
engine: { name: cpu }
`;
const sweepText = `base: tiny.yaml
axes: { model.factors: [2, 4] }
cells:
  - { label: mad, set: { train.optimizer: { name: sgd, learningRate: 1.0e+30 } } }
metrics: [auc]
`;

const folder = temporaryFolder();
const dataDir = join(folder, 'data');
let resultsDir = join(folder, 'results');
const file = 'grid.yaml';
beforeAll(() => {
  writeFileSync(join(folder, 'tiny.yaml'), experiment);
  writeFileSync(join(folder, file), sweepText);
});

const surroundings = () => ({
  cwd: folder,
  env: { MVREC_RESULTS_DIR: resultsDir, MVREC_DATA_DIR: dataDir },
});
const mvrec = (args: readonly string[], options: Parameters<typeof runBin>[1] = {}) =>
  runBin(args, { ...surroundings(), timeout: 400_000, ...options });
const mvrecHere = (args: readonly string[]) => runHere(args, surroundings());

/** Without what belongs to the process, so that there may be several at once. */
async function sweepHere(
  name: string,
  options: Partial<SweepOptions>,
  onCell: (view: SweepView) => void = () => {},
): Promise<SweepResult> {
  const reporter = {
    note() {},
    counting() {},
    cells() {},
    cell: (_: unknown, view: SweepView) => onCell(view),
  };
  const loaded = await loadSweep({ file, name, cwd: folder, env: {} });
  return sweep(
    loaded,
    {
      only: [],
      seeds: null,
      jobs: 1,
      failFast: false,
      retry: false,
      dryRun: false,
      untilDecided: null,
      cluster: null,
      ...options,
    },
    {
      settings: { resultsDir, dataDir, cacheDir: dataDir },
      command: [],
      reporter,
      signal: new AbortController().signal,
    },
  );
}

function parsed({ code, stdout, stderr }: BinResult, expected = 0): SweepResult & { status: string } {
  if (code !== expected) throw new Error(`exit code ${code}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout);
}

describe('mvrec sweep', () => {
  let result: SweepResult & { status: string };
  /** The same as the cell factors=4, by `mvrec train`. */
  let single: { readonly run: string; readonly metrics: { readonly test: unknown } };

  it('says what it would do and writes nothing', async () => {
    const planned = parsed(await mvrecHere(['sweep', file, '--dry-run', '--json']));
    expect(planned.status).toBe('planned');
    expect(planned.cells.map(({ label, seed, state }) => [label, seed, state])).toEqual([
      ['factors=2', 1, 'waiting'],
      ['factors=4', 1, 'waiting'],
      ['mad', 1, 'waiting'],
    ]);
    expect(planned.estimates).toEqual([null, null, null]);
    expect([existsSync(resultsDir), existsSync(dataDir)]).toEqual([false, false]);
  });

  it('goes on after kill -9 and Ctrl-C, and takes what was trained before', async () => {
    single = JSON.parse((await mvrecHere(['train', 'tiny.yaml', '--json'])).stdout);
    const args = ['sweep', file, '--verbose'];
    const killed = await mvrec(
      args,
      whenSaid(/factors=2, seed 1 {2}epoch 1/, (kill) => kill('SIGKILL')),
    );
    expect(killed.signal).toBe('SIGKILL');
    expect(killed.stderr).toContain('2 of 3 cells to run, 1 done before');
    const stopped = await mvrec(
      args,
      whenSaid(/factors=2, seed 1 {2}epoch [234]/, (kill) => kill('SIGINT')),
    );
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain(`continue with\n  mvrec sweep ${file} --verbose`);

    result = parsed(await mvrecHere(['sweep', file, '--json']), 5);
    expect(result.status).toBe('finished');
    expect(result.cells.map(({ label, state }) => [label, state])).toEqual([
      ['factors=2', 'finished'],
      ['factors=4', 'finished'],
      ['mad', 'diverged'],
    ]);
    expect(result.cells[1]).toMatchObject({ run: `tiny/${single.run}`, metrics: single.metrics.test });
    expect(result.reused).toBe(1);
    expect(result.cells[2]!.reason).toMatch(/^training diverged in epoch 1 at step \d+/);
    // No cell was begun twice.
    const runs = readdirSync(result.directory).filter((name) => name.includes('-bpr-'));
    expect(runs).toHaveLength(2);
  });

  it('refuses a folder that another process writes', async () => {
    const holder = new SweepFolder(result.directory);
    await holder.open();
    const { code, stderr } = await mvrecHere(['sweep', file]);
    await holder.close();
    expect(code).toBe(2);
    expect(stderr).toContain(`the sweep is in use by process ${process.pid}`);
  });

  it('has run each cell as mvrec train would', async () => {
    const [cell] = result.cells;
    const read = (place: string, name: string) => readFileSync(join(resultsDir, place, name), 'utf8');
    expect(JSON.parse(read(cell!.run!, 'run.json')).cell).toEqual({
      sweep: result.sweep,
      label: 'factors=2',
    });
    const alone = await mvrecHere([
      'train',
      'tiny.yaml',
      '--set',
      'model.factors=2',
      '--name',
      'alone',
      '--json',
    ]);
    const { run } = JSON.parse(alone.stdout);
    expect(read(cell!.run!, 'metrics.jsonl')).toBe(read(`alone/${run}`, 'metrics.jsonl'));
    const shown = await mvrecHere(['runs', 'show', cell!.run!]);
    expect(shown.stdout).toContain(`cell       factors=2 of ${result.sweep}`);
    const kept = JSON.parse(readFileSync(join(result.directory, 'cells.json'), 'utf8'));
    expect(kept.cells).toEqual(result.cells);
  });

  it('has nothing left to do, also elsewhere, under another name, and with comments', async () => {
    const moved = join(folder, 'moved');
    renameSync(resultsDir, moved);
    resultsDir = moved;
    writeFileSync(join(folder, file), `# a comment\n${sweepText}`);
    const again = parsed(await mvrecHere(['sweep', file, '--json', '--name', 'again']), 5);
    expect(again.sweep).not.toBe(result.sweep);
    expect(again.reused).toBe(3);
    expect(again.cells.map(outcome)).toEqual(result.cells.map(outcome));
    expect(readdirSync(again.directory).sort()).toEqual(['cells.json', 'sweep.json']);
  });

  it('trains a cell once where two sweeps want it, adds seeds and tries again', async () => {
    const [first, second] = await Promise.all(
      ['one', 'two'].map((name) => sweepHere(name, { only: ['factors=2'], seeds: [1, 2] })),
    );
    if (!first || !second) throw new Error('no results');
    expect(second.cells.map(outcome)).toEqual(first.cells.map(outcome));
    expect(second.cells.map(({ run }) => run)).toEqual(first.cells.map(({ run }) => run));
    expect(first.rows).toHaveLength(1);
    const values = first.cells.map(({ metrics }) => metrics!.auc!);
    expect(first.rows[0]!.metrics.auc!.mean).toBeCloseTo((values[0]! + values[1]!) / 2, 12);

    const text = await mvrecHere([
      'sweep',
      file,
      '--only',
      'mad',
      '--retry',
      '--fail-fast',
      '--seeds',
      '1,4',
    ]);
    expect(text.code).toBe(5);
    expect(text.stdout).toMatch(/mad, seed 1 diverged: training diverged/);
    expect(text.stdout).toMatch(/^mad +- +0\/2$/m);
    expect(text.stdout).toContain('Note: simulated (world quickstart');
    const mad = readdirSync(join(resultsDir, result.sweep)).filter((name) => name.includes('-bpr-'));
    expect(mad).toHaveLength(3); // the second try of seed 1, and nothing after it
  });
});

it('short cells follow one another in one process, each as in one of its own', async () => {
  const starts = join(folder, 'starts');
  const counter = join(folder, 'counter.mjs');
  writeFileSync(
    counter,
    `import { appendFileSync } from 'node:fs';\nif (process.send) appendFileSync(${JSON.stringify(starts)}, '.');\n`,
  );
  const env = { ...surroundings().env, NODE_OPTIONS: `--import ${JSON.stringify(counter)}` };
  /** Processes that these seeds take, those that ask about them included. */
  const processes = async (seeds: string): Promise<number> => {
    writeFileSync(starts, '');
    const words = ['sweep', file, '--name', 'shared', '--only', 'factors=2', '--seeds', seeds];
    const { code, stderr } = await mvrec([...words, '--jobs', '1'], { env });
    if (code !== 0) throw new Error(stderr);
    return readFileSync(starts, 'utf8').length;
  };
  const ofTwo = await processes('21,22');
  expect(await processes('23,24,25')).toBe(process.platform === 'linux' ? ofTwo : ofTwo + 1);
  const { cells } = await sweepHere('shared', { only: ['factors=2'], seeds: [23, 24, 25] });
  for (const [i, { run }] of cells.entries()) {
    const set = ['--set', 'model.factors=2', '--set', `seed=${23 + i}`];
    const words = ['train', 'tiny.yaml', ...set, '--name', 'own'];
    const own = JSON.parse((await mvrecHere([...words, '--json'])).stdout).run;
    const read = (place: string) => readFileSync(join(resultsDir, place, 'metrics.jsonl'), 'utf8');
    expect(read(run!)).toBe(read(`own/${own}`));
  }
});

it('cells that end together count one after another', async () => {
  const counts: number[] = [];
  // The first cell is written only once the second has come to its end, too.
  const put = SweepFolder.prototype.put;
  let ended = 0;
  let release = () => {};
  const second = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = jest.spyOn(SweepFolder.prototype, 'put').mockImplementation(async function (
    this: SweepFolder,
    cell,
  ) {
    await put.call(this, cell);
    if (cell.state !== 'finished' && cell.state !== 'diverged') return;
    ended++;
    if (ended === 2) release();
    if (ended === 1) await second;
  });
  await sweepHere('lanes', { seeds: [11, 12, 13], jobs: 3 }, (view) =>
    counts.push(view.finished + view.lost),
  );
  slow.mockRestore();
  expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

describe('a sweep that cannot begin', () => {
  it.each([
    [['--jobs', '0'], '--jobs is 0'],
    [['--seeds', '1,x'], 'these are no whole numbers'],
    [['--seeds', '1,,2'], 'these are no whole numbers'],
    [['--seeds', '2,2'], 'one is given twice'],
    [['--seeds', '0'], 'there must be 1 to 1000'],
    [['--only', 'mda'], 'Did you mean mad?'],
    [['--on', 'x'], 'The file has no section on.'],
    [['--set', 'train.epoch=1'], 'Did you mean epochs?'],
    [['--set', 'model.factors=3'], 'the cells factors=2 and factors=4 are the same experiment'],
    [['--engine', 'gpu'], 'engine.name is the text "gpu" (from --engine)'],
  ])('%j', async (args, words) => {
    const { code, stderr } = await mvrecHere(['sweep', file, ...args]);
    expect({ code, said: stderr.includes(words) ? words : stderr }).toEqual({ code: 2, said: words });
  });

  it('knows its cells also where a filter leaves a part of the data, each its own', async () => {
    const text = `base: tiny.yaml
axes: { data.filter: [{ minUserRows: 20 }, { minUserRows: 30 }] }
metrics: [auc]
`;
    writeFileSync(join(folder, 'filtered.yaml'), text);
    const first = parsed(await mvrecHere(['sweep', 'filtered.yaml', '--json']));
    expect(first.cells.map(({ state }) => state)).toEqual(['finished', 'finished']);
    expect(new Set(first.cells.map(({ data }) => data!.fingerprint)).size).toBe(2);
    const plan = parsed(await mvrecHere(['sweep', 'filtered.yaml', '--json', '--dry-run']));
    expect(plan.cells.map(outcome)).toEqual(first.cells.map(outcome));
  });

  it('names the metric that there is not', async () => {
    writeFileSync(join(folder, 'bad.yaml'), sweepText.replace('[auc]', '[auc, auk]'));
    const { code, stderr } = await mvrecHere(['sweep', 'bad.yaml']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bad\.yaml:5:16: .*auk/);
  });

  it('tells of every cell that its data do not bear, before one is trained', async () => {
    const text = `base: tiny.yaml\naxes: { model.item: [[covr], [covers]], model.factors: [4] }\n`;
    writeFileSync(join(folder, 'bad.yaml'), text);
    const { code, stderr } = await mvrecHere(['sweep', 'bad.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('item=["covr"], factors=4: ');
    expect(stderr).toContain('item=["covers"], factors=4: ');
    const made = readdirSync(resultsDir).filter((name) => name.startsWith('bad-'));
    expect(readdirSync(join(resultsDir, made[0]!)).filter((name) => name.includes('-bpr-'))).toEqual([]);
  });
});
