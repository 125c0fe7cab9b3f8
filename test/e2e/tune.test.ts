import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { experimentSchema } from '../../src/config/index.js';
import type { Trial, TuneResult } from '../../src/sweeps/index.js';
import { samplerOf } from '../../src/sweeps/samplers.js';
import { type BinResult, runBin, temporaryFolder, whenSaid } from '../support/index.js';
import { runHere } from '../support/runHere.js';
import { doTasksHere } from '../support/tasksHere.js';

const base = `name: tiny
data:
  source: { world: quickstart, scale: 0.05 }
model: { name: bpr, factors: 4 }
train: { epochs: 4, batchSize: 64, patience: null, checkpointSteps: 3 }
evaluate: { metrics: [auc, logloss] }
engine: { name: cpu }
`;
const search = `tune:
  space:
    train.optimizer.learningRate: { low: 0.001, high: 0.1, log: true }
    model.factors: { values: [2, 4, 8] }
  sampler: random
  trials: 3
  prune: { kind: asha, eta: 2 }
`;

doTasksHere(); // those of `mvrecHere`

const folder = temporaryFolder();
const dataDir = join(folder, 'data');
const file = join(folder, 'tiny.yaml');
beforeAll(() => writeFileSync(file, base + search));

function workspace() {
  const resultsDir = temporaryFolder();
  const env = { MVREC_RESULTS_DIR: resultsDir, MVREC_DATA_DIR: dataDir };
  return {
    resultsDir,
    mvrec: (args: readonly string[], options: Parameters<typeof runBin>[1] = {}) =>
      runBin(args, { cwd: folder, env, timeout: 400_000, ...options }),
    mvrecHere: (args: readonly string[]) => runHere(args, { cwd: folder, env }),
  };
}

