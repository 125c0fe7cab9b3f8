import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { experimentSchema } from '../../src/config/index.js';
import { HeldVectors, type PreparedData, planEpoch } from '../../src/data/index.js';
import { buildModel, isTrainable, type Model } from '../../src/models/index.js';
import { requireLearnable } from '../../src/training/requirements.js';
import { train } from '../../src/training/train.js';
import { newRun } from '../runs/fixture.js';
import { preparedOf } from '../support/batches.js';
import { useEngine } from '../support/engines.js';
import { temporaryFolder } from '../support/index.js';

// 12 users with 6 rows each of 20 items: the first four are train, half of them positive.
const made = preparedOf({
  users: 12,
  items: 20,
  train: Array.from({ length: 72 }, (_, i) => [Math.floor(i / 6), (i * 7) % 20, i % 2] as const),
});
const rows = Int32Array.from(made.split.train);
const data: PreparedData = {
  ...made,
  split: { train: rows.filter((i) => i % 6 < 4), validation: rows.filter((i) => i % 6 === 4), test: rows },
};

const experiment = (batchSize: number, changes: Readonly<Record<string, unknown>> = {}) =>
  experimentSchema.parse({
    data: { source: { world: 'quickstart' } },
    model: { name: 'bpr', factors: 10, update: 'couple', l2Weight: 0.01 },
    train: {
      epochs: 3,
      batchSize,
      negatives: { kind: 'uniform', count: 2 },
      optimizer: { name: 'sgd', learningRate: 0.05 },
      monitor: 'logloss',
      ...changes,
    },
    evaluate: { metrics: ['logloss'] },
  });

function bpr(): Model {
  const model = buildModel(experiment(8).model, data, 1);
  if (!isTrainable(model)) throw new Error('BPR is trained');
  return model;
}

beforeAll(() => useEngine('cpu'));

describe('learning couple by couple', () => {
  it('is the same whatever the size of a step', () => {
    const tables = [2, 6, 1000].map((batchSize) => {
      const model = bpr();
      const { train: config, seed } = experiment(batchSize);
      const plan = planEpoch(data, { ...config, histories: [], pairing: 'pairwise', seed, epoch: 0 });
      for (let step = 0; step < plan.steps; step++) model.learn!(plan.couples(step), 0.05);
      return model.parameters.tables.map((table) => [...table.data]);
    });
    expect(tables[1]).toEqual(tables[0]);
    expect(tables[2]).toEqual(tables[0]);
    expect(tables[0]).not.toEqual(bpr().parameters.tables.map((table) => [...table.data]));
  });

  it('goes on after an interruption to the same bytes', async () => {
    const weights = async (interruptions: readonly number[]): Promise<Buffer> => {
      const run = await newRun(temporaryFolder(), { ...experiment(6) });
      await run.lock();
      for (const steps of [...interruptions, Number.POSITIVE_INFINITY]) {
        const stop = new AbortController();
        let done = 0;
        const step = () => {
          if (++done === steps) stop.abort();
        };
        const reporter = { note() {}, step, epoch() {}, counting() {} };
        const session = {
          model: bpr(),
          experiment: experiment(6),
          data,
          candidates: { kind: 'impressions' } as const,
          run,
          reporter,
          signal: stop.signal,
        };
        const trained = train(session);
        if (Number.isFinite(steps)) await expect(trained).rejects.toThrow('interrupted');
        else await trained;
      }
      await run.unlock();
      return readFileSync(run.checkpointFile('last'));
    };
    // 12 users x 2 positives x 2 negatives, three couples a step: 16 steps an epoch.
    expect(await weights([5, 16])).toEqual(await weights([]));
  });

  it('is plain SGD, and says so', () => {
    requireLearnable(experiment(8), data);
    expect(() => requireLearnable(experiment(8, { optimizer: { name: 'adam' } }), data)).toThrow(
      'model.update: couple is plain SGD, not adam',
    );
    expect(() => requireLearnable(experiment(8, { clipNorm: 1 }), data)).toThrow(
      'not SGD with train.clipNorm',
    );
    const whole = { optimizer: { name: 'sgd', wholeTablesL2: 0 } };
    expect(() => requireLearnable(experiment(8, whole), data)).toThrow(
      'not SGD with train.optimizer.wholeTablesL2',
    );
  });

  it('is for identifiers alone', () => {
    const { model } = experiment(8);
    const cover = new HeldVectors(new Float32Array(20 * 2), 2);
    const store = { ...data.store, items: { categories: {}, tags: {}, texts: {}, vectors: { cover } } };
    const build = (item: readonly string[]) =>
      buildModel({ ...model, item } as typeof model, { ...data, store }, 1);
    expect(() => build(['id'])).not.toThrow();
    expect(() => build(['id', 'cover'])).toThrow('learns identifiers alone');
  });

  it('stops when the numbers run away', async () => {
    const run = await newRun(temporaryFolder());
    await run.lock();
    const reporter = { note() {}, step() {}, epoch() {}, counting() {} };
    const wild = experiment(6, { optimizer: { name: 'sgd', learningRate: 1e30 } });
    const session = {
      model: bpr(),
      experiment: wild,
      data,
      candidates: { kind: 'impressions' } as const,
      run,
      reporter,
      signal: new AbortController().signal,
    };
    await expect(train(session)).rejects.toThrow('training diverged in epoch 1');
    await run.unlock();
  });
});
