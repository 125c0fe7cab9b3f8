import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { claimSchema } from '../../../src/config/index.js';
import {
  type ClaimPlan,
  type ClaimResult,
  type ClaimSetting,
  evaluateClaims,
  overallVerdict,
  partText,
  verdictText,
} from '../../../src/sweeps/claims/index.js';
import { projectRoot } from '../../support/index.js';
import { cellsOf, claimsOf, planOf, seedsTo } from './fixture.js';

interface Expected {
  readonly parts: readonly { mean: number; low: number; high: number; p: [number, number] }[];
  readonly holds: number;
  readonly fails: number;
  readonly adjusted: readonly [holds: number, fails: number];
  readonly verdict: string;
  readonly more: number | null;
}

/** Worked out by claims_reference.py beside it, with scipy and statsmodels. */
const reference = JSON.parse(
  readFileSync(join(projectRoot, 'test', 'sweeps', 'claims', 'claims.json'), 'utf8'),
) as {
  seeds: number[];
  values: Record<string, Record<string, number[]>>;
  claims: Record<string, Expected>;
  controls: Record<string, Expected>;
  simulated: Record<string, Expected>;
};

const published = { requires: { data: 'paper' }, value: 0.72, tolerance: 0.02 };
/** What claims_reference.py has, as a file states it. */
const stated = {
  orderChain: { type: 'order', rows: ['A', 'B', 'D'] },
  orderBoth: { type: 'order', rows: ['A', 'B'], metrics: ['gauc', 'logloss'] },
  orderSets: {
    type: 'order',
    above: ['A', 'B'],
    below: ['D', 'E'],
    control: { margin: 0.005 },
  },
  orderWrong: { type: 'order', rows: ['D', 'A'] },
  orderClose: { type: 'order', rows: ['B', 'C'], control: { margin: 0.003 } },
  atLeastPoints: { type: 'atLeast', row: 'A', over: 'D', by: 0.025 },
  atLeastRelative: {
    type: 'atLeast',
    row: 'A',
    over: 'D',
    by: 0.03,
    unit: 'relative',
    control: { margin: 0.05, unit: 'relative' },
  },
  atLeastTooMuch: { type: 'atLeast', row: 'A', over: 'D', by: 0.05, unit: 'relative' },
  atLeastLower: { type: 'atLeast', row: 'A', over: 'D', by: 0.02, metrics: ['logloss'] },
  nearRow: { type: 'near', row: 'B', reference: 'C', tolerance: 0.004 },
  nearRelative: {
    type: 'near',
    row: 'D',
    reference: 'E',
    tolerance: 0.01,
    unit: 'relative',
    metrics: ['logloss'],
  },
  nearValue: { type: 'near', row: 'A', ...published },
  nearFar: { type: 'near', row: 'A', ...published, value: 0.68 },
  best: { type: 'best', row: 'A', control: { margin: 0.03 } },
  bestAmong: { type: 'best', row: 'B', among: ['B', 'D', 'E'] },
  bestWrong: { type: 'best', row: 'C' },
  monotone: { type: 'monotone', rows: ['D', 'B', 'A'], direction: 'better' },
  monotoneWorse: { type: 'monotone', rows: ['A', 'B', 'D'], direction: 'worse' },
  monotoneGain: { type: 'monotone', rows: ['D', 'A'], over: ['E', 'B'], direction: 'better' },
  monotoneShrinks: { type: 'monotone', rows: ['A', 'D'], over: ['B', 'E'], direction: 'worse' },
  insignificant: { type: 'insignificant', row: 'D', over: ['E'], margin: 0.003 },
  insignificantRelative: { type: 'insignificant', row: 'D', over: ['E'], margin: 0.005, unit: 'relative' },
  insignificantWrong: { type: 'insignificant', row: 'A', over: ['B', 'C'], margin: 0.003 },
};

const plan: ClaimPlan = {
  axes: [],
  cells: ['A', 'B', 'C', 'D', 'E'].map((label) => ({ label, coordinates: {} })),
};

const setting = (change: Partial<ClaimSetting> = {}): ClaimSetting => ({
  seeds: reference.seeds,
  data: 'paper',
  control: false,
  simulated: false,
  mostSeeds: 10_000,
  looks: 1,
  nextLooks: change.looks ?? 1,
  ...change,
});

