/** However the same pairs are put together in a step, LSTM, CNN and ATRank score and learn from them alike. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { BatchAssembler } from '../../../src/data/batch.js';
import type { PreparedData } from '../../../src/data/index.js';
import { inference } from '../../../src/engine/index.js';
import { contextScorers } from '../../../src/evaluation/scorers.js';
import type { Model } from '../../../src/models/index.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves } from '../../support/gradients.js';
import { effort } from '../../support/index.js';
import { expectAlike, learntFrom, oneStep } from '../../support/learnt.js';
import { logitsOf, trainable } from '../../support/training.js';
import { items, levelData, rows, type Seen } from '../alpine/log.js';

const tiny = { itemSize: 2, categorySize: 2, hidden: 3, historyLength: 6, l2Weight: 0.01 };

const settings = [
  { name: 'lstm', units: 3 },
  { name: 'lstm', units: 3, pool: 'mean', interestSize: 2, historyLength: 3 },
  { name: 'lstm', units: 3, pool: 'attention', head: 'dual', historySample: 'first', historyLength: 3 },
  { name: 'cnn', windows: 3, filters: 2, interestSize: 3 },
  { name: 'cnn', windows: 6, filters: 2, interestSize: 0, maskPadding: false, head: 'dual' },
  {
    name: 'cnn',
    windows: 3,
    filters: 2,
    filterActivation: 'linear',
    historyLength: 3,
    historyTarget: 'exclude',
  },
  { name: 'atrank', heads: 2, feedForward: 2, category: ['category', 'id'], userSize: 2 },
  { name: 'atrank', heads: 1, feedForward: 2, timeEncoding: 'rankBuckets', historyLength: 3, head: 'dot' },
];

function modelOf(data: PreparedData, options: Readonly<Record<string, unknown>>): Model {
  const model = trainable({ ...tiny, ...options }, data);
  fillWithWaves(model.parameters, 0.8);
  return model;
}

const arbitraryLog = fc
  .array(fc.array(fc.tuple(fc.nat(items - 1), fc.nat(30), fc.boolean()), { maxLength: 20 }), {
    minLength: 2,
    maxLength: 3,
  })
  .map((users) =>
    [...users, [40, 41, 42, 43].map((time): [number, number, boolean] => [0, time, false])].flatMap(
      (events, user) =>
        [...events]
          .sort((a, b) => a[1] - b[1])
          .map(([item, time, click]): Seen => [user, item, time, click ? 1 : 0, 0, 0]),
    ),
  )
  .filter((log) => log.length > 12);

describe('sequence baselines', () => {
  beforeAll(() => useEngine('cpu'));

  it.each(settings)(
    'learn the same byUser as shuffled, with prefixes shared and separate: %j',
    async (options) => {
      await fc.assert(
        fc.asyncProperty(arbitraryLog, async (log) => {
          const data = levelData(log);
          const model = modelOf(data, options);
          const histories = model.histories.map((spec) => ({ ...spec, prefixes: 'separate' as const }));
          const expected = await learntFrom(model, oneStep(data, model, { batching: 'shuffled', histories }));
          expectAlike(await learntFrom(model, oneStep(data, model, { batching: 'byUser' })), expected);
          model.parameters.dispose();
        }),
        { numRuns: effort, seed: 5 },
      );
    },
  );

  it('encode a sequence a user, but for ATRank, whose items see later ones', () => {
    const data = levelData(rows);
    const sequences = (options: Readonly<Record<string, unknown>>) => {
      const model = modelOf(data, { ...options, historyLength: 50 });
      const [{ sequences: read }] = oneStep(data, model, { batching: 'byUser' }).histories as [never];
      return (read as { count: number }).count;
    };
    expect(sequences({ name: 'lstm' })).toBe(4);
    expect(sequences({ name: 'cnn' })).toBe(4);
    expect(sequences({ name: 'atrank', heads: 2 })).toBeGreaterThan(4);
  });
});

describeEngines('sequence baselines', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(settings)('score a pair the same alone, from scratch, as with all others: %j', (options) => {
    const data = levelData(rows);
    const model = modelOf(data, options);
    const batch = oneStep(data, model, { batching: 'byUser' });
    const histories = model.histories.map((spec) => ({ ...spec, prefixes: 'separate' as const }));
    const assembler = new BatchAssembler(data, { histories });
    logitsOf(model, batch).forEach((logit, p) => {
      if (p % 5 > 0) return;
      const row = batch.pairs.row[p]!;
      const item = Int32Array.of(data.store.interactions.item[row]!);
      const pair = { anchor: Int32Array.of(row), item, label: Float32Array.of(0), row: Int32Array.of(row) };
      const alone = assembler.assemble(pair, { per: 'pair', stream: () => undefined as never });
      expect(Math.abs(logitsOf(model, alone)[0]! - logit)).toBeLessThan(1e-5);
    });
  });

  it.each([settings[0]!, settings[2]!, settings[3]!, settings[6]!])(
    'rank candidates that the contexts were not encoded with: %j',
    async (options) => {
      const data = levelData(rows);
      const model = modelOf(data, options);
      const batch = oneStep(data, model, { batching: 'byUser' });
      const scorer = await contextScorers(model, data)(batch);
      const candidates = Int32Array.of(14, 3, 8);
      const pairs = { count: 3, context: Int32Array.of(5, 0, 5), item: Int32Array.of(0, 2, 1) };
      const zero = { label: new Float32Array(3), row: new Int32Array(3).fill(-1) };
      const found = await scorer.score(candidates, { ...pairs, ...zero });
      const known = new Map(Array.from(batch.items, (item, at) => [item, at]));
      const positions = pairs.item.map((at) => known.get(candidates[at]!)!);
      const expected = tf.tidy(() => {
        const encoded = model.encodeItems(batch.items, inference);
        const contexts = model.encodeContexts(batch, encoded, inference);
        return model.logits(contexts, encoded, { ...pairs, ...zero, item: positions }, inference).dataSync();
      });
      found.forEach((logit, p) => {
        expect(Math.abs(logit - expected[p]!)).toBeLessThan(1e-5);
      });
      scorer.dispose();
    },
  );
});
