import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { type Assignment, draw, endsOf, Line, type Space, sizeOf, valueAt } from '../../src/sweeps/domain.js';
import { cellAt, samplerOf } from '../../src/sweeps/samplers.js';
import { effort } from '../support/index.js';
import { fc } from '../support/property.js';
import { range } from './range.js';

describe('domains', () => {
  it.each([
    [range(1, 8, { integer: true }), [1, 2, 3, 4, 5, 6, 7, 8]],
    [range(0.1, 0.7, { step: 0.2 }), [0.1, 0.3, 0.5, 0.7]],
    [range(0, 1, { step: 0.3 }), [0, 0.3, 0.6, 0.9]],
    [range(16, 64, { integer: true, step: 16 }), [16, 32, 48, 64]],
    [range(2, 4, { integer: true, log: true }), [2, 3, 4]],
    [{ values: ['a', null, [1]] }, ['a', null, [1]]],
  ])('%j has these values', (domain, values) => {
    expect(sizeOf(domain)).toBe(values.length);
    expect(values.map((_, i) => valueAt(domain, i))).toEqual(values);
    const ends = endsOf(domain).map(({ value }) => value);
    expect(ends).toEqual('values' in domain ? values : [values[0], values.at(-1)]);
  });

  it('without steps have no end of them', () => {
    expect(sizeOf(range(0, 1))).toBe(Number.POSITIVE_INFINITY);
    expect(endsOf(range(0.5, 1, { log: true }))).toEqual([
      { value: 0.5, at: ['low'] },
      { value: 1, at: ['high'] },
    ]);
  });

  it('give only values of theirs, and each step the same share of draws', () => {
    const random = randomStream('draws');
    const counts = new Map<unknown, number>();
    for (let i = 0; i < 8000; i++) {
      const value = draw(range(0, 0.7, { step: 0.1 }), random);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    // 1000 each; five deviations of a binomial count are 148.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(148);
    const logs = Array.from({ length: 4000 }, () => draw(range(1e-4, 1, { log: true }), random) as number);
    for (const limit of [1e-3, 1e-2, 1e-1]) {
      const share = (Math.log10(limit) + 4) / 4;
      const below = logs.filter((value) => value < limit).length;
      expect(Math.abs(below - 4000 * share)).toBeLessThan(5 * Math.sqrt(4000 * share * (1 - share)));
    }
  });

  it('lead from a place to the value that lies there, and keep to their ends', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 1.1, max: 1000, noNaN: true }),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (low, factor, log, share) => {
          const domain = range(low, low * factor, { log });
          const line = new Line(domain);
          const value = line.value(line.low + share * (line.high - line.low));
          expect(value).toBeGreaterThanOrEqual(domain.low);
          expect(value).toBeLessThanOrEqual(domain.high);
          expect(line.value(line.place(value)) / value).toBeCloseTo(1, 12);
        },
      ),
      { numRuns: 200 * effort },
    );
  });
});

const small: Space = {
  a: { values: ['x', 'y'] },
  b: range(1, 3, { integer: true }),
  c: range(0, 1, { step: 0.5 }),
};

describe('grid', () => {
  it('lists all combinations, the last option first', () => {
    const { size, assign } = samplerOf({ sampler: 'grid', space: small, seed: 1 });
    expect(size).toBe(18);
    const cells = Array.from({ length: size }, (_, i) => assign(i, [], []));
    expect(cells.slice(0, 4)).toEqual([
      { a: 'x', b: 1, c: 0 },
      { a: 'x', b: 1, c: 0.5 },
      { a: 'x', b: 1, c: 1 },
      { a: 'x', b: 2, c: 0 },
    ]);
    expect(cells.at(-1)).toEqual({ a: 'y', b: 3, c: 1 });
    expect(Object.keys(cells[0]!)).toEqual(['a', 'b', 'c']);
    expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(18);
    expect(cellAt(small, 5)).toEqual(cells[5]);
  });
});

describe('random', () => {
  const wide: Space = { ...small, d: range(0, 1) };

  it('is a function of seed and number, whatever came before', () => {
    for (const space of [small, wide]) {
      const { assign } = samplerOf({ sampler: 'random', space, seed: 7 });
      const forward = Array.from({ length: 10 }, (_, i) => assign(i, [], []));
      const backward = Array.from({ length: 10 }, (_, i) => assign(9 - i, forward, forward)).reverse();
      expect(backward).toEqual(forward);
      const other = samplerOf({ sampler: 'random', space, seed: 8 });
      expect(Array.from({ length: 10 }, (_, i) => other.assign(i, [], []))).not.toEqual(forward);
    }
  });

  it('tries no combination twice where they are few', () => {
    const { assign } = samplerOf({ sampler: 'random', space: small, seed: 1 });
    const cells = Array.from({ length: 18 }, (_, i) => JSON.stringify(assign(i, [], [])));
    expect(new Set(cells).size).toBe(18);
    const sorted = Array.from({ length: 18 }, (_, i) => JSON.stringify(cellAt(small, i)));
    expect(cells).not.toEqual(sorted);
    expect([...cells].sort()).toEqual([...sorted].sort());
  });

  it('draws each option apart', () => {
    const { assign } = samplerOf({ sampler: 'random', space: wide, seed: 1 });
    const fewer = samplerOf({ sampler: 'random', space: { d: wide.d! }, seed: 1 });
    expect(fewer.assign(3, [], [])).toEqual({ d: assign(3, [], []).d });
  });
});

describe('tpe', () => {
  it('tries every combination once, to the last, and again says the same', () => {
    const run = (): Assignment[] => {
      const { assign, size } = samplerOf({ sampler: 'tpe', space: small, seed: 1 });
      const tried: Assignment[] = [];
      for (let number = 0; number < size; number++) tried.push(assign(number, tried, tried));
      return tried;
    };
    const tried = run();
    expect(new Set(tried.map((one) => JSON.stringify(one))).size).toBe(18);
    expect(run()).toEqual(tried);
  });
});