/** One claim about rows of gauc. */
function one(
  claim: object,
  rows: Readonly<Record<string, readonly (number | null)[]>>,
  change: Partial<ClaimSetting> = {},
  missing: Parameters<typeof cellsOf>[1] = {},
): ClaimResult {
  const cells = cellsOf({ gauc: rows }, missing);
  const seeds = seedsTo(Math.max(...Object.values(rows).map(({ length }) => length)));
  return evaluateClaims(
    claimsOf({ claim }),
    planOf(cells),
    cells,
    setting({ seeds, mostSeeds: 100, ...change }),
  )[0]!;
}

function expectSame(found: number, expected: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-8 * Math.abs(expected));
}

function expectReference(
  results: readonly ClaimResult[],
  expected: Readonly<Record<string, Expected>>,
): void {
  expect(results.map(({ id }) => id)).toEqual(Object.keys(expected));
  expect(Object.fromEntries(results.map(({ id, verdict, moreSeeds }) => [id, [verdict, moreSeeds]]))).toEqual(
    Object.fromEntries(Object.entries(expected).map(([id, { verdict, more }]) => [id, [verdict, more]])),
  );
  for (const { id, p, parts } of results) {
    const { holds, fails, adjusted, parts: theirs } = expected[id]!;
    expectSame(p!.raw.holds, holds);
    expectSame(p!.raw.fails, fails);
    expectSame(p!.adjusted.holds, adjusted[0]);
    expectSame(p!.adjusted.fails, adjusted[1]);
    expect(parts.length).toBe(theirs.length);
    for (const [i, part] of theirs.entries()) {
      const { mean, interval, p: sides } = parts[i]!;
      expectSame(mean!, part.mean);
      expectSame(interval!.low, part.low);
      expectSame(interval!.high, part.high);
      expectSame(sides!.for, part.p[0]);
      expectSame(sides!.against, part.p[1]);
    }
  }
}

describe('claims of every type', () => {
  const cells = cellsOf(reference.values);

  it("come to scipy's p, intervals, verdicts and numbers of seeds", () => {
    expectReference(evaluateClaims(claimsOf(stated), plan, cells, setting()), reference.claims);
  });

  it('as controls ask for the opposite', () => {
    const some = Object.fromEntries(Object.keys(reference.controls).map((id) => [id, stated[id as 'best']]));
    const results = evaluateClaims(claimsOf(some), plan, cells, setting({ control: true }));
    expectReference(results, reference.controls);
    expect(results.every(({ control, needs }) => control && needs === 'one')).toBe(true);
  });

  it('ask simulated data for an effect that counts', () => {
    const some = Object.fromEntries(Object.keys(reference.simulated).map((id) => [id, stated[id as 'best']]));
    const results = evaluateClaims(claimsOf(some), plan, cells, setting({ simulated: true }));
    expectReference(results, reference.simulated);
    expect(results.map(({ parts }) => partText(parts[0]!))).toEqual([
      'gauc: the gain of A over D is above 0 (below 0.005 it is none)',
      'gauc: the gain of A over B is above 0 (below 0.03 it is none)',
      'gauc: the gain of B over C is above 0 (below 0.003 it is none)',
      'gauc: the gain of A over D is above 3 %',
    ]);
  });

  it('come to the same whatever the order of claims and seeds', () => {
    const results = evaluateClaims(claimsOf(stated), plan, cells, setting());
    const seeds = reference.seeds.toReversed();
    const turned = evaluateClaims(claimsOf(stated).reverse(), plan, cells, setting({ seeds })).reverse();
    for (const [i, { p, verdict }] of results.entries()) {
      expect(turned[i]!.verdict).toBe(verdict);
      expectSame(turned[i]!.p!.adjusted.holds, p!.adjusted.holds);
    }
  });

  it('tell means, seeds and the effect', () => {
    const [{ parts }] = evaluateClaims(claimsOf({ near: stated.nearValue }), plan, cells, setting()) as [
      ClaimResult,
    ];
    const mean = reference.values.gauc!.A!.reduce((sum, value) => sum + value / 5, 0);
    expect(parts[0]).toMatchObject({
      seeds: 5,
      againstMean: 0.72,
      interval: { confidence: 0.9 },
      problem: null,
    });
    expectSame(parts[0]!.rowMean!, mean);
    expectSame(parts[0]!.effect!.d, parts[0]!.mean! / parts[0]!.sd!);
  });
});

