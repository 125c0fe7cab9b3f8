import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../../src/base/index.js';
import { type ClaimSetting, evaluateClaims } from '../../../src/sweeps/claims/index.js';
import { effort } from '../../support/index.js';
import { cellsOf, claimsOf, planOf, seedsTo } from './fixture.js';

const setting = (change: Pick<ClaimSetting, 'seeds'> & Partial<ClaimSetting>): ClaimSetting => ({
  data: null,
  control: false,
  simulated: false,
  mostSeeds: 1,
  looks: 1,
  nextLooks: 1,
  ...change,
});

describe('false verdicts on normal differences', () => {
  const runs = 200 * effort;
  const n = 4;
  /** Rows whose means are given, by runs; seeds move all rows alike, too. */
  function* tables(
    means: Readonly<Record<string, number>>,
    key: string,
  ): Generator<Record<string, number[]>> {
    for (let run = 0; run < runs; run++) {
      const random = randomStream('claims', key, run);
      const shared = seedsTo(n).map(() => random.normal());
      yield Object.fromEntries(
        Object.entries(means).map(([row, mean]) => [
          row,
          shared.map((moved) => 0.7 + 0.01 * (mean + 2 * moved + random.normal())),
        ]),
      );
    }
  }
  /** Share of tables in which some claim comes to the verdict. */
  function share(
    verdict: string,
    claims: Readonly<Record<string, object>>,
    means: Readonly<Record<string, number>>,
    change: Partial<ClaimSetting> = {},
  ): number {
    const parsed = claimsOf(claims);
    let count = 0;
    for (const table of tables(means, verdict + Object.keys(claims).join())) {
      const cells = cellsOf({ gauc: table });
      const results = evaluateClaims(parsed, planOf(cells), cells, setting({ seeds: seedsTo(n), ...change }));
      if (results.some((result) => result.verdict === verdict)) count++;
    }
    return count / runs;
  }
  /** Four standard errors above 0.05. */
  const most = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs);

  it('are rare where there is no effect: one claim of each type', () => {
    const order = { order: { type: 'order', rows: ['A', 'B'] } };
    expect(share('holds', order, { A: 0, B: 0 })).toBeLessThan(most);
    expect(share('fails', order, { A: 0, B: 0 })).toBeLessThan(most);
    const near = { near: { type: 'near', row: 'A', reference: 'B', tolerance: 0.03 } };
    expect(share('holds', near, { A: 3, B: 0 })).toBeLessThan(most);
    expect(share('fails', near, { A: 3, B: 0 })).toBeLessThan(most);
    const best = { best: { type: 'best', row: 'A' } };
    expect(share('holds', best, { A: 3, B: 0, C: 3 })).toBeLessThan(most);
    expect(share('fails', best, { A: 3, B: 3, C: 3, D: 3 })).toBeLessThan(most);
    const control = { control: { type: 'best', row: 'A', control: { margin: 0.03 } } };
    expect(share('holds', control, { A: 3, B: 0, C: 0 }, { control: true })).toBeLessThan(most);
    expect(share('fails', control, { A: 3, B: 0, C: 0 }, { control: true })).toBeLessThan(most);
  });

  it('are rare while seeds are added, too', () => {
    const looks = [3, 5, 8, 12];
    const claims = claimsOf({ order: { type: 'order', rows: ['A', 'B'] } });
    let count = 0;
    for (let run = 0; run < runs; run++) {
      const random = randomStream('looks', run);
      const cells = cellsOf({
        gauc: Object.fromEntries(['A', 'B'].map((row) => [row, seedsTo(12).map(() => random.normal())])),
      });
      const holds = looks.some((seeds) => {
        const change = { seeds: seedsTo(seeds), looks: looks.length };
        return evaluateClaims(claims, planOf(cells), cells, setting(change))[0]!.verdict === 'holds';
      });
      if (holds) count++;
    }
    expect(count / runs).toBeLessThan(most);
  });

  it('are rare over a whole table of claims', () => {
    const claims = Object.fromEntries(
      ['B', 'C', 'D', 'E', 'F'].map((row) => [row, { type: 'order', rows: ['A', row] }]),
    );
    const even = Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F'].map((row) => [row, 0]));
    expect(share('holds', claims, even)).toBeLessThan(most);
    expect(share('fails', claims, even)).toBeLessThan(most);
  });

  it('true ones are common where the effect is large', () => {
    expect(share('holds', { order: { type: 'order', rows: ['A', 'B'] } }, { A: 6, B: 0 })).toBeGreaterThan(
      0.9,
    );
    expect(share('fails', { order: { type: 'order', rows: ['A', 'B'] } }, { A: 0, B: 6 })).toBeGreaterThan(
      0.9,
    );
    const near = { near: { type: 'near', row: 'A', reference: 'B', tolerance: 0.08 } };
    expect(share('holds', near, { A: 0, B: 0 })).toBeGreaterThan(0.9);
    const control = { order: { type: 'order', rows: ['A', 'B'], control: { margin: 0.06 } } };
    expect(share('holds', control, { A: 0, B: 0 }, { control: true })).toBeGreaterThan(0.9);
    expect(share('fails', control, { A: 12, B: 0 }, { control: true })).toBeGreaterThan(0.9);
  });
});
