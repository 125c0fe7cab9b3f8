import { describe, expect, it } from '@jest/globals';
import { type HistorySpec, prepare, scoreBatches } from '../../src/data/index.js';
import { historyOf, type Row, storeOf } from './fixture.js';

const split = { kind: 'time', scope: 'user', train: 0.7, validation: 0.3 } as const;

describe('histories with times', () => {
  // Clicks of user 0 at 10, 20, 40 and 50, a skip at 30; of user 1 at 7.
  const rows: Row[] = [
    [0, 3, 10, 1],
    [0, 4, 20, 1],
    [0, 5, 30, 0],
    [0, 3, 40, 1],
    [0, 6, 50, 1],
    [1, 4, 7, 1],
    [1, 5, 9, 0],
  ];
  const data = prepare(storeOf(rows), { label: 'is_click', split });
  const timesOf = (spec: Partial<HistorySpec>) => {
    const wish: HistorySpec = {
      length: 3,
      sample: 'recent',
      target: 'causal',
      prefixes: 'separate',
      ...spec,
    };
    const [batch] = scoreBatches(data, Int32Array.from(rows.keys()), {
      histories: [wish],
      contextsPerBatch: 99,
    });
    const { sequences, sequence, length } = batch!.histories[0]!;
    return Array.from(batch!.pairs.context, (c) => {
      const start = sequence[c]! * sequences.width;
      return sequences.time && [...sequences.time.subarray(start, start + length[c]!)];
    });
  };

  it('tell when each event was', () => {
    const expected = [[], [10], [10, 20], [10, 20], [10, 20, 40], [], [7]];
    expect(timesOf({ times: true })).toEqual(expected);
    expect(timesOf({ times: true, prefixes: 'shared' })).toEqual(expected);
    expect(timesOf({ times: true, length: 2 })[4]).toEqual([20, 40]);
  });

  it('also of negative events, of the train part, and of what a history leaves out', () => {
    expect(timesOf({ times: true, events: 'negative' })).toEqual([[], [], [], [30], [30], [], []]);
    // Of user 0 the first three rows are the train part; the candidate of row 1 is item 4.
    expect(timesOf({ times: true, target: 'include' })[0]).toEqual([10, 20]);
    expect(timesOf({ times: true, target: 'exclude' })[1]).toEqual([10]);
  });

  it('of a random choice are those of its items', () => {
    const [batch] = scoreBatches(data, Int32Array.of(4), {
      histories: [{ length: 2, sample: 'random', target: 'causal', prefixes: 'separate', times: true }],
      contextsPerBatch: 9,
    });
    const { item, time } = batch!.histories[0]!.sequences;
    const known = new Map(rows.filter(([, , t, click]) => click && t < 50).map(([, i, t]) => [t, i]));
    expect([...time!].map((t) => known.get(t))).toEqual([...item].map((at) => batch!.items[at]));
  });

  it('are left out where they are not asked for', () => {
    expect(timesOf({})).toEqual(Array(7).fill(undefined));
  });

  it('are refused for histories that came with the log', () => {
    const published = {
      ...storeOf(rows),
      histories: {
        shown: { item: Int32Array.of(1), start: new Int32Array(7), end: new Int32Array(7).fill(1) },
      },
    };
    const given = prepare(published, { label: 'is_click', history: 'shown', split });
    const wish: HistorySpec = {
      length: 3,
      sample: 'recent',
      target: 'causal',
      prefixes: 'separate',
      times: true,
    };
    const batches = () => [
      ...scoreBatches(given, Int32Array.of(0), { histories: [wish], contextsPerBatch: 9 }),
    ];
    expect(batches).toThrow(/do not tell when their events were/);
  });
});

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
