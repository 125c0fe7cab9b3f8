import { describe, expect, it } from '@jest/globals';
import { randomStream, UserError } from '../../src/base/index.js';
import type { PairList } from '../../src/data/batch.js';
import { type PreparedData, prepare } from '../../src/data/index.js';
import { choosePairs, type NegativeSpec, type Pairing, pairsOf } from '../../src/data/sampling.js';
import { fc } from '../support/property.js';
import { dataOf, type Row, storeOf } from './fixture.js';

/** Three users with 1, 4 and 0 clicks among 13, 6 and 5 train rows; items are distinct within a user. */
const data = prepared([...user(0, [3], 20), ...user(1, [0, 1, 2, 3], 10), ...user(2, [], 8)]);

function user(id: number, clicked: readonly number[], rows: number): Row[] {
  return Array.from({ length: rows }, (_, i) => [id, i, i, clicked.includes(i) ? 1 : 0]);
}

function prepared(rows: readonly Row[], items = 25): PreparedData {
  const split = { kind: 'time', scope: 'user', train: 0.7, validation: 0.1 } as const;
  return prepare(storeOf(rows, items), { label: 'is_click', split });
}

type PartRow = readonly [...Row, part: 'train' | 'validation' | 'test'];

function preparedAt(rows: readonly PartRow[]): PreparedData {
  const log = rows.map(([user, item, time, click]): Row => [user, item, time, click]);
  return dataOf(
    log,
    rows.map((row) => row[4]),
    10,
  );
}

function choose(negatives: NegativeSpec, pairing: Pairing, epoch = 0, from = data): PairList {
  const units = choosePairs(from, negatives, pairing, randomStream(1, 'test', epoch));
  return pairsOf(from, units, Int32Array.from(units.anchor.keys()), pairing);
}

/** Numbers of positive and negative pairs of each user. */
function perUser({ anchor, label }: PairList, from = data): Record<number, [number, number]> {
  const counts: Record<number, [number, number]> = {};
  anchor.forEach((row, p) => {
    const id = from.store.interactions.user[row]!;
    counts[id] ??= [0, 0];
    counts[id][label[p] === 1 ? 0 : 1]++;
  });
  return counts;
}

describe('logged negatives', () => {
  it('do not lose one to rounding: 0.29 of 100 clicks are 29', () => {
    const clicked = Array.from({ length: 100 }, (_, i) => i);
    const rows = user(0, clicked, 200).map(
      (row, i): PartRow => [
        row[0],
        row[1] % 10,
        row[2],
        row[3],
        i < 190 ? 'train' : i < 195 ? 'validation' : 'test',
      ],
    );
    const list = choose({ kind: 'logged', ratio: 0.29 }, 'pointwise', 0, preparedAt(rows));
    expect(list.label.filter((label) => label === 0)).toHaveLength(29);
  });

  it('all: every train row once, in order', () => {
    const { row, anchor, item, label } = choose({ kind: 'logged', ratio: 'all' }, 'pointwise');
    expect(row).toEqual(data.split.train);
    expect(anchor).toEqual(row);
    expect(item).toEqual(row.map((r) => data.store.interactions.item[r]!));
    expect(label).toEqual(Float32Array.from(row, (r) => data.label[r]!));
  });

  // THACIL: min(number of negatives, ratio x positives) a user, all positives kept. By hand.
  it.each([
    [1, { 0: [1, 1], 1: [4, 2] }],
    [3, { 0: [1, 3], 1: [4, 2] }],
    [0.5, { 0: [1, 0], 1: [4, 2] }],
    [100, { 0: [1, 12], 1: [4, 2] }],
  ] as const)('ratio %d', (ratio, counts) => {
    const list = choose({ kind: 'logged', ratio }, 'pointwise');
    expect(perUser(list)).toEqual(counts);
    expect(new Set(list.row).size).toBe(list.row.length); // without replacement
    expect([...list.row].every((row) => data.split.train.includes(row))).toBe(true);
  });

  it('draws anew each epoch, and all negatives alike in the long run', () => {
    const seen = new Map<number, number>();
    for (let epoch = 0; epoch < 1200; epoch++) {
      const { row, label } = choose({ kind: 'logged', ratio: 3 }, 'pointwise', epoch);
      row.forEach((r, p) => {
        if (label[p] === 0 && r < 20) seen.set(r, (seen.get(r) ?? 0) + 1);
      });
    }
    // 3 of 12 an epoch: 300 expected, standard deviation 15.
    expect(seen.size).toBe(12);
    for (const count of seen.values()) expect(Math.abs(count - 300)).toBeLessThan(5 * 15);
  });

  it('pairwise: each positive with a negative of the same user and moment of history', () => {
    const { anchor, label, row } = choose({ kind: 'logged', ratio: 2 }, 'pairwise');
    expect(anchor.length).toBe(2 * 2 * (1 + 4));
    for (let p = 0; p < anchor.length; p += 2) {
      expect([label[p], label[p + 1]]).toEqual([1, 0]);
      expect(anchor[p]).toBe(row[p]);
      expect(anchor[p + 1]).toBe(anchor[p]);
      expect(data.label[row[p + 1]!]).toBe(0);
      const { user } = data.store.interactions;
      expect(user[row[p + 1]!]).toBe(user[row[p]!]);
      expect(data.split.train).toContain(row[p + 1]);
    }
  });
});

