import { beforeAll, describe, expect, it } from '@jest/globals';
import type { PreparedData } from '../../../src/data/index.js';
import type { Model } from '../../../src/models/index.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves } from '../../support/gradients.js';
import { effort } from '../../support/index.js';
import { oneStep } from '../../support/learnt.js';
import { fc } from '../../support/property.js';
import { expectOthersRanked, expectSameAlone, expectSameByUser } from '../../support/sharing.js';
import { trainable } from '../../support/training.js';
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
          await expectSameByUser(model, data);
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
      expectSameAlone(modelOf(data, options), data, 3);
    },
  );

  it('rank candidates that the contexts were not encoded with', async () => {
    const data = levelData(rows);
    await expectOthersRanked(modelOf(data, { name: 'scaa' }), data);
  });
});
