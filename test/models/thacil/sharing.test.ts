import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Batch, HeldVectors, type PreparedData, prepare } from '../../../src/data/index.js';
import type { Model } from '../../../src/models/index.js';
import { type Row, storeOf } from '../../data/fixture.js';
import { batchOf, type ContextSpec } from '../../support/batches.js';
import { describeEngines, useEngine } from '../../support/engines.js';
import { fillWithWaves, wave } from '../../support/gradients.js';
import { effort } from '../../support/index.js';
import { expectAlike, learntFrom } from '../../support/learnt.js';
import { fc } from '../../support/property.js';
import { expectSameByUser } from '../../support/sharing.js';
import { trainable } from '../../support/training.js';

/** However the same pairs are put together in a step, they are scored and learnt from alike. */

const items = 15;
const tiny = {
  name: 'thacil',
  visualSize: 4,
  categorySize: 2,
  heads: 2,
  hidden: 5,
  historyLength: 6,
  blockSize: 2,
};

function dataOf(rows: readonly Row[]): PreparedData {
  const store = storeOf(rows, items);
  const features = {
    vectors: { cover: new HeldVectors(wave([items, 3], 1), 3) },
    tags: {},
    texts: {},
    categories: {
      category: { values: Int32Array.from({ length: items }, (_, i) => (i * 7) % 4), cardinality: 4 },
    },
  };
  const count = rows.length;
  const split = { kind: 'time', scope: 'global', train: (count - 4) / count, validation: 2 / count } as const;
  return prepare({ ...store, items: features }, { label: 'is_click', split });
}

function modelOf(data: PreparedData, options: Readonly<Record<string, unknown>>): Model {
  const model = trainable({ ...tiny, l2Weight: 0.01, ...options }, data);
  fillWithWaves(model.parameters, 0.8);
  return model;
}

const arbitraryLog = fc
  .array(fc.array(fc.tuple(fc.nat(items - 1), fc.nat(30), fc.boolean()), { maxLength: 25 }), {
    minLength: 2,
    maxLength: 4,
  })
  .map((users) =>
    // The last four rows in time are left to validation and test.
    [...users, [40, 41, 42, 43].map((time) => [0, time, false] as [number, number, boolean])].flatMap(
      (events, user) =>
        [...events]
          .sort((a, b) => a[1] - b[1])
          .map(([item, time, click]): Row => [user, item, time, Number(click)]),
    ),
  )
  .filter((rows) => rows.length > 12);

describe('THACIL', () => {
  beforeAll(() => useEngine('cpu'));

  it.each([
    { historyTarget: 'causal' },
    { historyTarget: 'include' },
    { historyTarget: 'exclude' },
    { historyTarget: 'causal', interAttention: 'none' },
    { historyTarget: 'causal', candidateAttention: false, userSize: 2, visual: ['cover', 'id'] },
    { historyTarget: 'include', firstBlock: 'uniform' },
    { historyTarget: 'include', interAttention: 'bidirectional' },
  ])('learns the same byUser as shuffled, with prefixes shared and separate: %j', async (options) => {
    await fc.assert(
      fc.asyncProperty(arbitraryLog, async (rows) => {
        const data = dataOf(rows);
        const model = modelOf(data, options);
        await expectSameByUser(model, data);
        model.parameters.dispose();
      }),
      { numRuns: 2 * effort, seed: 5 },
    );
  });

  it('asks for shared prefixes where a block looks at earlier ones only', () => {
    const data = dataOf(
      Array.from({ length: 20 }, (_, i): Row => [i % 2, i % 5, i, i % 3 === 0 ? 1 : 0]).sort(
        (a, b) => a[0] - b[0],
      ),
    );
    const prefixes = (options: Readonly<Record<string, unknown>>) =>
      modelOf(data, options).histories[0]!.prefixes;
    expect(prefixes({})).toBe('shared');
    expect(prefixes({ interAttention: 'none', firstBlock: 'uniform' })).toBe('shared');
    expect(prefixes({ firstBlock: 'uniform' })).toBe('separate');
    expect(prefixes({ interAttention: 'bidirectional' })).toBe('separate');
    expect(prefixes({ dropout: 'released' })).toBe('separate');
  });
});

describeEngines('THACIL with shared prefixes', (engine) => {
  beforeAll(() => useEngine(engine));

  it('scores and learns as with separate ones: none, one, block borders, the longest', async () => {
    const data = dataOf(
      Array.from({ length: 20 }, (_, i): Row => [i % 2, i % 5, i, i % 3 === 0 ? 1 : 0]).sort(
        (a, b) => a[0] - b[0],
      ),
    );
    const model = modelOf(data, {});
    const history = [3, 4, 5, 3, 6, 7];
    const contexts: ContextSpec[] = [0, 1].flatMap((user) =>
      [0, 4, 1, 6, 2, 5].map((length) => ({
        user,
        history: history.slice(0, length).map((item) => item + user),
        candidates: [[length, 1] as const, [9 + user, 0] as const],
      })),
    );
    const numbered = (batch: Batch): Batch => ({
      ...batch,
      pairs: { ...batch.pairs, row: Int32Array.from(batch.pairs.row.keys()) },
    });
    const shared = numbered(batchOf(contexts, 6, 'shared'));
    expect(shared.histories[0]!.sequences.count).toBe(2);
    expectAlike(await learntFrom(model, shared), await learntFrom(model, numbered(batchOf(contexts, 6))));
  });
});
