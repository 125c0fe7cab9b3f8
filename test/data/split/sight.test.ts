import { describe, expect, it } from '@jest/globals';
import { prepare, type SplitSpec } from '../../../src/data/index.js';
import { EmptyPartError } from '../../../src/data/split/index.js';
import { fc } from '../../support/property.js';
import { arbitraryStore } from '../arbitrary.js';
import { type Row, storeOf, withParts } from '../fixture.js';

const published: SplitSpec = { kind: 'published', validation: 0.25, cut: 'user', seed: 1 };

/** The causal history of every row, as items. */
function historiesOf(rows: readonly Row[], parts: readonly number[], split: SplitSpec): number[][] {
  const data = prepare(withParts(storeOf(rows), parts), { label: 'is_click', split });
  const { offsets, item, causalEnd } = data.histories('positive');
  return rows.map(([user], row) => [...item.subarray(offsets[user], causalEnd[row])]);
}

describe('what causal histories show with a published split', () => {
  // Users with rows at times 1, 2, 3, ... whose items are 0, 1, 2, ..., all clicked.
  const user = (id: number, count: number): Row[] =>
    Array.from({ length: count }, (_, i) => [id, i, i + 1, 1]);

  it('every earlier row where the parts follow one another, validation cut here included', () => {
    const rows = [...user(0, 5), [0, 0, 9, 1] as Row];
    expect(historiesOf(rows, [0, 0, 0, 0, 2, 2], published)).toEqual([
      [],
      [0],
      [0, 1],
      [0, 1, 2], // validation
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4],
    ]);
  });

  it('of a user with a test row before a train row, the train rows alone', () => {
    const rows = [...user(0, 5), ...user(1, 5)];
    const histories = historiesOf(rows, [0, 2, 0, 0, 0, 0, 0, 0, 0, 2], published);
    // Of user 0, item 1 is test and item 4 validation.
    expect(histories.slice(0, 5)).toEqual([[], [0], [0], [0, 2], [0, 2, 3]]);
    expect(histories[9]).toEqual([0, 1, 2, 3]);
  });

  it('rows of one moment are in no order', () => {
    const rows: Row[] = [
      [0, 0, 1, 1],
      [0, 1, 1, 1],
      [0, 2, 2, 1],
      [0, 3, 3, 1],
      [0, 4, 3, 1],
      [0, 0, 4, 1],
    ];
    // At time 3 a test row stands before a row of train, which does not see it. (Row 4, the last of train, becomes validation.)
    expect(historiesOf(rows, [0, 0, 0, 2, 0, 2], published).at(-1)).toEqual([0, 1, 2, 3, 4]);
  });

  it('the train rows alone where no test item occurs in train', () => {
    const rows: Row[] = [
      [0, 0, 1, 1],
      [0, 1, 2, 1],
      [0, 0, 3, 1],
      [0, 1, 4, 1],
      [0, 7, 5, 1],
      [0, 8, 6, 1],
    ];
    // Row 3 is validation.
    expect(historiesOf(rows, [0, 0, 0, 0, 2, 2], published)[5]).toEqual([0, 1, 0]);
  });

  it('the train rows alone where validation is cut by items', () => {
    const rows = [...user(0, 4), [0, 0, 9, 1] as Row, [0, 1, 10, 1] as Row];
    const histories = historiesOf(rows, [0, 0, 0, 0, 2, 2], { ...published, cut: 'items' });
    expect(histories[5]).toHaveLength(3); // of four train rows one is validation, and row 4 is test
    // With a validation part of the source, `cut` has no say.
    expect(historiesOf(rows, [0, 0, 0, 1, 2, 2], { ...published, cut: 'items' })[5]).toEqual([0, 1, 2, 3, 0]);
  });
});

it.each([
  published,
  { ...published, cut: 'global' },
  { ...published, cut: 'items' },
  { kind: 'random', scope: 'user', train: 0.7, validation: 0.3, seed: 1 },
  { kind: 'random', scope: 'global', train: 0.7, validation: 0.3, seed: 1 },
  { kind: 'time', scope: 'global', train: 0.7, validation: 0.3 },
  { kind: 'itemColdStart', train: 0.7, validation: 0.3, seed: 1 },
] satisfies SplitSpec[])('no row sees a row of a later part: %j', (split) => {
  fc.assert(
    fc.property(arbitraryStore, fc.infiniteStream(fc.constantFrom(0, 0, 0, 2)), (store, draws) => {
      // Every row is clicked and has an item of its own, so that the item tells the row. One user more has an item in
      // train and in test: else all items of the test would be new.
      const { rows, user, time } = store.interactions;
      const more = 1 + user.at(-1)!;
      const log = Array.from(user, (u, row): Row => [u, row, time[row]!, 1]);
      const parts = Array.from(user, () => draws.next().value as number);
      const added: Row[] = [0, 1].map((moment) => [more, rows, moment, 1]);
      try {
        const data = prepare(withParts(storeOf([...log, ...added]), [...parts, 0, 2]), {
          label: 'is_click',
          split,
        });
        const partOf = new Uint8Array(rows + 2);
        for (const row of data.split.validation) partOf[row] = 1;
        for (const row of data.split.test) partOf[row] = 2;
        const { offsets, item, causalEnd } = data.histories('positive');
        const wrong: number[] = [];
        for (let row = 0; row < rows; row++) {
          for (const seen of item.subarray(offsets[user[row]!], causalEnd[row])) {
            if (partOf[seen]! > partOf[row]! || time[seen]! >= time[row]!) wrong.push(row);
          }
        }
        expect(wrong).toEqual([]);
      } catch (error) {
        if (!(error instanceof EmptyPartError)) throw error;
      }
    }),
  );
});