describe('uniform negatives', () => {
  it('pointwise: each positive, then its negatives, none of which the user has clicked in train', () => {
    const { anchor, item, label, row } = choose({ kind: 'uniform', count: 3 }, 'pointwise');
    expect(perUser({ anchor, item, label, row })).toEqual({ 0: [1, 3], 1: [4, 12] });
    anchor.forEach((a, p) => {
      expect(row[p]).toBe(label[p] === 1 ? a : -1);
      if (label[p] === 1) return;
      expect(data.store.interactions.user[a] === 0 ? [3] : [0, 1, 2, 3]).not.toContain(item[p]);
    });
  });

  it('pairwise: couples of a positive and a drawn item', () => {
    const { label, anchor } = choose({ kind: 'uniform', count: 2 }, 'pairwise');
    expect([...label]).toEqual(Array.from({ length: 20 }, (_, p) => (p + 1) % 2));
    for (let p = 0; p < anchor.length; p += 2) expect(anchor[p + 1]).toBe(anchor[p]);
  });

  it('refuses a user who has clicked everything', () => {
    const full = prepared(
      Array.from({ length: 20 }, (_, i): Row => [0, i % 5, i, 1]),
      5,
    );
    expect(() => choose({ kind: 'uniform', count: 1 }, 'pairwise', 0, full)).toThrow(
      'all users with a positive row have one with every item of the train part, so no negative can be drawn',
    );
  });

  it.each(['pointwise', 'pairwise'] as const)(
    'leaves out a user who has clicked everything, %s',
    (pairing) => {
      const all = [0, 1, 2].map((item): PartRow => [0, item, item, 1, 'train']);
      const one: PartRow[] = [[1, 2, 0, 1, 'train']];
      const { anchor, item, label } = choose(
        { kind: 'uniform', count: 1 },
        pairing,
        0,
        preparedAt([...all, ...one]),
      );
      expect([...anchor]).toEqual([3, 3]); // the row of the other user, who has 0 and 1 left
      expect([...label]).toEqual([1, 0]);
      expect(item[0]).toBe(2);
      expect([0, 1]).toContain(item[1]);
    },
  );

  it.each(['pointwise', 'pairwise'] as const)('cold start, %s: never an item outside of train', (pairing) => {
    const random = randomStream('cold start');
    const rows = Array.from({ length: 30 }, (_, user) =>
      Array.from({ length: 20 }, (_, i): Row => [user, random.int(50), i, random.int(2)]),
    ).flat();
    const split = { kind: 'itemColdStart', train: 0.7, validation: 0.2, seed: 1 } as const;
    const cold = prepare(storeOf(rows, 50), { label: 'is_click', split });
    const warm = new Set([...cold.split.train].map((row) => rows[row]![1]));
    expect(warm.size).toBe(28); // 35 of 50 items, without 7 of validation
    const { item, row } = choose({ kind: 'uniform', count: 4 }, pairing, 0, cold);
    const drawn = new Set([...item].filter((_, p) => row[p] === -1));
    expect(drawn).toEqual(warm); // thousands of draws from 28
  });

  it('a time split: an item that is only in test is not drawn, and nobody is left where all have clicked all others', () => {
    // Train part: floor(0.7 x 6) = 4 rows, the last of them validation.
    const rows = [0, 1, 2, 0, 3, 4].map((item, i): Row => [0, item, i, 1]);
    expect(() => choose({ kind: 'uniform', count: 1 }, 'pointwise', 0, prepared(rows, 6))).toThrow(
      'all users with a positive row have one with every item of the train part',
    );
    const other = [5, 5, 5, 5, 5, 5].map((item, i): Row => [1, item, i, 0]);
    const { item, row } = choose(
      { kind: 'uniform', count: 9 },
      'pointwise',
      0,
      prepared([...rows, ...other], 6),
    );
    expect(new Set([...item].filter((_, p) => row[p] === -1))).toEqual(new Set([5]));
  });
});