function parsed({ code, stdout, stderr }: BinResult): TuneResult & { status: string } {
  if (code !== 0) throw new Error(`exit code ${code}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout);
}

/** Of the first search. */
let first: TuneResult;

describe('mvrec tune', () => {
  const whole = workspace();
  let result: ReturnType<typeof parsed>;
  // Two trials, interrupted twice, and then one more.
  let [stopped, killed]: BinResult[] = [];
  beforeAll(async () => {
    const args = ['tune', file, '--trials', '2', '--verbose'];
    stopped = await whole.mvrec(
      args,
      whenSaid(/trial 1 {2}epoch 2/, (kill) => kill('SIGINT')),
    );
    killed = await whole.mvrec(
      args,
      whenSaid(/trial 2 {2}epoch 1/, (kill) => kill('SIGKILL')),
    );
    result = parsed(await whole.mvrec(['tune', file, '--json']));
    first = result;
  });

  const byNumber = (): Trial[] => [...result.trials].sort((a, b) => a.number - b.number);
  const read = (trial: Trial, name: string) =>
    JSON.parse(readFileSync(join(result.directory, trial.run!, name), 'utf8'));

  it('goes on after Ctrl-C and after kill -9, and when it may do more, as if nothing had been', async () => {
    expect(stopped!.code).toBe(130);
    expect(stopped!.stderr).toContain(`continue with\n  mvrec tune ${file} --trials 2 --verbose`);
    expect(killed!.signal).toBe('SIGKILL');
    expect(killed!.stderr).toContain('2 of 2 trials to do');
    // No trial was begun twice.
    const runs = readdirSync(result.directory).filter((name) => name.includes('-bpr-'));
    expect(runs).toHaveLength(3);
    const sampler = samplerOf(experimentSchema.parse(parse(base + search)).tune!);
    for (const { number, assignment, run, epochs } of result.trials) {
      expect(assignment).toEqual(sampler.assign(number - 1, [], []));
      // The same experiment without any interruption, and not stopped for the sake of others.
      const file = join(result.directory, run!, 'experiment.yaml');
      const alone = JSON.parse((await whole.mvrecHere(['train', file, '--name', 'alone', '--json'])).stdout);
      const curveOf = (folder: string) =>
        readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n').slice(0, epochs);
      expect(curveOf(join(result.directory, run!))).toEqual(curveOf(alone.directory));
    }
  });

  it('makes each trial a run that is judged on validation and never looks at test', () => {
    expect(result).toMatchObject({ status: 'finished', metric: 'auc', goal: 'higher', sampler: 'random' });
    expect(result.trials).toHaveLength(3);
    for (const trial of result.trials) {
      expect(read(trial, 'run.json').trial).toEqual({ study: result.study, number: trial.number });
      const experiment = parse(readFileSync(join(result.directory, trial.run!, 'experiment.yaml'), 'utf8'));
      expect(experiment.evaluate.test).toBe(false);
      expect(experiment.tune).toBeUndefined();
      expect(experiment.model.factors).toBe(trial.assignment['model.factors']);
      expect(experiment.train.optimizer.learningRate).toBe(trial.assignment['train.optimizer.learningRate']);
      const curve = readFileSync(join(result.directory, trial.run!, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n');
      const epochs = curve.map((line) => JSON.parse(line).metrics);
      expect(epochs.every((metrics) => Object.keys(metrics).join() === 'train,validation')).toBe(true);
      expect(trial.epochs).toBe(epochs.length);
      // The best epoch counts; every trial of this experiment has one.
      expect(trial.value).toBe(Math.max(...epochs.map(({ validation }) => validation.auc)));
      expect(read(trial, 'status.json').state).toBe(trial.state);
      if (trial.state === 'pruned') {
        expect(existsSync(join(result.directory, trial.run!, 'evaluation.json'))).toBe(false);
        continue;
      }
      expect(existsSync(join(result.directory, trial.run!, 'users.safetensors'))).toBe(false);
      const { metrics, breakdown, floors } = read(trial, 'evaluation.json');
      expect([Object.keys(metrics), Object.keys(breakdown)]).toEqual([['validation'], ['validation']]);
      expect(metrics.validation.auc).toBe(trial.value);
      expect(Object.keys(floors)).toEqual(['random', 'popularity', 'oracle']);
    }
  });

  it('stops trials as successive halving does, worked out again from their curves', () => {
    const pruned = result.trials.filter(({ state }) => state === 'pruned');
    expect(pruned.length).toBeGreaterThan(0);
    const bestBy = (trial: Trial, epoch: number): number => {
      const lines = readFileSync(join(result.directory, trial.run!, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n');
      return Math.max(...lines.slice(0, epoch).map((line) => JSON.parse(line).metrics.validation.auc));
    };
    for (const trial of byNumber()) {
      const rungs = [1, 2].flatMap((epoch) => {
        if (trial.epochs < epoch) return [];
        const earlier = byNumber().filter((other) => other.number < trial.number && other.epochs >= epoch);
        const value = bestBy(trial, epoch);
        const better = earlier.filter((other) => bestBy(other, epoch) > value).length;
        const among = earlier.length + 1;
        return [{ epoch, value, among, better, goesOn: better < Math.max(1, Math.floor(among / 2)) }];
      });
      expect(trial.rungs).toEqual(rungs);
      expect(trial.epochs).toBe(rungs.find(({ goesOn }) => !goesOn)?.epoch ?? 4);
    }
  });

  it('writes down what each trial knew, best first, with finished ones before the others', () => {
    expect(byNumber().map(({ knew }) => knew)).toEqual([[], [1], [1, 2]]);
    expect(result.best).toEqual(result.trials[0]);
    const finished = result.trials.filter(({ state }) => state === 'finished');
    expect(result.trials.slice(0, finished.length)).toEqual(finished);
    const values = finished.map(({ value }) => value!);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    const listed = JSON.parse(readFileSync(join(result.directory, 'trials.json'), 'utf8'));
    expect(listed.trials).toEqual(byNumber());
  });

  it('gives a file of the best, which trains to the same and is tested', async () => {
    const { code, stdout, stderr } = await whole.mvrecHere(['train', result.bestFile, '--json']);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const { metrics, run } = JSON.parse(stdout);
    expect(metrics.validation.auc).toBe(result.best.value);
    expect(Object.keys(metrics.test)).toEqual(['auc', 'logloss']);
    expect(run).toMatch(/bpr/);
    const shown = await whole.mvrecHere(['runs', 'show', result.best.run!]);
    expect(shown.stdout).toContain(`trial      ${result.best.number} of ${result.study}`);
    const tested = await whole.mvrecHere(['eval', result.best.run!, '--split', 'test', '--json']);
    expect(JSON.parse(tested.stdout).metrics.test.auc).toBe(metrics.test.auc);
  });

  it('has nothing more to do when it is run again', async () => {
    const again = parsed(await whole.mvrecHere(['tune', file, '--json']));
    expect(again.trials).toEqual(result.trials);
    const fewer = await whole.mvrec(['tune', file, '--trials', '2', '--json']);
    expect(parsed(fewer).trials).toEqual(result.trials);
    expect(fewer.stderr).toContain('has 3 trials already, more than the 2 asked for; all of them count');
  });

  it('does no more with data that have changed', async () => {
    const record = join(result.directory, 'study.json');
    const { data, ...rest } = JSON.parse(readFileSync(record, 'utf8'));
    writeFileSync(record, JSON.stringify({ ...rest, data: '0'.repeat(64) }));
    const refused = await whole.mvrecHere(['tune', file, '--trials', '4']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      `the data of the study have changed (000000000000 when it began, ${data.slice(0, 12)} now)`,
    );
  });
});

describe('trials that fail', () => {
  it('are results with their reasons, beside others; two at once', async () => {
    const { mvrec, mvrecHere } = workspace();
    const space =
      'tune={sampler: grid, metric: logloss, space: {train.optimizer: {values: ' +
      '[{name: adam}, {name: sgd, learningRate: 1.0e+30}]}}}';
    let second: Promise<BinResult> | null = null;
    const args = ['tune', 'base.yaml', '--set', space, '--set', 'train.epochs=2'];
    writeFileSync(join(folder, 'base.yaml'), base);
    const outcome = await mvrec([...args, '--jobs', '2'], {
      onOutput: (text) => {
        if (/trials to do/.test(text)) second ??= mvrec(args);
      },
    });
    expect({ code: outcome.code, stderr: outcome.code === 0 ? '' : outcome.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    const logged = outcome.stderr
      .split('\n')
      .filter((line) => /^trial 2\/2 {2}diverged {2}training diverged/.test(line));
    expect(logged.map((line) => /train\.optimizer=/.test(line))).toEqual([true]); // on one line
    expect(outcome.stdout).toMatch(/trial 2 diverged: training diverged in epoch 1 at step \d+/);
    expect(outcome.stdout).toContain('logloss is on validation (lower is better); test was not looked at.');
    expect((await second!).stderr).toMatch(/the study is in use by process \d+/);
    expect((await second!).code).toBe(2);
    const { study, trials } = parsed(await mvrecHere([...args, '--json']));
    expect(study).not.toBe(first.study); // another search is another study
    expect(trials.map(({ number, state }) => [number, state])).toEqual([
      [1, 'finished'],
      [2, 'diverged'],
    ]);
  });

  it('are an error when there are no others; some can be tried again', async () => {
    const { mvrec, mvrecHere } = workspace();
    const args = ['tune', 'base.yaml', '--set', 'train.epochs=1', '--sampler', 'grid'];
    const none = await mvrecHere([...args, '--set', 'tune.space={model.item: {values: [[covr]]}}']);
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/none of the 1 trials came to its end; trial 1 failed: .*covr/);
    const again = await mvrec([
      ...args,
      '--set',
      'tune.space={model.item: {values: [[covr]]}}',
      '--retry-failed',
    ]);
    expect(again.stderr).toContain('1 of 1 trials to do');
  });
});

/** Section tune, the place of the first mistake, and what is said. The section begins in line 8. */
const mistakes: [section: string, place: string, words: string][] = [
  ['', '1:1', 'it has no section tune'],
  ['tune: { space: {} }', '8:16', 'tune.space is empty'],
  ['tune: { trials: 3 }', '8:7', 'tune.space is missing'],
  ['tune: { space: { model.factor: { values: [1] } } }', '8:43', 'Did you mean factors?'],
  ['tune: { space: { modl.factors: { values: [1] } } }', '8:32', 'modl.factors cannot be searched'],
  ['tune: { space: { model.factors: { values: [] } } }', '8:43', 'is an empty list'],
  ['tune: { space: { model.factors: { values: [4, 0] } } }', '8:47', 'model.factors is 0'],
  ['tune: { space: { model.factors: { values: [4, 8, 4] } } }', '8:33', 'names 4 twice'],
  ['tune: { space: { model.factors: { values: [2], low: 1 } } }', '8:48', 'has both values and low'],
  ['tune: { space: { model.factors: 3 } }', '8:33', 'Expected a map'],
  ['tune: { space: { model.factors: { low: 4, high: 4 } } }', '8:40', 'is 4, not below high, 4'],
  ['tune: { space: { model.factors: { low: 2, high: 8.5 } } }', '8:49', 'model.factors is 8.5'],
  ['tune: { space: { model.factors: { low: -1, high: 4, integer: true } } }', '8:40', 'model.factors is -1'],
  [
    'tune: { space: { train.clipNorm: { low: 0, high: 4, log: true } } }',
    '8:41',
    'is 0, which has no logarithm',
  ],
  [
    'tune: { space: { train.clipNorm: { low: 1, high: 4, log: true, step: 1 } } }',
    '8:70',
    'is 1, and with log the steps would not be alike',
  ],
  [
    'tune: { space: { train.clipNorm: { low: 1, high: 4, step: 5 } } }',
    '8:59',
    'is 5, wider than the range from 1 to 4',
  ],
  [
    'tune: { space: { train.epochs: { low: 1.5, high: 4, integer: true } } }',
    '8:39',
    'is 1.5, and with integer: true it must be whole',
  ],
  [
    'tune: { sampler: grid, space: { train.clipNorm: { low: 1, high: 4 } } }',
    '8:49',
    'there is no grid of it',
  ],
  [
    'tune: { sampler: grid, trials: 2, space: { model.factors: { values: [1, 2, 3] } } }',
    '8:32',
    'the grid has 3 combinations, more than the 2 trials',
  ],
  [
    'tune: { sampler: grid, space: { model.factors: { low: 1, high: 20000, integer: true } } }',
    '8:31',
    'the grid has 20,000 combinations',
  ],
  [
    'tune: { metric: test/auc, space: { model.factors: { values: [1] } } }',
    '8:17',
    'A search measures validation',
  ],
  ['tune: { metric: auk, space: { model.factors: { values: [1] } } }', '8:17', 'Did you mean auc?'],
  ['tune: { space: { seed: { values: [1, 2] } } }', '8:24', 'the best of many is luck'],
  ['tune: { space: { train.selectOn: { values: [test] } } }', '8:34', 'train.selectOn cannot be searched'],
  ['tune: { space: { evaluate.metrics: { values: [[auc]] } } }', '8:36', 'cannot be searched'],
  ['tune: { space: { data.split.train: { low: 0.5, high: 0.9 } } }', '8:36', 'cannot be searched'],
  [
    'tune: { space: { train.negatives: { values: [{ kind: logged }] }, train.negatives.ratio: { values: [1] } } }',
    '8:90',
    'tune.space has train.negatives.ratio and train.negatives, which holds it',
  ],
  ['tune: { space: { train.negatives.count: { values: [1] } } }', '8:52', 'belongs to uniform, popularity'],
  [
    'tune: { prune: { kind: asha, eta: 1 }, space: { model.factors: { values: [1] } } }',
    '8:35',
    'tune.prune.eta is 1',
  ],
  [
    'tune: { prune: { kind: asha, minEpochs: 50 }, space: { model.factors: { values: [1] } } }',
    '8:16',
    'so no trial is ever stopped early',
  ],
  ['tune: { trials: 0, space: { model.factors: { values: [1] } } }', '8:17', 'tune.trials is 0'],
];

describe('a search that cannot begin', () => {
  const { mvrecHere, resultsDir } = workspace();

  it.each(mistakes)('%s', async (section, place, words) => {
    writeFileSync(join(folder, 'bad.yaml'), `${base}${section}\n`);
    const { code, stderr, stdout } = await mvrecHere(['tune', 'bad.yaml']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toMatch(new RegExp(`^bad\\.yaml:${place}: `));
    expect(readdirSync(resultsDir)).toEqual([]);
  });

  it('says what a search is where only the command line speaks of one', async () => {
    writeFileSync(join(folder, 'bad.yaml'), base);
    const { code, stderr } = await mvrecHere(['tune', 'bad.yaml', '--trials', '2', '--prune', 'asha']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bad\.yaml:1:1: .*it has no section tune\n.*for example tune: /);
  });

  it('names the values that do not go together', async () => {
    const space = '{ model.historyLength: { values: [8, 12] }, model.blockSize: { values: [4, 8] } }';
    const set = [
      '--set',
      'model={name: thacil, historyLength: 8, blockSize: 4}',
      '--set',
      `tune.space=${space}`,
    ];
    writeFileSync(join(folder, 'bad.yaml'), base);
    const { code, stderr } = await mvrecHere(['tune', 'bad.yaml', ...set]);
    expect(code).toBe(2);
    expect(stderr).toContain('model.blockSize is 8, which does not divide historyLength, 12');
  });

  it.each([
    [['--jobs', '0'], '--jobs is 0'],
    [['--sampler', 'tpee'], 'did you mean tpe'],
    [['--prune', 'median'], 'cannot be median'],
    [['--trials', '1.5'], 'tune.trials is 1.5 (from --trials)'],
    [['--set', 'train.selectOn=test'], 'train.selectOn is test, which a search must not see'],
  ])('%j', async (args, words) => {
    const { code, stderr } = await mvrecHere(['tune', file, ...args]);
    expect({ code, said: stderr.includes(words) ? words : stderr }).toEqual({ code: 2, said: words });
  });
});