it('equal gains are equal, whatever is left of them by rounding', () => {
  const rows = { A: [0.3, 0.7, 0.9], B: [0.2, 0.6, 0.8], C: [0.1, 0.1, 0.1], D: [0, 0, 0] };
  const grows = { type: 'monotone', rows: ['D', 'B'], over: ['C', 'A'], direction: 'better' };
  const [part] = one(grows, rows).parts;
  expect(part).toMatchObject({ mean: 0, sd: 0, p: { for: 1, against: 1 } });
});

it('several looks multiply p, and ask for more seeds', () => {
  const evaluated = (looks: number) =>
    evaluateClaims(claimsOf(stated), plan, cellsOf(reference.values), setting({ looks }));
  const once = evaluated(1);
  for (const [i, { p, verdict, moreSeeds }] of evaluated(4).entries()) {
    const before = once[i]!;
    expectSame(p!.adjusted.holds, Math.min(1, 4 * before.p!.adjusted.holds));
    expectSame(p!.adjusted.fails, Math.min(1, 4 * before.p!.adjusted.fails));
    if (before.verdict === 'undecided') {
      expect(verdict).toBe('undecided');
      expect(moreSeeds).toBeGreaterThan(before.moreSeeds!);
    }
  }
});

describe('an axis', () => {
  const points = [1, 2, 4];
  const grid: ClaimPlan = {
    axes: [
      { name: 'layers', values: points },
      { name: 'depth', values: ['low', 'middle', 'high'] },
      { name: 'factors', values: [16, 32] },
    ],
    cells: [
      ...[16, 32].flatMap((factors) =>
        // Out of order, as conditions may leave them.
        [4, 1, 2].map((layers) => ({
          label: `${factors}/${layers}`,
          coordinates: { layers, depth: ['low', 'middle', 'high'][points.indexOf(layers)], factors },
        })),
      ),
      { label: 'NCF', coordinates: {} },
    ],
  };
  const rows = (claim: object) => {
    const values = Object.fromEntries(grid.cells.map(({ label }) => [label, [0.5, 0.6]]));
    const [{ parts }] = evaluateClaims(
      claimsOf({ claim }),
      grid,
      cellsOf({ gauc: values }),
      setting({ seeds: [1, 2] }),
    ) as [ClaimResult];
    return parts.map(({ row, against }) => `${row} > ${against}`);
  };

  it('is a chain for each value of the others, in its own order', () => {
    expect(rows({ type: 'monotone', axis: 'layers', direction: 'better' })).toEqual([
      '16/2 > 16/1',
      '16/4 > 16/2',
      '32/2 > 32/1',
      '32/4 > 32/2',
    ]);
    expect(rows({ type: 'monotone', axis: 'layers', direction: 'worse', where: { factors: 32 } })).toEqual([
      '32/1 > 32/2',
      '32/2 > 32/4',
    ]);
  });

  it('may go together with another', () => {
    expect(rows({ type: 'best', axis: 'depth', point: 'middle', where: { factors: 16 } })).toEqual([
      '16/2 > 16/1',
      '16/2 > 16/4',
    ]);
  });

  it('has a best point in each slice, and none outside of it', () => {
    expect(rows({ type: 'best', axis: 'layers', point: 2 })).toEqual([
      '16/2 > 16/1',
      '16/2 > 16/4',
      '32/2 > 32/1',
      '32/2 > 32/4',
    ]);
    expect(rows({ type: 'best', row: 'NCF' })).toHaveLength(6);
  });
});

