import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Candidates, prepare } from '../../src/data/index.js';
import { evaluate } from '../../src/evaluation/index.js';
import type { FittedModel } from '../../src/models/index.js';
import { type Row, storeOf, withParts } from '../data/fixture.js';
import { useEngine } from '../support/engines.js';

/** Items 0 and 1 have train rows, item 2 none; item 3 is never shown. Rows 2 to 9 but 6 are the test. */
const rows: readonly Row[] = [
  [0, 0, 1, 1],
  [0, 1, 2, 0],
  [0, 0, 3, 1],
  [0, 2, 4, 0],
  [0, 1, 5, 0],
  [0, 2, 6, 1],
  [1, 1, 1, 1],
  [1, 2, 2, 0],
  [1, 0, 3, 1],
  [2, 0, 1, 1],
  [2, 1, 1, 0],
];
const data = prepare(withParts(storeOf(rows, 4), [0, 0, 2, 2, 2, 2, 1, 2, 2, 2, 2]), {
  label: 'is_click',
  split: { kind: 'published', validation: 0.1, cut: 'user', seed: 1 },
});
const table = [
  [0.5, 0.6, 0.3, 0],
  [0.2, 0, 0.7, 0],
  [0.9, 0.1, 0, 0],
];
const model: FittedModel = {
  score: ({ contexts, items, pairs }) =>
    Float32Array.from(pairs.item, (at, p) => table[contexts.user[pairs.context[p]!]!]![items[at]!]!),
  itemScores: Float32Array.of(1, 3, 2, 0),
};
const by = ['item', 'history'] as const;
const none = { rows: 0, users: 0 };

describe('metrics broken down', () => {
  beforeAll(() => useEngine('cpu'));

  it('are those of the rows of a group', async () => {
    const { breakdown, metrics } = await evaluate(model, data, 'test', ['auc'], {
      contextsPerBatch: 2,
      candidates: { kind: 'impressions' },
      by,
    });
    // Positives .5 .3 .2 .9, negatives .3 .6 .7 .1: of 16 couples 2 + 1.5 + 1 + 4 are in order.
    expect(metrics.auc).toBeCloseTo(8.5 / 16, 12);
    expect(breakdown).toEqual({
      item: [
        // Positives .5 .2 .9, negatives .6 .1: of 6 couples 1 + 1 + 2 are in order.
        { group: 'warm', rows: 5, users: 3, metrics: { auc: expect.closeTo(4 / 6, 12) } },
        // Positive .3, negatives .3 .7: half a couple of 2.
        { group: 'cold', rows: 3, users: 2, metrics: { auc: 0.25 } },
      ],
      history: [
        { group: '0', rows: 2, users: 1, metrics: { auc: 1 } },
        // Positives .5 .3 .2, negatives .3 .6 .7: of 9 couples 1 + .5 are in order.
        { group: '1-5', rows: 6, users: 2, metrics: { auc: expect.closeTo(1 / 6, 12) } },
        { group: '6-20', ...none, metrics: { auc: null } },
        { group: '21-100', ...none, metrics: { auc: null } },
        { group: '>100', ...none, metrics: { auc: null } },
      ],
    });
  });

  it('are those of the items to be found among all candidates', async () => {
    const { breakdown, metrics } = await evaluate(model, data, 'test', ['mrr'], {
      contextsPerBatch: 2,
      candidates: { kind: 'catalogue' },
      by,
    });
    // Users 0 and 2 have the order 1 2 0 3, and user 1, who has seen item 1, 2 0 3.
    const mrr = (value: number) => ({ 'catalogue/mrr': expect.closeTo(value, 12) });
    expect(metrics).toEqual(mrr((1 / 2 + 1 / 2 + 1 / 3) / 3));
    const empty = { ...none, metrics: { 'catalogue/mrr': null } };
    expect(breakdown).toEqual({
      item: [
        { group: 'warm', rows: 3, users: 3, metrics: mrr((1 / 3 + 1 / 2 + 1 / 3) / 3) },
        { group: 'cold', rows: 1, users: 1, metrics: mrr(1 / 2) },
      ],
      history: [
        { group: '0', rows: 1, users: 1, metrics: mrr(1 / 3) },
        { group: '1-5', rows: 3, users: 2, metrics: mrr(1 / 2) },
        ...['6-20', '21-100', '>100'].map((group) => ({ group, ...empty })),
      ],
    });
  });

  it('are of lists as well, whose first items are to be found', async () => {
    const items = [Int32Array.of(2, 0, 1), Int32Array.of(0, 1)];
    const lists = {
      anchor: Int32Array.of(2, 9),
      relevant: Int32Array.of(2, 1),
      candidates: (list: number) => items[list]!,
    };
    const candidates: Candidates = {
      kind: 'file',
      path: 'mine.csv',
      sha256: '',
      report: '',
      lists: { train: lists, validation: lists, test: lists },
    };
    const { breakdown } = await evaluate(model, data, 'test', ['mrr'], {
      contextsPerBatch: 2,
      candidates,
      by: ['item'],
    });
    // 1 2 0 with 2 and 0 to be found; 1 0 with 0.
    expect(breakdown).toEqual({
      item: [
        {
          group: 'warm',
          rows: 2,
          users: 2,
          metrics: { 'given-mine/mrr': expect.closeTo((1 / 3 + 1 / 2) / 2, 12) },
        },
        { group: 'cold', rows: 1, users: 1, metrics: { 'given-mine/mrr': 0.5 } },
      ],
    });
  });

  it('group histories by their length in the log, whatever the model reads', async () => {
    // Row n has n clicks before it.
    const long = Array.from({ length: 120 }, (_, time): Row => [0, 0, time, 1]);
    const parts = long.map((_, time) => (time === 0 ? 0 : time === 1 ? 1 : 2));
    const one = prepare(withParts(storeOf(long), [...parts]), {
      label: 'is_click',
      split: { kind: 'published', validation: 0.1, cut: 'user', seed: 1 },
    });
    const floor: FittedModel = { score: ({ pairs }) => new Float32Array(pairs.count) };
    const { breakdown } = await evaluate(floor, one, 'test', ['auc'], {
      contextsPerBatch: 2,
      candidates: { kind: 'impressions' },
      by: ['history'],
    });
    // Lengths 2 to 119.
    expect(breakdown.history!.map(({ group, rows }) => [group, rows])).toEqual([
      ['0', 0],
      ['1-5', 4],
      ['6-20', 15],
      ['21-100', 80],
      ['>100', 19],
    ]);
  });

  it('are none where none are asked for', async () => {
    const { breakdown } = await evaluate(model, data, 'test', ['auc'], {
      contextsPerBatch: 2,
      candidates: { kind: 'impressions' },
    });
    expect(breakdown).toEqual({});
  });
});
