import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { experimentSchema } from '../../src/config/index.js';
import type { PreparedData } from '../../src/data/index.js';
import { buildModel, isTrainable } from '../../src/models/index.js';
import { requireLearnable } from '../../src/training/requirements.js';
import { train } from '../../src/training/train.js';
import { newRun } from '../runs/fixture.js';
import { preparedOf } from '../support/batches.js';
import { useEngine } from '../support/engines.js';
import { temporaryFolder } from '../support/index.js';

// 12 users with 6 positive rows each of 20 items, of which the first four are train.
const made = preparedOf({
  users: 12,
  items: 20,
  train: Array.from({ length: 72 }, (_, i) => [Math.floor(i / 6), (i * 7) % 20, 1] as const),
});
const rows = Int32Array.from(made.split.train);
const data: PreparedData = {
  ...made,
  split: {
    train: rows.filter((i) => i % 6 < 4),
    validation: rows.filter((i) => i % 6 === 4),
    test: rows.filter((i) => i % 6 === 5),
  },
};
const experiment = experimentSchema.parse({
  data: { source: { world: 'quickstart' } },
  model: { name: 'wmf', factors: 4, alpha: 5 },
  train: { epochs: 5, monitor: 'ndcg@5', patience: null },
  evaluate: { candidates: { kind: 'catalogue' }, metrics: ['hr@5'] },
});

function wmf() {
  const model = buildModel(experiment.model, data, 1);
  if (!isTrainable(model)) throw new Error('WMF is trained');
  return model;
}

/** Trains, interrupted after so many epochs if at all. */
async function trained(interruptions: readonly number[]) {
  const run = await newRun(temporaryFolder(), { ...experiment });
  await run.lock();
  const losses: number[] = [];
  for (const sweeps of [...interruptions, Number.POSITIVE_INFINITY]) {
    const stop = new AbortController();
    let done = 0;
    const reporter = {
      note() {},
      step: ({ progress }: { readonly progress: { readonly lossSum: number; readonly pairs: number } }) => {
        losses.push(progress.lossSum / progress.pairs);
        if (++done === sweeps) stop.abort();
      },
      epoch() {},
      counting() {},
    };
    const candidates = { kind: 'catalogue' } as const;
    const session = { model: wmf(), experiment, data, candidates, run, reporter, signal: stop.signal };
    if (Number.isFinite(sweeps)) await expect(train(session)).rejects.toThrow('interrupted');
    else await train(session);
  }
  await run.unlock();
  return { losses, last: readFileSync(run.checkpointFile('last')), run };
}

beforeAll(() => useEngine('cpu'));

describe('learning by sweeps', () => {
  it('takes one an epoch, and the loss falls', async () => {
    const { losses } = await trained([]);
    expect(losses).toHaveLength(5);
    for (let sweep = 1; sweep < losses.length; sweep++)
      expect(losses[sweep]).toBeLessThan(losses[sweep - 1]!);
  });

  it('goes on after an interruption to the same bytes', async () => {
    expect((await trained([2])).last).toEqual((await trained([])).last);
  });

  it('needs something that was chosen, but no negatives', () => {
    expect(() => requireLearnable(experiment, data)).not.toThrow();
    const none = { ...data, label: new Float32Array(data.label.length) };
    expect(() => requireLearnable(experiment, none)).toThrow('is 0 in every train row');
  });
});