describe('what is not there', () => {
  const order = { type: 'order', rows: ['A', 'B'] };
  const A = [0.7, 0.71, 0.72];
  const B = [0.6, 0.61, 0.625];

  it('of one seed nothing is said, and one more is asked for', () => {
    const result = one(order, { A: [0.7], B: [0.6] });
    expect(result).toMatchObject({ verdict: 'undecided', moreSeeds: 1, p: null });
    expect(result.parts[0]).toMatchObject({
      mean: expect.closeTo(0.1, 12),
      sd: null,
      interval: null,
      p: null,
    });
    expect(verdictText(result)).toBe('undecided (needs 1 more seed)');
  });

  it('a broken run leaves a claim undecided, however good the others are', () => {
    const missing = { A: { 2: 'diverged in epoch 1 at step 7' } };
    const result = one(order, { A, B }, {}, missing);
    expect(result).toMatchObject({ verdict: 'undecided', moreSeeds: null, p: null });
    expect(verdictText(result)).toBe('undecided (A, seed 2: diverged in epoch 1 at step 7)');
    const none = cellsOf({ gauc: { B } });
    const cells = [...none, { label: 'A', values: new Map(), missing: new Map() }];
    const [all] = evaluateClaims(claimsOf({ order }), plan, cells, setting({ seeds: [1, 2, 3] }));
    expect(all!.reason).toBe(
      'A, seed 1: there is no finished run; A, seed 2: there is no finished run; and 1 more',
    );
  });

  it.each([null, Number.NaN])('so does a metric that is %p', (value) => {
    const result = one(order, { A: [0.7, value, 0.72], B });
    expect(verdictText(result)).toBe('undecided (A, seed 2: gauc is undefined)');
  });

  it('a claim that cannot be tested still counts for Holm', () => {
    const cells = cellsOf({ gauc: { A, B, C: A } }, { C: { 1: 'failed' } });
    const claims = claimsOf({ order, broken: { type: 'order', rows: ['C', 'B'] } });
    const [first, second] = evaluateClaims(claims, plan, cells, setting({ seeds: [1, 2, 3] }));
    expectSame(first!.p!.adjusted.holds, 2 * first!.p!.raw.holds);
    expect(second!.verdict).toBe('undecided');
  });

  it('nothing is relative to 0', () => {
    const result = one(
      { type: 'atLeast', row: 'A', over: 'B', by: 0.1, unit: 'relative' },
      { A, B: [0, 0.6, 0.7] },
    );
    expect(verdictText(result)).toBe('undecided (nothing is relative to a gauc of 0)');
  });
});

describe('differences without spread', () => {
  const order = { type: 'order', rows: ['A', 'B'] };
  const of = (n: number, value: number) => Array<number>(n).fill(value);

  it('are decided by the sign test', () => {
    const four = one(order, { A: of(4, 0.7), B: of(4, 0.6) });
    expect(four.p!.raw).toEqual({ holds: 1 / 16, fails: 1 });
    expect(four).toMatchObject({ verdict: 'undecided', moreSeeds: 1 });
    expect(one(order, { A: of(5, 0.7), B: of(5, 0.6) })).toMatchObject({ verdict: 'holds' });
    expect(one(order, { A: of(5, 0.6), B: of(5, 0.7) })).toMatchObject({ verdict: 'fails' });
  });

  it('say nothing where there is no difference', () => {
    const equal = one(order, { A: of(9, 0.7), B: of(9, 0.7) });
    expect(verdictText(equal)).toBe('undecided (A and B have the same gauc with every seed)');
    const near = { type: 'near', row: 'A', reference: 'B', tolerance: 0.01 };
    expect(one(near, { A: of(9, 0.7), B: of(9, 0.7) })).toMatchObject({ verdict: 'holds' });
    const atLeast = { type: 'atLeast', row: 'A', over: 'B', by: 0.1 };
    expect(verdictText(one(atLeast, { A: of(9, 0.7), B: of(9, 0.6) }))).toBe(
      'undecided (with every seed the difference is the threshold itself: gauc: the gain of A over B is above 0.1)',
    );
  });
});

describe('what a claim is made for', () => {
  const rows = { A: [0.7, 0.71, 0.705], B: [0.6, 0.61, 0.6] };

  it('other data: it does not apply', () => {
    const near = {
      type: 'near',
      row: 'A',
      value: 0.7,
      tolerance: 0.1,
      requires: { data: ['paper', 'other'] },
    };
    expect(one(near, rows).verdict).toBe('holds');
    expect(one(near, rows, { data: 'other' }).verdict).toBe('holds');
    expect(verdictText(one(near, rows, { data: 'simulated' }))).toBe(
      'not applicable (it is made for paper, other, not for simulated)',
    );
    expect(verdictText(one(near, rows, { data: null }))).toBe(
      'not applicable (it is made for paper, other, not for these data)',
    );
  });

  it('a control: claims without a margin or an effect do not apply', () => {
    const control = { control: true };
    const order = { type: 'order', rows: ['A', 'B'] };
    expect(verdictText(one(order, rows, control))).toBe(
      'not applicable (it names no margin for its control)',
    );
    for (const claim of [
      { type: 'near', row: 'A', reference: 'B', tolerance: 0.1 },
      { type: 'insignificant', row: 'B', over: ['A'], margin: 0.1 },
    ]) {
      expect(verdictText(one(claim, rows, control))).toBe(
        'not applicable (it states no effect that could be absent)',
      );
    }
  });

  it('people: it is listed and does not count', () => {
    const { metrics: _, ...seen } = {
      metrics: [],
      id: 'seen',
      statement: 'cheap',
      type: 'qualitative',
      seenIn: 'times',
    };
    const [result] = evaluateClaims([claimSchema.parse(seen)], plan, [], setting());
    expect(result).toMatchObject({ verdict: 'qualitative', reason: 'times', parts: [], p: null });
    expect(verdictText(result!)).toBe('qualitative');
    expect(overallVerdict([result!])).toBe('holds');
  });

  it('more seeds than are ever asked for are not named', () => {
    const order = { type: 'order', rows: ['A', 'B'] };
    const close = { A: [0.7, 0.71, 0.72], B: [0.71, 0.7, 0.7199] };
    expect(verdictText(one(order, close))).toBe('undecided (more than 100 seeds would be needed)');
  });
});

