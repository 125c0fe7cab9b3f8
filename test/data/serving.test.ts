import { describe, expect, it } from '@jest/globals';
import {
  CandidateBatches,
  type EventKind,
  type HistorySpec,
  type PreparedData,
  prepare,
  servingCatalogue,
  servingData,
  servingPairs,
} from '../../src/data/index.js';
import { smallLog, smallParts, smallSpec as spec, withParts } from './fixture.js';

const data = prepare(withParts(smallLog, smallParts), spec);

/** What a model sees of each user: items of the history, oldest first. */
function historiesOf(serving: PreparedData, change: Partial<HistorySpec> = {}, candidate = 3): number[][] {
  const history = { length: 4, sample: 'recent', target: 'causal', prefixes: 'separate' } as const;
  const users = serving.store.userIds.map((_, user) => user);
  const batches = new CandidateBatches(serving, { histories: [{ ...history, ...change }] });
  const batch = batches.batch(
    Int32Array.from(users),
    Int32Array.from(users, () => candidate),
  );
  const [{ sequences, sequence, length }] = batch.histories as [(typeof batch.histories)[number]];
  return Array.from(batch.pairs.context, (context) => {
    const start = sequence[context]! * sequences.width;
    return Array.from(sequences.item.subarray(start, start + length[context]!), (at) => batch.items[at]!);
  });
}

const seenOf = ({ offsets, items }: { readonly offsets: Int32Array; readonly items: Int32Array }) =>
  Array.from({ length: offsets.length - 1 }, (_, u) => [...items.subarray(offsets[u]!, offsets[u + 1]!)]);

describe('users after the log', () => {
  it('have all their positive rows as history, and have seen the items of these', () => {
    const serving = servingData(data, spec, 'end');
    expect(historiesOf(serving.data)).toEqual([[0, 2, 0], [], [1, 4]]);
    expect(seenOf(serving.seen)).toEqual([[0, 2], [], [1, 4]]);
  });

  it('show it to models of any kind, without the candidate to those that ask for that', () => {
    const serving = servingData(data, spec, 'end').data;
    expect(historiesOf(serving, { length: 2 })).toEqual([[2, 0], [], [1, 4]]);
    expect(historiesOf(serving, { length: 2, sample: 'first' })).toEqual([[0, 2], [], [1, 4]]);
    expect(historiesOf(serving, { target: 'include' }, 0)).toEqual([[0, 2, 0], [], [1, 4]]);
    expect(historiesOf(serving, { target: 'exclude' }, 0)).toEqual([[2], [], [1, 4]]);
    expect(historiesOf(serving, { events: 'negative' })).toEqual([[1], [3], []]);
  });

  it('know what a split keeps from the histories of its rows', () => {
    // No item of the test is in train: causal histories are cut to the train part.
    const apart = prepare(withParts(smallLog, [0, 0, 0, 0, 0, 0, 2]), spec);
    const { offsets, item } = apart.histories('positive');
    expect([...item.subarray(offsets[2]!)]).toEqual([1]);
    expect(historiesOf(servingData(apart, spec, 'end').data)).toEqual([[0, 2, 0], [], [1, 4]]);
  });

  it('have histories of the column that the experiment names', () => {
    const store = withParts(smallLog, smallParts);
    const columns = { ...store.interactions.columns, seen: Float32Array.of(1, 1, 0, 0, 1, 0, 1) };
    const own = { ...spec, history: 'seen' };
    const prepared = prepare({ ...store, interactions: { ...store.interactions, columns } }, own);
    const serving = servingData(prepared, own, 'end');
    expect(historiesOf(serving.data)).toEqual([[0, 1], [3], [4]]);
    expect(historiesOf(serving.data, { events: { column: 'is_click' } })).toEqual([[0, 2, 0], [], [1, 4]]);
    expect(seenOf(serving.seen)).toEqual([[0, 2], [], [1, 4]]);
  });

  it("have their last row's history where histories came with the log", () => {
    const store = withParts(smallLog, smallParts);
    const viewed = {
      item: Int32Array.of(4, 3, 2, 1, 0),
      start: Int32Array.of(0, 0, 0, 1, 3, 3, 3),
      end: Int32Array.of(1, 1, 2, 3, 3, 4, 5),
    };
    const own = { ...spec, history: 'viewed' };
    const prepared = prepare({ ...store, histories: { viewed } }, own);
    expect(historiesOf(servingData(prepared, own, 'end').data)).toEqual([[3, 2], [], [1, 0]]);
    expect(historiesOf(servingData(prepared, own, 'train').data)).toEqual([[4], [], [1]]);
  });
});

it('users after the train part know that alone', () => {
  const serving = servingData(data, spec, 'train');
  expect(historiesOf(serving.data)).toEqual([[0], [], [1]]);
  expect(historiesOf(serving.data, { events: 'negative' })).toEqual([[1], [3], []]);
  expect(seenOf(serving.seen)).toEqual([[0], [], [1]]);
});

describe('what may be recommended', () => {
  const serving = servingData(data, spec, 'end');
  const lists = (pool: readonly number[] | null, keepSeen: boolean, excluding: readonly EventKind[]) => {
    const found = servingCatalogue(serving, Int32Array.of(2, 0), pool && Int32Array.from(pool), {
      keepSeen,
      excluding,
    });
    expect([...found.anchor]).toEqual([2, 0]);
    return [
      seenOf({ offsets: found.seenOffsets, items: found.seen }),
      seenOf({ offsets: found.targetOffsets, items: found.targets }),
    ];
  };

  it('is all but what the user has seen', () => {
    expect(lists(null, false, [])).toEqual([
      [
        [1, 4],
        [0, 2],
      ],
      [[], []],
    ]);
    expect(lists(null, true, [])).toEqual([
      [[], []],
      [[], []],
    ]);
  });

  it('has places in a pool', () => {
    // Item 2 stands at 0, item 3 at 1, item 4 at 2.
    expect(lists([2, 3, 4], false, [])).toEqual([
      [[2], [0]],
      [[], []],
    ]);
  });

  it('has a history of its own where that would hold it', () => {
    expect(lists(null, false, ['positive'])[1]).toEqual([[], []]);
    expect(lists([2, 3, 4], true, ['positive'])[1]).toEqual([[2], [0]]);
    expect(lists(null, false, ['positive', 'negative'])[1]).toEqual([[], [1]]);
  });

  it('can be a list for each user', () => {
    const pairs = { offsets: Int32Array.of(0, 3, 3, 5), item: Int32Array.of(0, 1, 3, 1, 4) };
    const of = (keepSeen: boolean): number[][] => {
      const { candidates } = servingPairs(serving, Int32Array.of(2, 1, 0), pairs, { keepSeen });
      return [0, 1, 2].map((list) => [...candidates(list)]);
    };
    expect(of(false)).toEqual([[], [], [1, 3]]);
    expect(of(true)).toEqual([[1, 4], [], [0, 1, 3]]);
  });
});
