import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { type PrepareSpec, prepare, type SplitSpec } from '../../src/data/index.js';
import { EmptyPartError } from '../../src/data/split/index.js';
import { effort } from '../support/index.js';
import { fc } from '../support/property.js';
import { arbitraryStore } from './arbitrary.js';
import { causalHistory, type Row, storeOf, trainHistory, withParts } from './fixture.js';

const split: SplitSpec = { kind: 'time', scope: 'user', train: 0.6, validation: 0.4 };

// One user, ten rows: train part 6 (of it the last 2 validation), test 4.
const rows: Row[] = [
  [0, 10, 1, 1],
  [0, 11, 2, 0],
  [0, 12, 3, 1], // two rows of one moment do not see each other
  [0, 13, 3, 1],
  [0, 14, 4, 1], // validation
  [0, 10, 5, 0], // validation
  [0, 15, 6, 1], // test
  [0, 16, 7, 0],
  [0, 17, 8, 1],
  [0, 18, 8, 0],
];

describe('prepare', () => {
  it('indexes histories: strictly earlier clicks of any part, and clicks of the train part', () => {
    const { histories: listsOf, warmItems } = prepare(storeOf(rows), { label: 'is_click', split });
    const histories = listsOf('positive');
    expect([...histories.item]).toEqual([10, 12, 13, 14, 15, 17]);
    expect([...histories.offsets]).toEqual([0, 6]);
    expect([...histories.causalEnd]).toEqual([0, 1, 1, 1, 3, 4, 4, 5, 5, 5]);
    expect([...histories.trainItem]).toEqual([10, 12, 13]);
    expect([...histories.trainOffsets]).toEqual([0, 3]);
    expect([...warmItems.keys()].filter((item) => warmItems[item])).toEqual([10, 11, 12, 13]);
  });

  it('takes histories from another column than the label where asked', () => {
    const store = storeOf(rows);
    const watched = Float32Array.from(rows, (_, row) => (row % 2 === 0 ? 0.5 : 0));
    const columns = { ...store.interactions.columns, watched };
    const changed = { ...store, interactions: { ...store.interactions, columns } };
    const histories = prepare(changed, { label: 'is_click', history: 'watched', split }).histories(
      'positive',
    );
    expect([...histories.item]).toEqual([10, 12, 14, 15, 17]); // rows 0, 2, 4, 6, 8
  });

  it('indexes other events beside them: what was not clicked, and what another column or name says', () => {
    const store = storeOf(rows);
    const is_like = Float32Array.from(rows, (_, row) => (row >= 6 ? 1 : 0));
    const is_hate = Float32Array.from(rows, (_, row) => (row === 1 || row === 2 ? 1 : 0));
    const columns = { ...store.interactions.columns, is_like, is_hate };
    const changed = { ...store, interactions: { ...store.interactions, columns } };
    const spec = { label: 'is_click', split } as const;
    const { histories } = prepare(changed, spec);
    expect([...histories('negative').item]).toEqual([11, 10, 16, 18]);
    expect([...histories('negative').causalEnd]).toEqual([0, 0, 1, 1, 1, 1, 2, 2, 3, 3]);
    expect([...histories('negative').trainItem]).toEqual([11]);
    expect([...histories({ column: 'is_like' }).item]).toEqual([15, 16, 17, 18]);
    expect([...histories({ column: 'is_like' }).trainItem]).toEqual([]);
    expect(histories({ column: 'is_like' })).toBe(histories({ column: 'is_like' })); // indexed once
    const named = prepare(changed, { ...spec, negativeHistory: 'is_hate' }).histories('negative');
    expect([...named.item]).toEqual([11, 12]);
    expect(() => histories({ column: 'is_likes' })).toThrow('is_likes');
    const ofLikes = prepare(changed, { ...spec, history: 'is_like' }).histories('negative');
    expect([...ofLikes.item]).toEqual([10, 11, 12, 13, 14, 10]);
  });

  it('keeps the hold-out items of a cold start split out of all histories', () => {
    const many: Row[] = Array.from({ length: 40 }, (_, i): Row => [0, i % 20, i, 1]);
    const data = prepare(storeOf(many), {
      label: 'is_click',
      split: { kind: 'itemColdStart', train: 0.7, validation: 0.2, seed: 1 },
    });
    const { warmItems } = data;
    const histories = data.histories('positive');
    expect([...histories.item].every((item) => warmItems[item] === 1)).toBe(true);
    expect([...histories.item]).toEqual([...data.split.train].map((row) => many[row]![1]));
  });

  it('agrees with the definition on random logs', () => {
    fc.assert(
      fc.property(arbitraryStore, (store) => {
        let data: ReturnType<typeof prepare>;
        try {
          data = prepare(store, { label: 'is_click', split });
        } catch (error) {
          if (error instanceof EmptyPartError) return;
          throw error;
        }
        const histories = data.histories('positive');
        for (let row = 0; row < store.interactions.rows; row++) {
          const user = store.interactions.user[row]!;
          const causal = histories.item.slice(histories.offsets[user], histories.causalEnd[row]);
          expect([...causal]).toEqual(causalHistory(data, row));
          const train = histories.trainItem.slice(
            histories.trainOffsets[user],
            histories.trainOffsets[user + 1],
          );
          expect([...train]).toEqual(trainHistory(data, row));
        }
      }),
      { numRuns: 20 * effort },
    );
  });

  describe('histories that came with the log', () => {
    // Two users with five rows each of items 0 to 9; a row's history are the items of the rows before.
    const log = Array.from({ length: 10 }, (_, i): Row => [i < 5 ? 0 : 1, i, i, 1]);
    const seen = {
      item: Int32Array.of(0, 1, 2, 3, 5, 6, 7, 8),
      start: Int32Array.of(0, 0, 0, 0, 0, 4, 4, 4, 4, 4),
      end: Int32Array.of(0, 1, 2, 3, 4, 4, 5, 6, 7, 8),
    };
    const store = { ...storeOf(log), histories: { seen } };
    const shown = (spec: Omit<PrepareSpec, 'label'>) => {
      const data = prepare(store, { label: 'is_click', history: 'seen', ...spec });
      const { item, windowStart, causalEnd } = data.histories('positive');
      const lists = Array.from(causalEnd, (end, row) => [...item.subarray(windowStart![row], end)]);
      return { data, lists: lists.map((list) => list.map((at) => data.store.itemIds[at])) };
    };

    it('are shown as they are', () => {
      const { lists } = shown({ split });
      expect(lists.slice(3, 6)).toEqual([['i0', 'i1', 'i2'], ['i0', 'i1', 'i2', 'i3'], []]);
    });

    it('lack what a filter dropped', () => {
      // Another user has rows of items 0, 2 and 4: these alone have two rows.
      const more = [0, 2, 4].map((item, i): Row => [2, item, i, 1]);
      const empty = [0, 0, 0];
      const longer = {
        ...seen,
        start: Int32Array.of(...seen.start, ...empty),
        end: Int32Array.of(...seen.end, ...empty),
      };
      const { store, histories } = prepare(
        { ...storeOf([...log, ...more]), histories: { seen: longer } },
        { label: 'is_click', history: 'seen', filter: { minItemRows: 2 }, split: { kind: 'leaveOneOut' } },
      );
      const { windowStart, causalEnd, item } = histories('positive');
      const lists = Array.from(causalEnd, (end, row) => [...item.subarray(windowStart![row], end)]);
      expect(store.itemIds).toEqual(['i0', 'i2', 'i4']);
      expect(lists).toEqual([[], [0], [0, 1], [], [], []]);
    });

    it('lack the items that a cold start keeps new', () => {
      const { data, lists } = shown({
        split: { kind: 'itemColdStart', train: 0.6, validation: 0.34, seed: 1 },
      });
      const warm = data.store.itemIds.filter((_, item) => data.warmItems[item] === 1);
      expect(warm).toHaveLength(4); // of 6 train items 2 are validation
      expect(lists).toEqual(
        Array.from(log, ([user], row) =>
          log
            .slice(0, row)
            .filter((other) => other[0] === user && warm.includes(`i${other[1]}`))
            .map((other) => `i${other[1]}`),
        ),
      );
    });

    it('tell nothing of negative ones, which have a name of their own', () => {
      const both = { ...store, histories: { seen, skipped: { ...seen, item: seen.item.toReversed() } } };
      const spec = { label: 'is_click', history: 'seen', split } as const;
      expect(() => prepare(both, spec).histories('negative')).toThrow(
        new UserError(
          'the histories seen came with the log, so its rows do not tell what was shown and is not in them',
          'Name the negative ones in data.negativeHistory: seen, skipped.',
        ),
      );
      const named = prepare(both, { ...spec, negativeHistory: 'skipped' }).histories('negative');
      expect([...named.item]).toEqual([8, 7, 6, 5, 3, 2, 1, 0]);
    });

    it('go with the published split that they were made for, and with no random one', () => {
      const parts = withParts(store, [0, 0, 0, 2, 0, 0, 0, 0, 2, 2]);
      const published = { kind: 'published', validation: 0.3, cut: 'user', seed: 1 } as const;
      const spec = { label: 'is_click', history: 'seen', split: published };
      expect(prepare(parts, spec).histories('positive').item).toEqual(seen.item);
      const byItems = prepare(parts, { ...spec, split: { ...published, cut: 'items' } });
      expect([...byItems.histories('positive').item].every((item) => byItems.warmItems[item] === 1)).toBe(
        true,
      );
      const random = { kind: 'random', scope: 'user', train: 0.8, validation: 0.2, seed: 1 } as const;
      expect(() => shown({ split: random })).toThrow('came with the log');
    });
  });

  it('names the columns there are when the label is not one', () => {
    const attempt = () => prepare(storeOf(rows), { label: 'is_clik', split });
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow('the data set has no column is_clik\n  Did you mean is_click?');
    expect(() => prepare(storeOf(rows), { label: 'toString', split })).toThrow('no column toString');
  });

  it.each([2, 0.5, -1, Number.NaN])('refuses a label of %d', (value) => {
    const bad = rows.map((row, i): Row => (i === 3 ? [row[0], row[1], row[2], value] : row));
    expect(() => prepare(storeOf(bad), { label: 'is_click', split })).toThrow(
      `label is_click must be 0 or 1, found ${value} (user u0, item i13)`,
    );
  });
});
