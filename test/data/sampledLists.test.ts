import { describe, expect, it } from '@jest/globals';
import { candidateSampler, type SampledSpec, sampledLists } from '../../src/data/index.js';
import { fc } from '../support/property.js';
import { dataOf, type Row, smallData } from './fixture.js';

const uniform: SampledSpec = { kind: 'sampled', negatives: 2, by: 'uniform', seed: 1 };

describe('sampled candidates', () => {
  const draw = (row: number, change: Partial<SampledSpec> = {}) =>
    candidateSampler(smallData, { ...uniform, ...change })(row);

  it('are the positive, then distinct items that are no positive of the user in any part', () => {
    const candidates = draw(5);
    expect(candidates[0]).toBe(4);
    expect(new Set(candidates).size).toBe(3);
    for (const item of candidates.slice(1)) expect([0, 1, 6]).toContain(item);
  });

  it('are all there are where more are asked for', () => {
    expect(draw(6, { negatives: 99 })).toEqual(Int32Array.of(2, 0, 1, 6));
    expect(draw(10, { negatives: 99 })).toEqual(Int32Array.of(6, 0, 1, 2, 3, 4, 5));
  });

  it('are drawn among all but the positive itself where any may come', () => {
    // User 0 has positives 2 to 5; row 6 is that of item 2.
    expect(draw(6, { negatives: 99, among: 'any' })).toEqual(Int32Array.of(2, 0, 1, 3, 4, 5, 6));
    expect(draw(6, { negatives: 99, among: 'unobserved' })).toEqual(draw(6, { negatives: 99 }));
  });

  it('draws each equally often, by the seed and the row alone', () => {
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const item = draw(5, { negatives: 1, seed })[1]!;
      counts.set(item, (counts.get(item) ?? 0) + 1);
    }
    // 2,000 each with a standard deviation of 36.5.
    for (const item of [0, 1, 6]) expect(Math.abs(counts.get(item)! - 2000)).toBeLessThan(150);
    expect(draw(7, { seed: 8 })).toEqual(draw(7, { seed: 8 }));
  });

  it('make a list of every positive row of a part', () => {
    const lists = sampledLists(smallData, 'test', uniform);
    expect(lists.anchor).toEqual(Int32Array.of(5, 6, 7, 10));
    expect(lists.relevant).toEqual(Int32Array.of(1, 1, 1, 1));
    expect([0, 1, 2, 3].map((list) => lists.candidates(list))).toEqual([5, 6, 7, 10].map((row) => draw(row)));
  });
});

describe('candidates by popularity', () => {
  // Items 0, 1, 2, 3 have 6, 3, 1 and 0 train rows; of user 1 item 4 is to be found, and has none.
  const rows: Row[] = [
    ...[0, 0, 0, 0, 0, 0, 1, 1, 1, 2].map((item, i): Row => [0, item, i, i % 2]),
    [1, 4, 1, 1],
    [1, 3, 2, 0],
  ];
  const parts = rows.map((_, row) => (row < 10 ? 'train' : 'test') as 'train' | 'test');
  const data = dataOf(rows, parts, 5);
  const popular: SampledSpec = { ...uniform, by: 'popularity', negatives: 1 };

  it('are drawn in proportion to rows of the train part, and none without', () => {
    const counts = [0, 0, 0, 0, 0];
    const draws = 4000;
    for (let seed = 0; seed < draws; seed++) {
      counts[candidateSampler(data, { ...popular, seed })(10)[1]!]!++;
    }
    expect([counts[3], counts[4]]).toEqual([0, 0]);
    // Chi-square with 2 degrees of freedom is below 13.8 in 999 of 1,000 cases.
    const statistic = [6, 3, 1].reduce((sum, weight, i) => {
      const expected = (draws * weight) / 10;
      return sum + (counts[i]! - expected) ** 2 / expected;
    }, 0);
    expect(statistic).toBeLessThan(13.8);
  });

  // Two of three without replacement, by hand: P(0 and 1) = .6 x 3/4 + .3 x 6/7 = .707143,
  // P(0 and 2) = .6 x 1/4 + .1 x 6/9 = .216667, P(1 and 2) = .3 x 1/7 + .1 x 3/9 = .076190.
  it.each([
    ['by passing over what was drawn', data],
    // A second user with nothing but items of the first: only few of the pool are open, so clocks decide.
    ['by clocks', dataOf([...rows, ...known()], [...parts, ...known().map(() => 'train' as const)], 300)],
  ] as const)('come one after another, %s', (_, log) => {
    const row = log === data ? 10 : rows.length;
    const counts: Record<string, number> = { '0,1': 0, '0,2': 0, '1,2': 0 };
    const draws = 3000;
    for (let seed = 0; seed < draws; seed++) {
      counts[`${candidateSampler(log, { ...popular, negatives: 2, seed })(row).slice(1)}`]!++;
    }
    const expected = [0.707143, 0.216667, 0.07619].map((p) => p * draws);
    const statistic = Object.values(counts).reduce(
      (sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!,
      0,
    );
    expect(statistic).toBeLessThan(13.8);
  });

  /** Rows of a user with items 5 to 299, far more popular than the others, all positives of the user. */
  function known(): Row[] {
    return Array.from({ length: 295 }, (_, i) =>
      Array.from({ length: 40 }, (): Row => [2, 5 + i, 9, 1]),
    ).flat();
  }
});

it('are distinct, never a positive of the user, and as many as can be: both ways', () => {
  const log = fc.array(fc.tuple(fc.nat(3), fc.nat(9), fc.nat(1)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(log, fc.nat(12), fc.constantFrom('uniform', 'popularity'), (events, negatives, by) => {
      const rows = events
        .sort((a, b) => a[0] - b[0])
        .map(([user, item, click], time): Row => [user, item, time, click]);
      const data = dataOf(
        rows,
        rows.map(() => 'train'),
        10,
      );
      const candidatesOf = candidateSampler(data, { kind: 'sampled', negatives, by, seed: 1 });
      for (const row of rows.keys()) {
        const [user] = rows[row]!;
        const own = new Set(
          rows.filter((other) => other[0] === user && other[3] === 1).map((other) => other[1]),
        );
        const others = [...candidatesOf(row)].slice(1);
        expect(new Set(others).size).toBe(others.length);
        expect(others.some((item) => own.has(item))).toBe(false);
        const shown = new Set(rows.map((other) => other[1]));
        const open = by === 'uniform' ? 10 - own.size : [...shown].filter((item) => !own.has(item)).length;
        expect(others.length).toBe(Math.min(negatives, open));
      }
    }),
  );
});
