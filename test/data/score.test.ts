import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { type HistorySpec, prepare, scoreBatches } from '../../src/data/index.js';
import { causalHistory, historyOf, type Row, storeOf } from './fixture.js';

const random = randomStream('score.test');
const rows = Array.from({ length: 10 }, (_, user) =>
  Array.from({ length: 30 }, (_, i): Row => [user, random.int(50), i, random.int(2)]),
).flat();
const data = prepare(storeOf(rows, 50), {
  label: 'is_click',
  split: { kind: 'time', scope: 'user', train: 0.6, validation: 0.2 },
});
const causal: HistorySpec = { length: 6, sample: 'recent', target: 'causal', prefixes: 'separate' };

/** Row, candidate and history of every pair, in order. */
function scored(histories: readonly HistorySpec[], contextsPerBatch: number, maxPairs?: number): string[] {
  const seen: string[] = [];
  for (const batch of scoreBatches(data, data.split.test, {
    histories,
    contextsPerBatch,
    ...(maxPairs === undefined ? {} : { maxPairs }),
  })) {
    const { items, contexts, pairs } = batch;
    expect(contexts.count).toBeLessThanOrEqual(contextsPerBatch);
    if (maxPairs !== undefined) expect(pairs.count).toBeLessThanOrEqual(maxPairs);
    for (let p = 0; p < pairs.count; p++) {
      const c = pairs.context[p]!;
      const item = items[pairs.item[p]!];
      const shown = histories.flatMap((_, h) => historyOf(batch, c, h));
      seen.push(JSON.stringify([pairs.row[p], item, pairs.label[p], contexts.user[c], shown]));
    }
  }
  return seen;
}

describe('scoreBatches', () => {
  it.each([[], [causal], [{ ...causal, target: 'include' } as const]])(
    'holds every row once, in order: %j',
    (...specs) => {
      const rowsSeen = scored(specs, 4).map((text) => (JSON.parse(text) as number[])[0]);
      expect(rowsSeen).toEqual([...data.split.test]);
    },
  );

  it('gives the causal history of each row', () => {
    for (const text of scored([causal], 5)) {
      const [row, item, label, user, history] = JSON.parse(text) as [
        number,
        number,
        number,
        number,
        number[],
      ];
      expect(history).toEqual(causalHistory(data, row).slice(-6));
      expect([user, item, label]).toEqual([rows[row]![0], rows[row]![1], rows[row]![3]]);
    }
  });

  it.each([causal, { length: 3, sample: 'random', target: 'include', prefixes: 'shared' } as const])(
    'shows the same whatever the batch size: %j',
    (spec) => {
      const large = scored([spec], 1000);
      expect(scored([spec], 1)).toEqual(large);
      expect(scored([spec], 3, 5)).toEqual(large);
    },
  );

  it('encodes a user once when the history is static', () => {
    const batches = [
      ...scoreBatches(data, data.split.test, {
        histories: [{ ...causal, target: 'include' }],
        contextsPerBatch: 100,
      }),
    ];
    expect(batches.map(({ contexts }) => contexts.count)).toEqual([10]);
  });

  it('yields nothing for no rows', () => {
    expect([...scoreBatches(data, new Int32Array(0), { histories: [], contextsPerBatch: 1 })]).toEqual([]);
  });
});
