import { describe, expect, it } from '@jest/globals';
import { type HistorySpec, prepare, scoreBatches } from '../../src/data/index.js';
import { historyOf, type Row, storeOf } from './fixture.js';

const split = { kind: 'time', scope: 'user', train: 0.7, validation: 0.3 } as const;

describe('histories by chunks', () => {
  // A user clicks items 0 to 6, one after the other; another one items 7 to 10, items 8 and 9 at one moment.
  const rows: Row[] = [
    ...Array.from({ length: 7 }, (_, i): Row => [0, i, i, 1]),
    [1, 7, 1, 1],
    [1, 8, 2, 1],
    [1, 9, 2, 1],
    [1, 10, 3, 1],
  ];
  const data = prepare(storeOf(rows), { label: 'is_click', split });
  const shown = (spec: Partial<HistorySpec>): number[][] => {
    const wish: HistorySpec = { length: 9, sample: 'recent', target: 'causal', prefixes: 'shared', ...spec };
    const batches = scoreBatches(data, Int32Array.from(rows.keys()), {
      histories: [wish],
      contextsPerBatch: 99,
    });
    return [...batches].flatMap((batch) => [...batch.pairs.context].map((c) => historyOf(batch, c)));
  };

  it('end before the first row of the chunk, which all of its rows share', () => {
    expect(shown({ chunk: 3 })).toEqual([
      ...[[], [], []],
      ...[
        [0, 1, 2],
        [0, 1, 2],
        [0, 1, 2],
      ],
      [0, 1, 2, 3, 4, 5],
      ...[[], [], []],
      [7, 8, 9],
    ]);
  });

  it('never show rows of the same moment, wherever the cut lies', () => {
    expect(shown({ chunk: 2 }).slice(7)).toEqual([[], [], [7], [7]]);
  });

  it('of one row are the causal ones', () => {
    expect(shown({ chunk: 1 })).toEqual(shown({}));
  });

  it('make one context of a chunk', () => {
    const [batch] = scoreBatches(data, Int32Array.of(3, 4, 5), {
      histories: [{ length: 9, sample: 'recent', target: 'causal', prefixes: 'separate', chunk: 3 }],
      contextsPerBatch: 9,
    });
    expect(batch!.contexts.count).toBe(1);
  });
});
