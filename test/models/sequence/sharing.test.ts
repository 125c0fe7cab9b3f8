/** However the same pairs are put together in a step, LSTM, CNN and ATRank score and learn from them alike. */

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
          await expectSameByUser(model, data);
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
    expectSameAlone(modelOf(data, options), data, 5);
  });

  it.each([settings[0]!, settings[2]!, settings[3]!, settings[6]!])(
    'rank candidates that the contexts were not encoded with: %j',
    async (options) => {
      const data = levelData(rows);
      await expectOthersRanked(modelOf(data, options), data);
    },
  );
});