describe('popularity negatives', () => {
  // Items 0, 1, 2, 3 have 8, 4, 2 and 1 train rows; each user has two clicks in train. Item 4 is in test alone.
  const shown = [0, 0, 0, 0, 1, 1, 2, 3];
  const popular = preparedAt([
    ...shown.map((item, i): PartRow => [0, item, i, item === 3 || i === 0 ? 1 : 0, 'train']),
    ...[0, 0, 0, 0, 1, 1, 2].map((item, i): PartRow => [1, item, i, i > 4 ? 1 : 0, 'train']),
    [1, 4, 9, 1, 'test'],
    [2, 0, 1, 0, 'test'],
  ]);
  const counts = (alpha: number, user: number) => {
    const drawn = new Map<number, number>();
    for (let epoch = 0; epoch < 400; epoch++) {
      const negatives = { kind: 'popularity', count: 5, alpha } as const;
      const { anchor, item, row } = choose(negatives, 'pointwise', epoch, popular);
      item.forEach((one, p) => {
        if (row[p] !== -1 || popular.store.interactions.user[anchor[p]!] !== user) return;
        drawn.set(one, (drawn.get(one) ?? 0) + 1);
      });
    }
    return drawn;
  };

  // User 0 clicked items 0 and 3, so 1 and 2 are drawn, as 4^alpha to 2^alpha. User 1 clicked 1 and 2: 8^alpha to 1.
  it.each([
    [1, 4 / 6, 8 / 9],
    [0.5, Math.SQRT2 / (1 + Math.SQRT2), Math.sqrt(8) / (1 + Math.sqrt(8))],
    [2, 4 / 5, 64 / 65],
  ])('alpha %d: in proportion to the rows in train', (alpha, ofFirst, ofSecond) => {
    const first = counts(alpha, 0);
    const second = counts(alpha, 1);
    expect([...first.keys()].sort()).toEqual([1, 2]);
    expect([...second.keys()].sort()).toEqual([0, 3]);
    // 4,000 draws each.
    const deviation = (p: number) => 4 * Math.sqrt(4000 * p * (1 - p));
    expect(Math.abs(first.get(1)! - 4000 * ofFirst)).toBeLessThan(deviation(ofFirst));
    expect(Math.abs(second.get(0)! - 4000 * ofSecond)).toBeLessThan(deviation(ofSecond));
  });

  it('find the one item that is left, however rare it is', () => {
    // User 0 has clicked nine items of 1,000 train rows each; of the tenth there is one.
    const log = preparedAt([
      ...Array.from({ length: 9 }, (_, item): PartRow => [0, item, item, 1, 'train']),
      ...Array.from({ length: 9000 }, (_, i): PartRow => [1, i % 9, i, 0, 'train']),
      [2, 9, 0, 0, 'train'],
    ]);
    const { item, row } = choose({ kind: 'popularity', count: 2, alpha: 2 }, 'pointwise', 0, log);
    expect([...item].filter((_, p) => row[p] === -1)).toEqual(Array(18).fill(9));
  });

  it.each(['uniform', 'popularity'] as const)(
    '%s: never a positive of the user, nor an item outside of train',
    (kind) => {
      const part = fc.constantFrom('train', 'train', 'validation', 'test');
      const log = fc.array(fc.tuple(fc.nat(3), fc.nat(9), fc.nat(1), part), { minLength: 1, maxLength: 60 });
      fc.assert(
        fc.property(log, (events) => {
          const rows = events
            .sort((a, b) => a[0] - b[0])
            .map(([user, item, click, part], time): PartRow => [user, item, time, click, part]);
          const train = rows.filter((row) => row[4] === 'train');
          fc.pre(train.length > 0);
          const taken = new Set(train.filter((row) => row[3] === 1).map((row) => `${row[0]} ${row[1]}`));
          const negatives = kind === 'uniform' ? { kind, count: 3 } : { kind, count: 3, alpha: 1 };
          let pairs: PairList;
          try {
            pairs = choose(negatives, 'pointwise', 0, preparedAt(rows));
          } catch (error) {
            if (error instanceof UserError) return; // nothing to draw, or no positive
            throw error;
          }
          const warm = new Set(train.map((row) => row[1]));
          pairs.item.forEach((item, p) => {
            if (pairs.row[p] !== -1) return;
            expect(warm.has(item)).toBe(true);
            expect(taken.has(`${rows[pairs.anchor[p]!]![0]} ${item}`)).toBe(false);
          });
        }),
      );
    },
  );
});

it.each([0.5, 1.5])('refuses to pair each positive with %d negatives', (ratio) => {
  expect(() => choose({ kind: 'logged', ratio }, 'pairwise')).toThrow(
    `train.negatives.ratio is ${ratio}, and this model pairs each positive with that many negatives`,
  );
});

it('refuses to train on nothing', () => {
  const clicksOnly = prepared(Array.from({ length: 20 }, (_, i): Row => [0, i, i, 1]));
  expect(() => choose({ kind: 'logged', ratio: 'all' }, 'pairwise', 0, clicksOnly)).toThrow(
    'no pairs to train on',
  );
});
