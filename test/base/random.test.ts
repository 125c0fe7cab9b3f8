import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { fc } from '../support/property.js';

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((v) => (v - centre) ** 2));
}

/** Pearson's statistic of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = mean(counts);
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
function countBy(values: readonly (number | string)[]): number[] {
  const counts = new Map<number | string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()];
}

describe('randomStream', () => {
  // First outputs of a Python program with the same key hash and sfc32, in Python's unbounded integers.
  it.each<[(string | number)[], number[]]>([
    [
      [1, 'dropout', 0, 7],
      [2257959938, 1658865375, 2510312290, 1965976187],
    ],
    [[], [2984002371, 3992359613, 4132804659, 1065830332]],
    [['ü'], [1321737004, 1336297797, 2631744747, 3085457685]],
  ])('of the key %j', (key, expected) => {
    const stream = randomStream(...key);
    expect(draw(4, () => stream.uint32())).toEqual(expected);
  });

  it('is a function of its key, whose parts and types are told apart', () => {
    const first = (...key: (string | number)[]) => randomStream(...key).uint32();
    expect(first(1, 'a')).toBe(first(1, 'a'));
    const keys = [[1, 23], [12, 3], ['1', 23], [1, '23'], [123], ['123'], [23, 1], [], [0], [-1], [0.5], [1]];
    expect(new Set(keys.map((key) => first(...key))).size).toBe(keys.length);
  });

  it('gives unrelated streams for neighbouring keys', () => {
    const firsts = draw(
      20_000,
      (() => {
        let step = 0;
        return () => randomStream(1, 'dropout', step++).uniform();
      })(),
    );
    expect(mean(firsts)).toBeCloseTo(0.5, 1);
    expect(variance(firsts)).toBeCloseTo(1 / 12, 2);
    const neighbours = mean(firsts.slice(1).map((value, i) => (value - 0.5) * (firsts[i]! - 0.5)));
    expect(Math.abs(neighbours * 12)).toBeLessThan(4 / Math.sqrt(20_000)); // 4 standard errors
  });

  // Bounds: the 99.99 % quantiles of chi square (scipy.stats.chi2.ppf(0.9999, df)).
  it('draws integers uniformly', () => {
    const stream = randomStream('int');
    const int = (n: number) => stream.int(n);
    expect(chiSquare(countBy(draw(30_000, () => int(10))))).toBeLessThan(33.72); // df 9
    const large = draw(1000, () => int(3_000_000_000));
    expect(Math.min(...large)).toBeLessThan(2 ** 26);
    expect(Math.max(...large)).toBeGreaterThan(2.9e9);
    expect(int(1)).toBe(0);
  });

  it.each([0, -1, 2 ** 32 + 1, Number.NaN])('refuses int(%d)', (n) => {
    expect(() => randomStream().int(n)).toThrow(RangeError);
  });

  it('draws uniform and normal numbers of the right moments', () => {
    const stream = randomStream('moments');
    const uniform = draw(50_000, () => stream.uniform());
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(mean(uniform)).toBeCloseTo(0.5, 2);
    expect(variance(uniform)).toBeCloseTo(1 / 12, 2);
    const normal = draw(50_000, () => stream.normal());
    expect(Math.abs(mean(normal))).toBeLessThan(0.02);
    expect(variance(normal)).toBeCloseTo(1, 1);
    expect(mean(normal.map((v) => v ** 4))).toBeCloseTo(3, 0);
  });

  it('shuffles every order alike', () => {
    const stream = randomStream('shuffle');
    const orders = Array.from({ length: 12_000 }, () => stream.shuffle([1, 2, 3]).join());
    expect(countBy(orders)).toHaveLength(6);
    expect(chiSquare(countBy(orders))).toBeLessThan(25.74); // df 5
  });

  it('samples distinct integers in rising order, every subset alike', () => {
    const stream = randomStream('sample');
    const subsets = Array.from({ length: 12_000 }, () => stream.sample(5, 2).join());
    expect(countBy(subsets)).toHaveLength(10);
    expect(chiSquare(countBy(subsets))).toBeLessThan(33.72); // df 9
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (n, k) => {
        const chosen = [...stream.sample(n, k)];
        expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
        expect(chosen).toHaveLength(Math.min(n, k));
        expect(chosen.every((i) => i >= 0 && i < n)).toBe(true);
      }),
    );
  });

  it("samples as Floyd's algorithm says, few of many and many of few", () => {
    const floyd = (n: number, k: number): number[] => {
      const stream = randomStream('floyd', n, k);
      const chosen = new Set<number>();
      for (let j = n - k; j < n; j++) {
        const candidate = stream.int(j + 1);
        chosen.add(chosen.has(candidate) ? j : candidate);
      }
      return [...chosen].sort((a, b) => a - b);
    };
    for (const [n, k] of [
      [300, 160],
      [640, 10],
      [641, 10],
      [1_000_000, 3],
    ] as const) {
      expect([...randomStream('floyd', n, k).sample(n, k)]).toEqual(floyd(n, k));
    }
  });
});
