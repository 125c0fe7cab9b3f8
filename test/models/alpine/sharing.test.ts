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
import { items, levelData, rows, type Seen, tiny } from './log.js';

/** However the same pairs are put together in a step, they are scored and learnt from alike. */

function modelOf(data: PreparedData, options: Readonly<Record<string, unknown>>): Model {
  const model = trainable({ ...tiny, l2Weight: 0.01, ...options }, data);
  fillWithWaves(model.parameters, 0.8);
  return model;
}

const arbitraryLog = fc
  .array(fc.array(fc.tuple(fc.nat(items - 1), fc.nat(30), fc.nat(7)), { maxLength: 25 }), {
    minLength: 2,
    maxLength: 4,
  })
  .map((users) =>
    [...users, [40, 41, 42, 43].map((time) => [0, time, 0] as [number, number, number])].flatMap(
      (events, user) =>
        [...events]
          .sort((a, b) => a[1] - b[1])
          .map(([item, time, bits]): Seen => [user, item, time, bits & 1, (bits >> 1) & 1, bits >> 2]),
    ),
  )
  .filter((log) => log.length > 12);

const settings = [
  { name: 'alpine' },
  { name: 'alpine', truncate: 'tail', historyLength: 3, edgeCell: 'linkedMain', edgeExcludesPrevious: false },
  { name: 'alpine', itemEmbedding: 'trainable', candidateAttention: 'bilinear' },
  {
    name: 'alpine',
    variant: 'ALPINE_umg',
    item: ['category', 'id'],
    itemEmbedding: 'projected',
    itemSize: 3,
  },
  { name: 'scaa', maxLiked: 3, maxFollowed: 2 },
  { name: 'scaa', causal: true, maxLiked: 3, maxFollowed: 2, bias: true },
  { name: 'scaa', variant: 'SCAA_cs', causal: true, itemEmbedding: 'projected', edgeCell: 'linkedStar' },
];

describe('ALPINE and SCAA', () => {
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

  it('have one sequence a user of each history while nothing is cut off', () => {
    const data = levelData(rows);
    const batch = oneStep(data, modelOf(data, { name: 'scaa', historyLength: 50 }), { batching: 'byUser' });
    expect(batch.histories.map(({ sequences }) => sequences.count)).toEqual([4, 4, 4, 4]);
  });
});

describeEngines('ALPINE and SCAA', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(settings.slice(0, 6))(
    'score a pair the same alone, from scratch, as with all others: %j',
    (options) => {
      const data = levelData(rows);
      const all = modelOf(data, options);
      const batch = oneStep(data, all, { batching: 'byUser' });
      const shared = logitsOf(all, batch);
      const alone = modelOf(data, options);
      const assembler = new BatchAssembler(data, {
        histories: alone.histories.map((spec) => ({ ...spec, prefixes: 'separate' })),
      });
      const sampling = { per: 'pair', stream: () => undefined as never } as const;
      shared.forEach((logit, p) => {
        if (p % 3 > 0) return;
        const row = batch.pairs.row[p]!;
        const item = data.store.interactions.item[row]!;
        const pair = assembler.assemble(
          {
            anchor: Int32Array.of(row),
            item: Int32Array.of(item),
            label: Float32Array.of(0),
            row: Int32Array.of(row),
          },
          sampling,
        );
        expect(Math.abs(logitsOf(alone, pair)[0]! - logit)).toBeLessThan(1e-5);
      });
    },
  );

  it('rank candidates that the contexts were not encoded with', async () => {
    const data = levelData(rows);
    const model = modelOf(data, { name: 'scaa' });
    const batch = oneStep(data, model, { batching: 'byUser' });
    const scorer = await contextScorers(model, data)(batch);
    const candidates = Int32Array.of(14, 3, 8);
    const pairs = { count: 3, context: Int32Array.of(0, 5, 5), item: Int32Array.of(0, 2, 1) };
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
  });
});
