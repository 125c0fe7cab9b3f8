import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { openRun } from '../../src/runs/index.js';
import { type BinResult, effort, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

/** Small enough that a run takes a second or two; wasm, so that it runs everywhere. */
const experiment = `
name: tiny
data:
  source: { world: quickstart, scale: 0.05 }
model:
  name: thacil
  visual: [cover, id]
  visualSize: 4
  categorySize: 4
  historyLength: 8
  blockSize: 4
  heads: 2
  hidden: 8
  dropout: released
train:
  epochs: 3
  batchSize: 64
  checkpointSteps: 3
  patience: null
engine: { name: wasm }
`;

const folder = temporaryFolder();
const dataDir = join(folder, 'data');
const file = join(folder, 'tiny.yaml');

interface TrainJson {
  run: string;
  directory: string;
  status: string;
  metrics: { validation: Record<string, number>; test: Record<string, number> };
}

/** mvrec in a results folder of its own. */
function workspace() {
  const resultsDir = temporaryFolder();
  const env = { MVREC_RESULTS_DIR: resultsDir, MVREC_DATA_DIR: dataDir };
  return {
    resultsDir,
    mvrec: (args: readonly string[], options: Parameters<typeof runBin>[1] = {}) =>
      runBin(args, { env, timeout: 120_000, ...options }),
    /** In this process, where that makes no difference. */
    mvrecHere: (args: readonly string[]) => runHere(args, { env }),
  };
}

function parse({ code, stdout, stderr }: BinResult): TrainJson {
  if (code !== 0) throw new Error(`exit code ${code}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout) as TrainJson;
}

/** What must not depend on how often a run was stopped. */
function fingerprint({ directory, metrics }: TrainJson) {
  const read = (name: string): string => readFileSync(join(directory, name)).toString('base64');
  return {
    metrics,
    best: read('checkpoints/best.safetensors'),
    last: read('checkpoints/last.safetensors'),
    users: read('users.safetensors'),
    curve: readFileSync(join(directory, 'metrics.jsonl'), 'utf8'),
  };
}

/** Whether a kill came between the end of the run and that of its process. */
const wasFinished = ({ code, stdout }: BinResult): boolean =>
  code === 2 && stdout.includes('there is nothing to resume');

/** The time when the process says that training begins, 0 before. */
function started(text: string): number {
  return /^(run|resuming) /m.test(text) ? performance.now() : 0;
}

/** Calls back once a checkpoint is being written that is not the first; gives up with the process. */
function whenSaving(folder: string, then: () => void): NodeJS.Timeout {
  const timer = setInterval(() => {
    const names = readdirSync(folder);
    if (!names.includes('last.safetensors') || !names.some((name) => name.endsWith('.tmp'))) return;
    clearInterval(timer);
    then();
  }, 0);
  return timer;
}

/** A run from beginning to end, which others are compared with. */
const whole = workspace();
let finished: TrainJson;
let expected: ReturnType<typeof fingerprint>;
/** Milliseconds from the first step to the end. */
let length: number;
beforeAll(async () => {
  writeFileSync(file, experiment);
  let began = 0;
  const result = await whole.mvrec(['train', file, '--json'], {
    onOutput: (text) => {
      began ||= started(text);
    },
  });
  length = performance.now() - began;
  finished = parse(result);
  expected = fingerprint(finished);
});

describe('mvrec train', () => {
  it('prints one JSON object with what the guide promises, and a second run repeats it exactly', async () => {
    const first = finished;
    expect(Object.keys(first)).toEqual(
      expect.arrayContaining([
        'run',
        'status',
        'engine',
        'seconds',
        'examplesPerSecond',
        'peakMemoryBytes',
        'metrics',
      ]),
    );
    expect(first).toMatchObject({ status: 'finished', engine: 'wasm', threads: 1 });
    expect(first.metrics.test.auc).toBeGreaterThan(0.5);
    expect(readFileSync(join(first.directory, 'metrics.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3);
    const second = parse(await whole.mvrecHere(['train', file, '--json']));
    expect(second.run).not.toBe(first.run);
    expect(fingerprint(second)).toEqual(expected);
  });

  it('keeps what the metrics of test are means of', async () => {
    const users = await (await openRun(whole.resultsDir, finished.run)).readUsers();
    const names = Object.keys(finished.metrics.test).filter((name) => !/^(auc|logloss)/.test(name));
    expect([...users!.keys()].sort()).toEqual(names.sort());
    for (const [name, { value, weight }] of users!) {
      const total = weight.reduce((sum, one) => sum + one, 0);
      const mean = value.reduce((sum, one, i) => sum + one * weight[i]!, 0) / total;
      expect(mean).toBeCloseTo(finished.metrics.test[name]!, 6); // values are float32
    }
  });

  it('continues after kill -9 at random moments to the same bits', async () => {
    const random = randomStream('kill', Date.now());
    let hits = 0;
    for (let round = 0; round < effort || (hits === 0 && round < effort + 5); round++) {
      const { mvrec } = workspace();
      const killAfter = (milliseconds: number) => ({
        onOutput: (text: string, kill: (signal: NodeJS.Signals) => void) => {
          if (started(text)) setTimeout(() => kill('SIGKILL'), milliseconds);
        },
      });
      // Saving after every step makes it likely that a kill falls into a save.
      const moments = [random.uniform() * length, random.uniform() * length];
      const first = await mvrec(['train', file, '--set', 'train.checkpointSteps=1'], killAfter(moments[0]!));
      if (first.signal === null) continue; // done before the kill
      let result = await mvrec(['train', '--resume', 'tiny/latest', '--json'], killAfter(moments[1]!));
      if (wasFinished(result)) continue;
      hits += result.signal === null ? 1 : 2;
      if (result.signal !== null) result = await mvrec(['train', '--resume', 'tiny/latest', '--json']);
      if (wasFinished(result)) continue;
      const actual = parse(result);
      expect({ moments, ...fingerprint(actual) }).toEqual({ moments, ...expected }); // the moments, to try again
    }
    expect(hits).toBeGreaterThanOrEqual(effort / 2);
  });

  it('continues after a kill in the middle of a save', async () => {
    const { mvrec, resultsDir } = workspace();
    let timer: NodeJS.Timeout | undefined;
    const first = await mvrec(['train', file, '--set', 'train.checkpointSteps=1'], {
      onOutput: (text, kill) => {
        const id = /^run (\S+)/m.exec(text)?.[1];
        if (id) timer = whenSaving(join(resultsDir, 'tiny', id, 'checkpoints'), () => kill('SIGKILL'));
      },
    });
    clearInterval(timer);
    expect(first.signal).toBe('SIGKILL');
    expect(fingerprint(parse(await mvrec(['train', '--resume', 'tiny/latest', '--json'])))).toEqual(expected);
  });

  it('lets no second process write a run; saves on Ctrl-C, says how to go on, and does', async () => {
    const { mvrec, mvrecHere } = workspace();
    let second: Promise<BinResult> | null = null;
    const stopped = await mvrec(['train', file, '--set', 'train.epochs=30'], {
      onOutput: (text, kill) => {
        if (!/^run /m.test(text) || second) return;
        second = mvrec(['train', '--resume', 'tiny/latest']).finally(() => kill('SIGINT'));
      },
    });
    const refused = await second!;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('in use by process');
    expect(stopped.code).toBe(130);
    const command = /mvrec (train --resume \S+)/.exec(stopped.stderr);
    expect(command).not.toBeNull();
    const status = JSON.parse((await mvrecHere(['runs', 'list', '--json'])).stdout) as {
      runs: { status: string }[];
    };
    expect(status.runs[0]!.status).toBe('interrupted');
    // Going on with it until it stops again shows that the command works; thirty epochs would take long.
    const resumed = await mvrec(command![1]!.split(' '), {
      onOutput: (text, kill) => {
        if (/^epoch/m.test(text)) kill('SIGINT');
      },
    });
    expect(resumed.code).toBe(130);
  });

  it('counts weights that are no numbers after the last step as divergence, too', async () => {
    const { mvrecHere } = workspace();
    const settings = ['train.optimizer={name: adam, learningRate: 1e38}', 'train.batchSize=1000000'];
    const diverged = await mvrecHere(['train', file, ...settings.flatMap((setting) => ['--set', setting])]);
    expect(diverged.stderr).toMatch(/diverged in epoch 1 at step 1: .*weight: \S+/);
    expect(diverged.code).toBe(2);
    const { runs } = JSON.parse((await mvrecHere(['runs', 'list', '--json'])).stdout) as {
      runs: { status: string }[];
    };
    expect(runs[0]!.status).toBe('diverged');
  });

  it('stops with step, weight and last good checkpoint when the loss is no number', async () => {
    const { mvrecHere } = workspace();
    const set = 'train.optimizer={name: sgd, learningRate: 1e30}';
    const diverged = await mvrecHere(['train', file, '--set', set]);
    expect(diverged.code).toBe(2);
    expect(diverged.stderr).toMatch(/diverged in epoch 1 at step \d+: .*weight: \S+/);
    expect(diverged.stderr).toMatch(/last good checkpoint|No checkpoint was saved/);
    expect(diverged.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('mvrec eval', () => {
  it("repeats the run's own test metrics, measures others, and writes every score", async () => {
    const { metrics, run } = finished;
    const again = parse(await whole.mvrecHere(['eval', run, '--json']));
    expect(again.metrics).toEqual(metrics);
    const csv = join(temporaryFolder(), 'scores.csv');
    const other = parse(
      await whole.mvrecHere([
        'eval',
        run,
        '--split',
        'validation',
        '--metrics',
        'auc,ndcg@5',
        '--predictions',
        csv,
        '--json',
      ]),
    );
    expect(other.metrics.validation.auc).toBeCloseTo(metrics.validation.auc!, 12);
    const lines = readFileSync(csv, 'utf8').trim().split('\n');
    expect(lines[0]!.split(',')).toEqual(['split', 'row', 'user', 'item', 'label', 'score']);
    expect(lines.length).toBeGreaterThan(100);
  });
});

describe('floors', () => {
  it('run like models', async () => {
    const { mvrecHere } = workspace();
    const popularity = parse(await mvrecHere(['train', file, '--json', '--set', 'model={name: popularity}']));
    const random = parse(await mvrecHere(['train', file, '--json', '--set', 'model={name: random}']));
    expect(popularity.metrics.test.auc).toBeGreaterThan(random.metrics.test.auc!);
    expect(Math.abs(random.metrics.test.auc! - 0.5)).toBeLessThan(0.06);
  });
});
