import { describe, expect, it } from '@jest/globals';
import { randomStream, UserError } from '../../src/base/index.js';
import { type NegativeSpec, type Pairing, prepare } from '../../src/data/index.js';
import { choosePairs, pairsOf, usersWithAll } from '../../src/data/sampling.js';
import { markHistories, trainableOf } from '../../src/data/trainable.js';
import { fc } from '../support/property.js';
import { dataOf, type Row, smallLog, smallParts, smallSpec, storeOf, withParts } from './fixture.js';

const sets: readonly (readonly [NegativeSpec, Pairing])[] = [
  [{ kind: 'logged', ratio: 'all' }, 'pointwise'],
  [{ kind: 'logged', ratio: 0.5 }, 'pointwise'],
  [{ kind: 'logged', ratio: 1 }, 'pointwise'],
  [{ kind: 'logged', ratio: 1 }, 'pairwise'],
  [{ kind: 'uniform', count: 2 }, 'pointwise'],
  [{ kind: 'uniform', count: 2 }, 'pairwise'],
  [{ kind: 'popularity', count: 2, alpha: 1 }, 'pointwise'],
];

it.each(sets)('is what many epochs of pairs hold: %j, %s', (negatives, pairing) => {
  const part = fc.constantFrom('train', 'train', 'test');
  const log = fc.array(fc.tuple(fc.nat(3), fc.nat(4), fc.nat(1), part), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(log, (events) => {
      const sorted = events.sort((a, b) => a[0] - b[0]);
      const rows = sorted.map(([user, item, click], time): Row => [user, item, time, click]);
      fc.pre(sorted.some((row) => row[3] === 'train'));
      const data = dataOf(
        rows,
        sorted.map((row) => row[3]),
        5,
      );
      const met = { users: new Set<number>(), items: new Set<number>(), anchors: new Set<number>() };
      for (let epoch = 0; epoch < 60; epoch++) {
        try {
          const units = choosePairs(data, negatives, pairing, randomStream('epoch', epoch));
          const { anchor, item } = pairsOf(data, units, Int32Array.from(units.anchor.keys()), pairing);
          for (const row of anchor) met.anchors.add(row).size && met.users.add(rows[row]![0]);
          for (const one of item) met.items.add(one);
        } catch (error) {
          if (!(error instanceof UserError)) throw error; // no pair at all
        }
      }
      const found = trainableOf(data, negatives, pairing);
      const marked = (marks: Uint8Array) => [...marks.keys()].filter((at) => marks[at]);
      const ascending = (some: Set<number>) => [...some].sort((a, b) => a - b);
      expect(marked(found.users)).toEqual(ascending(met.users));
      expect(marked(found.items)).toEqual(ascending(met.items));
      expect([...found.anchors]).toEqual(ascending(met.anchors));
    }),
    { numRuns: 40 },
  );
});

describe('of histories', () => {
  // User 0 clicks 0, 1, 2, 3; user 1 clicks 4 and 5.
  const clicks = [0, 1, 2, 3].map((item): Row => [0, item, item, 1]);
  const log = storeOf([...clicks, [1, 4, 0, 1], [1, 5, 1, 1]], 6);
  const data = prepare(withParts(log, [0, 0, 0, 2, 0, 1]), smallSpec);
  const marked = (anchors: number[], history: Partial<Parameters<typeof markHistories>[3]>) => {
    const items = new Uint8Array(6);
    const spec = { length: 9, sample: 'recent', target: 'causal', ...history } as const;
    markHistories(items, data, Int32Array.from(anchors), spec);
    return [...items];
  };

  it.each([
    ['before the row', [2], {}, [1, 1, 0, 0, 0, 0]],
    ['the latest', [2], { length: 1 }, [0, 1, 0, 0, 0, 0]],
    ['the first', [2], { length: 1, sample: 'first' }, [1, 0, 0, 0, 0, 0]],
    ['of several rows', [1, 2, 5], { length: 1 }, [1, 1, 0, 0, 1, 0]],
    ['of the first row of a user', [0], {}, [0, 0, 0, 0, 0, 0]],
    ['static ones: all of the train part', [0], { target: 'include' }, [1, 1, 1, 0, 0, 0]],
  ] as const)('%s', (_, anchors, history, expected) => {
    expect(marked([...anchors], history)).toEqual(expected);
  });
});

it('knows users with all items', () => {
  expect(usersWithAll(prepare(withParts(smallLog, smallParts), smallSpec))).toEqual([]);
  const rows: Row[] = [
    [0, 0, 0, 1],
    [1, 0, 0, 1],
    [1, 1, 1, 1],
    [2, 1, 0, 0],
  ];
  const parts = rows.map(() => 'train' as const);
  expect(usersWithAll(dataOf(rows, parts, 3))).toEqual([1]);
});