it('verdicts together', () => {
  const of = (...verdicts: ClaimResult['verdict'][]) =>
    overallVerdict(verdicts.map((verdict) => ({ verdict }) as ClaimResult));
  expect(of()).toBe('holds');
  expect(of('holds', 'qualitative', 'not applicable')).toBe('holds');
  expect(of('holds', 'undecided')).toBe('undecided');
  expect(of('undecided', 'fails', 'holds')).toBe('fails');
});

it('the example of docs/claims.md, by scipy', () => {
  const rows = {
    SCAA: [0.712, 0.709, 0.714, 0.711, 0.713],
    SCAA_s: [0.7105, 0.71, 0.7125, 0.7115, 0.711],
    ALPINE: [0.701, 0.7, 0.706, 0.699, 0.704],
  };
  const order = one({ type: 'order', rows: ['SCAA', 'ALPINE'] }, rows);
  expect(order.verdict).toBe('holds');
  expectSame(order.p!.raw.holds, 9.138988074797667e-5);
  expectSame(order.parts[0]!.interval!.low, 0.008233418949112283);
  expectSame(order.parts[0]!.effect!.g!, 4.758655386578833);
  const close = one({ type: 'order', rows: ['SCAA', 'SCAA_s'] }, rows);
  expectSame(close.p!.raw.holds, 0.15553038366719493);
  expect(verdictText(close)).toBe('undecided (needs 8 more seeds)');
  const looks = one({ type: 'order', rows: ['SCAA', 'SCAA_s'] }, rows, { looks: 4 });
  expect(verdictText(looks)).toBe('undecided (needs 17 more seeds)');
  const gain = { type: 'atLeast', row: 'SCAA', over: 'ALPINE', unit: 'relative' };
  const small = one({ ...gain, by: 0.01 }, rows);
  expectSame(small.p!.raw.holds, 0.010279487721919257);
  expectSame(small.parts[0]!.mean!, 0.01396638585172108);
  const large = one({ ...gain, by: 0.02 }, rows);
  expectSame(large.p!.raw.fails, 0.0024144038566501487);
  expect([small.verdict, large.verdict]).toEqual(['holds', 'fails']);
  const near = one({ type: 'near', row: 'SCAA', reference: 'SCAA_s', tolerance: 0.003 }, rows);
  expectSame(near.p!.raw.holds, 0.009494615746255208);
  const best = one({ type: 'best', row: 'SCAA' }, rows);
  expectSame(best.p!.raw.holds, close.p!.raw.holds);
  expect([near.verdict, best.verdict]).toEqual(['holds', 'undecided']);
});

it('parts in words', () => {
  const words = (id: keyof typeof stated) =>
    evaluateClaims(claimsOf({ [id]: stated[id] }), plan, cellsOf(reference.values), setting())[0]!.parts.map(
      partText,
    );
  expect(words('orderClose')).toEqual(['gauc: the gain of B over C is above 0']);
  expect(words('atLeastRelative')).toEqual(['gauc: the gain of A over D is above 3 %']);
  expect(words('nearValue')).toEqual(['gauc: A less 0.72 is above -0.02', 'gauc: A less 0.72 is below 0.02']);
  expect(words('monotoneGain')).toEqual(['gauc: the gain of A over B, less that of D over E, is above 0']);
});
