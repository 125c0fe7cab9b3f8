import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { CellResult, SweepResult } from '../../src/sweeps/index.js';
import { program } from '../../src/sweeps/slurm/program.js';
import { type BinResult, describeIf, projectRoot, runBin, temporaryFolder } from '../support/index.js';
import { outcome } from '../support/outcome.js';
import { runHere } from '../support/runHere.js';
import { doTasksHere } from '../support/tasksHere.js';

// Who follows the sweep needs no process of its own, save to be killed; the tasks of jobs run the built program.
doTasksHere();
const { words } = program;
const built = join(projectRoot, 'dist', 'sweeps', 'slurm', 'worker.js');
beforeAll(() => void Object.assign(program, { words: [process.execPath, built] }));
afterAll(() => void Object.assign(program, { words }));

/** Said by a command of Slurm; null where there is none, or it fails. */
function slurm(name: string, ...args: readonly string[]): string | null {
  try {
    return execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

const folder = temporaryFolder();
const project = join(folder, 'mvrec.config.yaml');
const local = join(folder, 'local');
// A blank and quotes, so that what Slurm is given has to be quoted.
const shared = join(folder, `on "Slurm's" disk`);

// `long` takes some seconds, so that it can be disturbed.
const files = {
  'tiny.yaml': `data:
  source: { world: quickstart, scale: 0.05 }
model: { name: bpr, factors: 4 }
train: { epochs: 2, batchSize: 64, patience: null, checkpointSteps: 10 }
evaluate: { metrics: [auc, logloss] }
engine: { name: cpu }
`,
  'grid.yaml': `base: tiny.yaml
axes:
  length: { short: { train.epochs: 2 }, long: { train.epochs: 40 } }
metrics: [auc, logloss]
`,
  'mad.yaml': `base: tiny.yaml
cells:
  - { label: mad, set: { train.optimizer: { name: sgd, learningRate: 1.0e+30 } } }
  - { label: long, set: { train.epochs: 1000 } }
metrics: [auc]
`,
};

const options = (resultsDir: string) => ({
  cwd: folder,
  env: { MVREC_RESULTS_DIR: resultsDir, MVREC_DATA_DIR: join(folder, 'data') },
});
const mvrecHere = (resultsDir: string, args: readonly string[]) => runHere(args, options(resultsDir));
const mvrec = (resultsDir: string, args: readonly string[], more: Parameters<typeof runBin>[1] = {}) =>
  runBin(args, { timeout: 200_000, ...options(resultsDir), ...more });

function parsed({ code, stdout, stderr }: BinResult, expected = 0): SweepResult {
  if (code !== expected) throw new Error(`exit code ${code}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout);
}

const curveOf = (resultsDir: string, { run }: CellResult): string =>
  readFileSync(join(resultsDir, run!, 'metrics.jsonl'), 'utf8');
const runsIn = (directory: string): string[] =>
  readdirSync(directory).filter((name) => existsSync(join(directory, name, 'run.json')));
const submissions = (directory: string): string[] =>
  readdirSync(join(directory, 'slurm')).filter((name) => /^\d+$/.test(name));

/** The job of a submission, once the log of its task has the words. */
async function jobOnceSaid(directory: string, submission: number, task: number, words: RegExp) {
  const file = (name: string): string => join(directory, 'slurm', String(submission), name);
  const read = (name: string): string => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '');
  for (let tries = 0; !words.test(read(`${task}.log`)); tries++) {
    if (tries > 3000) throw new Error(`task ${task} has not said ${words}: ${read(`${task}.log`)}`);
    await setTimeout(20);
  }
  return JSON.parse(read('job.json')).job.id as string;
}

const here = 'there is no Slurm here; `eval "$(.ci/slurm start FOLDER)"` makes one of one node';
describeIf(slurm('sinfo', '--noheader') !== null, here)('mvrec sweep --executor slurm', () => {
  let reference: SweepResult;
  let directory: string;
  const onSlurm = ['sweep', 'grid.yaml', '--executor', 'slurm'];
  const referenceOf = (label: string, seed: number): CellResult =>
    reference.cells.find((cell) => cell.label === label && cell.seed === seed)!;

  beforeAll(async () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    reference = parsed(await mvrecHere(local, ['sweep', 'grid.yaml', '--seeds', '1,2', '--json']));
    directory = join(shared, reference.sweep);
  });

  it('goes on with a requeued cell from its checkpoint, and follows what is queued after a kill -9', async () => {
    let job = '';
    const killed = await mvrec(shared, onSlurm, {
      onOutput: (text, kill) => {
        if (!/submitted as job/.test(text)) return;
        void jobOnceSaid(directory, 1, 1, /epoch 3\/40/).then((id) => {
          job = id;
          slurm('scontrol', 'requeue', `${job}_1`);
          kill('SIGKILL');
        });
      },
    });
    expect(killed.signal).toBe('SIGKILL');
    // As if it had been killed before it could write down what it had submitted.
    rmSync(join(directory, 'slurm', '1', 'job.json'));

    const result = parsed(await mvrecHere(shared, [...onSlurm, '--json']));
    expect(submissions(directory)).toEqual(['1']);
    expect(await jobOnceSaid(directory, 1, 1, /finished/)).toBe(job);
    const same = result.cells.map(({ label, seed }) => referenceOf(label, seed));
    expect(result.cells.map(outcome)).toEqual(same.map(outcome));
    expect(result.cells.map((cell) => curveOf(shared, cell))).toEqual(
      same.map((cell) => curveOf(local, cell)),
    );
    expect(result.rows.map(({ label }) => label)).toEqual(['short', 'long']);
    expect(runsIn(directory)).toHaveLength(2);
    const log = readFileSync(join(directory, 'slurm', '1', '1.log'), 'utf8');
    expect(log).toMatch(/DUE TO JOB REQUEUE[\s\S]*attempt 2[\s\S]*finished/);
    expect(log.match(/epoch 3\/40/g)).toHaveLength(1); // it began where it was
  });

  it('leaves a cell that was cancelled or came near its time limit to wait, and goes on with it', async () => {
    const args = [...onSlurm, '--seeds', '2,', '--only', 'long', '--jobs', '1'];
    const disturbed = async (submission: number, words: RegExp, act: (job: string) => void) => {
      const ending = mvrecHere(shared, args);
      act(await jobOnceSaid(directory, submission, 0, words));
      return ending;
    };
    const cancelled = await disturbed(2, /epoch 3\/40/, (job) => slurm('scancel', job));
    expect(cancelled.code).toBe(5);
    expect(cancelled.stdout).toContain('long, seed 2 has no result yet: it was taken out of the queue');
    expect(cancelled.stdout).toContain('1 cell left: the same command goes on.');
    expect(readFileSync(join(directory, 'slurm', '2', 'job.sh'), 'utf8')).toContain('--array=0-0%1');

    const timed = await disturbed(3, /epoch \d+\/40/, (job) =>
      slurm('scancel', '--signal=USR2', '--batch', `${job}_0`),
    );
    expect(timed.code).toBe(5);
    expect(timed.stdout).toContain('long, seed 2 has no result yet: its time limit was near');

    const interrupted = await mvrec(shared, args, {
      onOutput: (text, kill) => /submitted as job/.test(text) && kill('SIGINT'),
    });
    expect(interrupted.code).toBe(130);
    const job = await jobOnceSaid(directory, 4, 0, /seed 2/);
    expect(interrupted.stderr).toContain(`job ${job} goes on without this command; \`scancel ${job}\``);
    expect(interrupted.stderr).toContain('continue with\n  mvrec sweep grid.yaml --executor slurm');

    const result = parsed(await mvrecHere(shared, [...args, '--json']));
    expect(result.cells.map(outcome)).toEqual([outcome(referenceOf('long', 2))]);
    expect(curveOf(shared, result.cells[0]!)).toBe(curveOf(local, referenceOf('long', 2)));
    expect(runsIn(directory)).toHaveLength(3);
    expect(submissions(directory)).toEqual(['1', '2', '3', '4']);
  });

  it('takes all out of the queue at the first loss with --fail-fast', async () => {
    const args = ['sweep', 'mad.yaml', '--executor', 'slurm', '--fail-fast', '--json'];
    const result = parsed(await mvrecHere(shared, args), 5);
    expect(result.cells.map(({ label, state, reason }) => [label, state, reason])).toEqual([
      ['mad', 'diverged', expect.stringContaining('training diverged')],
      ['long', 'waiting', 'it was taken out of the queue'],
    ]);
    const job = await jobOnceSaid(result.directory, 1, 0, /diverged/);
    const states = slurm(
      'squeue',
      '--noheader',
      '--array',
      '--states=all',
      `--jobs=${job}`,
      '--format=%K %T',
    );
    expect(states!.split('\n').sort()).toEqual(['0 COMPLETED', '1 CANCELLED']);
  });

  it('writes a script that Slurm takes, whose results are found afterwards', async () => {
    const byHand = join(folder, 'by hand');
    writeFileSync(
      project,
      `executor: slurm\nslurm: { time: 5, mem: 200M, options: ['--comment=by hand # "so"'] }\n`,
    );
    const args = ['sweep', 'grid.yaml', '--only', 'short', '--json'];
    const planned = parsed(await mvrecHere(byHand, [...args, '--dry-run']));
    expect(slurm('sbatch', '--test-only', planned.script!)).not.toBeNull();
    const job = slurm('sbatch', '--parsable', planned.script!)!;
    const state = () => slurm('squeue', '--noheader', '--states=all', `--jobs=${job}`, '--format=%T %k');
    while (/PENDING|RUNNING|COMPLETING/.test(state()!)) await setTimeout(100);
    expect(state()).toBe('COMPLETED by hand # "so"');
    const { cells } = parsed(await mvrecHere(byHand, [...args, '--executor', 'local']));
    expect(cells.map(outcome)).toEqual([outcome(referenceOf('short', 1))]);
    expect(runsIn(join(byHand, planned.sweep))).toHaveLength(1);
  });

  it('says what Slurm says when it does not take the cells, and trains none', async () => {
    const refused = join(folder, 'refused');
    writeFileSync(project, 'executor: slurm\nslurm: { partition: nosuch }\n');
    const { code, stderr } = await mvrecHere(refused, ['sweep', 'grid.yaml', '--only', 'short']);
    rmSync(project);
    expect(code).toBe(2);
    expect(stderr).toContain('sbatch did not take the cells: Batch job submission failed: Invalid partition');
    expect(runsIn(join(refused, reference.sweep))).toEqual([]);
  });

  it('tells of a task that could not begin by the last line of its log, and tries again with --retry', async () => {
    const hidden = join(folder, 'hidden');
    const args = ['sweep', 'grid.yaml', '--only', 'short', '--executor', 'slurm'];
    const ending = mvrecHere(hidden, args);
    const file = join(hidden, reference.sweep, 'slurm', '1', 'tasks.json');
    while (!existsSync(file)) await setTimeout(1);
    rmSync(file); // as on a node that does not see the folder
    const { code, stdout } = await ending;
    expect(code).toBe(5);
    expect(stdout).toMatch(
      /^short, seed 1 failed: its task ended as FAILED without a result: .*tasks\.json: the file is missing/m,
    );
    const told = parsed(await mvrecHere(hidden, [...args, '--json']), 5);
    expect([told.cells[0]!.state, submissions(told.directory)]).toEqual(['failed', ['1']]);
    const retried = parsed(await mvrecHere(hidden, [...args, '--json', '--retry']));
    expect(retried.cells.map(outcome)).toEqual([outcome(referenceOf('short', 1))]);
  });
});

it('needs Slurm', async () => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const nothing = join(folder, 'nothing');
  const { cwd, env } = options(nothing);
  const args = ['sweep', 'grid.yaml', '--executor', 'slurm'];
  const { code, stderr } = await runHere(args, { cwd, env: { ...env, PATH: '/nowhere' } });
  expect(code).toBe(2);
  expect(stderr).toContain('there is no Slurm here: sbatch is not on the PATH');
  expect(existsSync(nothing)).toBe(false);
});
