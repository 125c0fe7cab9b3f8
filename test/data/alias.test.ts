import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { AliasTable } from '../../src/data/alias.js';
import { fc } from '../support/property.js';

/** What the table stands for: each slot 1 / n, shared as it says. */
function chancesOf({ own, other }: AliasTable): number[] {
  const chances = new Array<number>(own.length).fill(0);
  own.forEach((share, slot) => {
    chances[slot]! += share / own.length;
    chances[other[slot]!]! += (1 - share) / own.length;
  });
  return chances;
}

describe('an alias table', () => {
  it('shares slots, by hand: of weights 1 and 3 the first slot is half its own', () => {
    const table = new AliasTable(Float64Array.of(1, 3));
    expect([...table.own]).toEqual([0.5, 1]);
    expect(table.other[0]).toBe(1);
  });

  it('stands for the weights exactly, whatever they are', () => {
    const weights = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(weights, (given) => {
        const sum = given.reduce((a, b) => a + b, 0);
        fc.pre(sum > 0);
        const chances = chancesOf(new AliasTable(Float64Array.from(given)));
        expect(given.every((weight, i) => Math.abs(chances[i]! - weight / sum) < 1e-12)).toBe(true);
      }),
    );
  });

  it('draws accordingly', () => {
    const weights = [5, 0, 1, 10, 4];
    const table = new AliasTable(Float64Array.from(weights));
    const random = randomStream('alias');
    const counts = weights.map(() => 0);
    for (let i = 0; i < 20_000; i++) counts[table.draw(random)]!++;
    expect(counts[1]).toBe(0);
    // Chi-square with 3 degrees of freedom is below 16.3 in 999 of 1,000 cases.
    const statistic = weights.reduce(
      (sum, weight, i) => (weight === 0 ? sum : sum + (counts[i]! - weight * 1000) ** 2 / (weight * 1000)),
      0,
    );
    expect(statistic).toBeLessThan(16.3);
  });

  it.each([[[]], [[0, 0]], [[1, Number.POSITIVE_INFINITY]], [[Number.NaN]]])('refuses %j', (weights) => {
    expect(() => new AliasTable(Float64Array.from(weights))).toThrow(RangeError);
  });
});
