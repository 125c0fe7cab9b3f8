import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Candidates, prepare } from '../../src/data/index.js';
import { type Evaluation, evaluate } from '../../src/evaluation/index.js';
import type { FittedModel } from '../../src/models/index.js';
import { type Row, storeOf, withParts } from '../data/fixture.js';
import { useEngine } from '../support/engines.js';

/** User, item, time, label. User 1 has one class in test. */
const rows: readonly Row[] = [
  [0, 0, 1, 1],
  [0, 1, 2, 0],
  [0, 0, 3, 1],
  [0, 2, 4, 0],
  [0, 1, 5, 0],
  [0, 2, 6, 1],
  [1, 1, 1, 1],
  [1, 2, 2, 1],
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
const listed = ({ perUser }: Evaluation) =>
  Object.fromEntries(
    [...perUser].map(([name, { user, value, weight }]) => [
      name,
      [...user].map((one, i) => [one, expect.closeTo(value[i]!, 12), weight[i]]),
    ]),
  );

describe('values of users', () => {
  beforeAll(() => useEngine('cpu'));

  it('are kept of metrics that are means over users', async () => {
    const evaluation = await evaluate(model, data, 'test', ['auc', 'gauc', 'mrr'], {
      contextsPerBatch: 2,
      candidates: { kind: 'impressions' },
    });
    // User 0: positives .5 .3, negatives .3 .6: 1.5 of 4 couples. Its first positive has rank 2. User 1 has no negative.
    expect({
      gauc: [
        [0, 1.5 / 4, 4],
        [2, 1, 2],
      ],
      mrr: [
        [0, 1 / 2, 1],
        [1, 1, 1],
        [2, 1, 1],
      ],
    }).toEqual(listed(evaluation));
  });

  it('are means over the lists of a user, where it has several', async () => {
    const items = [Int32Array.of(2, 1, 0), Int32Array.of(0, 1), Int32Array.of(0, 2)];
    const lists = {
      anchor: Int32Array.of(2, 5, 9),
      relevant: Int32Array.of(1, 1, 1),
      candidates: (list: number) => items[list]!,
    };
    const candidates: Candidates = {
      kind: 'file',
      path: 'mine.csv',
      sha256: '',
      report: '',
      lists: { train: lists, validation: lists, test: lists },
    };
    const evaluation = await evaluate(model, data, 'test', ['mrr'], { contextsPerBatch: 2, candidates });
    // User 0: 1 0 2 with 2 to be found, then 1 0 with 0; the scores of a floor are the same for all users: 1 2 0 3.
    expect({
      'given-mine/mrr': [
        [0, (1 / 2 + 1 / 2) / 2, 2],
        [2, 1 / 2, 1],
      ],
    }).toEqual(listed(evaluation));
  });
});
