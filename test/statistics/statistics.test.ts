import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { quantile } from '../../src/statistics/bootstrap.js';
import { studentCdf, studentQuantile } from '../../src/statistics/distributions.js';
import {
  effectSize,
  holm,
  meanInterval,
  normalCdf,
  normalDensity,
  pairedBootstrap,
  pairedTTest,
  summarize,
  tTest,
  valuesToReject,
} from '../../src/statistics/index.js';
import { effort, projectRoot } from '../support/index.js';
import { fc } from '../support/property.js';

const alternatives = ['two-sided', 'greater', 'less'] as const;
type Sides = Record<(typeof alternatives)[number], number>;

/** Worked out by statistics_reference.py beside it, with scipy, statsmodels and mpmath. */
const reference = JSON.parse(
  readFileSync(join(projectRoot, 'test', 'statistics', 'statistics.json'), 'utf8'),
) as {
  student: Record<'cdf' | 'quantile', [x: number, dof: number, expected: number][]>;
  normal: [x: number, expected: number][];
  one: {
    values: number[];
    against: number;
    mean: number;
    sd: number;
    t: number;
    p: Sides;
    intervals: [confidence: number, low: number, high: number][];
    d: number;
    g: number | null;
  }[];
  paired: { a: number[]; b: number[]; against: number; t: number; p: Sides }[];
  holm: { p: number[]; adjusted: number[] }[];
  bootstrap: Record<'weight' | 'a' | 'b', number[]> &
    Record<'difference' | 'sd' | 'p', number> &
    Record<'percentile' | 'BCa', [low: number, high: number]>;
  quantiles: [share: number, expected: number][];
  sizes: { mean: number; sd: number; alpha: number; n: number }[];
};

function expectClose(found: number | undefined | null, expected: number, relative: number): void {
  expect(Math.abs(found! - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
}

describe('distributions', () => {
  it("Student's t to 1e-10", () => {
    for (const [t, dof, expected] of reference.student.cdf) expectClose(studentCdf(t, dof), expected, 2e-12);
    for (const [p, dof, expected] of reference.student.quantile) {
      expectClose(studentQuantile(p, dof), expected, 1e-10);
    }
  });

  it('at its ends', () => {
    expect([studentCdf(Number.POSITIVE_INFINITY, 3), studentCdf(Number.NEGATIVE_INFINITY, 3)]).toEqual([
      1, 0,
    ]);
    expect([studentCdf(1e155, 3), studentCdf(-1e155, 3)]).toEqual([1, 0]);
    for (const p of [0, 1, Number.NaN]) expect(() => studentQuantile(p, 3)).toThrow(RangeError);
  });

  it('the normal', () => {
    for (const [x, expected] of reference.normal) expectClose(normalCdf(x), expected, 2e-13);
    expect(normalDensity(0)).toBeCloseTo(0.3989422804014327, 15);
  });
});

describe('one sample', () => {
  it.each(reference.one)('%#, against $against, is as scipy has it', (expected) => {
    const { values, against } = expected;
    const { mean, sd } = summarize(values);
    expectClose(mean, expected.mean, 1e-12);
    expectClose(sd, expected.sd, 1e-12);
    for (const alternative of alternatives) {
      const test = tTest(values, { against, alternative });
      expectClose(test?.t, expected.t, 1e-9);
      expectClose(test?.p, expected.p[alternative], 1e-9);
      expect(test?.dof).toBe(values.length - 1);
    }
    for (const [confidence, low, high] of expected.intervals) {
      const interval = meanInterval(values, confidence);
      expectClose(interval?.low, low, 1e-10);
      expectClose(interval?.high, high, 1e-10);
    }
    const effect = effectSize(values);
    expectClose(effect?.d, expected.d, 1e-10);
    if (expected.g === null) expect(effect?.g).toBeNull();
    else expectClose(effect?.g, expected.g, 1e-10);
  });

  it('of one value has no deviation, interval or test; of none no mean', () => {
    expect(summarize([0.7])).toEqual({ n: 1, mean: 0.7, sd: null });
    expect([meanInterval([0.7]), tTest([0.7]), effectSize([0.7]), pairedTTest([1], [2])]).toEqual(
      Array(4).fill(null),
    );
    expect(summarize([])).toEqual({ n: 0, mean: Number.NaN, sd: null });
  });

  it('of what is not finite is refused', () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => summarize([0.1, wrong])).toThrow('among 2 values');
      expect(() => tTest([0.1, wrong])).toThrow(RangeError);
    }
  });

  it('of equal values: no difference at all speaks for nothing, another one for its side', () => {
    for (const alternative of alternatives) {
      expect(pairedTTest([0.7, 0.6, 0.5], [0.7, 0.6, 0.5], { alternative })).toMatchObject({ t: 0, p: 1 });
    }
    const p = (values: number[], against: number) =>
      alternatives.map((alternative) => tTest(values, { against, alternative })!.p);
    expect(p([0.2, 0.2, 0.2], 0.1)).toEqual([0, 0, 1]);
    expect(p([0.2, 0.2, 0.2], 0.3)).toEqual([0, 1, 0]);
    // 0.712 - 0.689 is 0.02300000000000002 in floating point.
    const difference = 0.712 - 0.689;
    expect(p([difference, difference], 0.023)).toEqual([1, 1, 1]);
    expect(p([0.712 - 0.689, 0.523 - 0.5, 0.123 - 0.1], 0.023)).toEqual([1, 1, 1]);
    expect(meanInterval([0.2, 0.2])).toEqual({ low: 0.2, high: 0.2, confidence: 0.95 });
    expect(effectSize([0.2, 0.2])).toBeNull();
  });
});

describe('pairs', () => {
  it.each(reference.paired)('%#, against $against, are as scipy has them', ({ a, b, against, t, p }) => {
    for (const alternative of alternatives) {
      const test = pairedTTest(a, b, { against, alternative });
      expectClose(test?.t, t, 1e-8);
      expectClose(test?.p, p[alternative], 1e-8);
    }
  });

  it('need partners', () => {
    expect(() => pairedTTest([1, 2], [1])).toThrow('2 values cannot be paired with 1');
  });
});

describe('Holm', () => {
  it.each(reference.holm)('%# is as statsmodels has it', ({ p, adjusted }) => {
    const found = holm(p);
    adjusted.forEach((expected, i) => {
      expectClose(found[i], expected, 1e-12);
    });
  });

  it('counts tests that could not be made', () => {
    expect(holm([0.01, null, 0.03])).toEqual([0.03, null, 0.06]);
    expect(holm([])).toEqual([]);
  });
});

it('how many values would reject is the first n at which scipy says so', () => {
  for (const { n, ...request } of reference.sizes) {
    expect(valuesToReject({ ...request, least: 2, most: 1000 })).toBe(n);
    expect(valuesToReject({ ...request, least: n + 3, most: 1000 })).toBe(n + 3);
    expect(valuesToReject({ ...request, least: 2, most: n - 1 })).toBeNull();
  }
  const request = { alpha: 0.05, least: 2, most: 100 };
  expect(valuesToReject({ ...request, mean: 0, sd: 0.1 })).toBeNull();
  expect(valuesToReject({ ...request, mean: 0, sd: 0 })).toBeNull();
  expect(valuesToReject({ ...request, mean: 0.1, sd: 0 })).toBe(2);
});

describe('bootstrap', () => {
  const { weight, a, b, sd, percentile, ...expected } = reference.bootstrap;
  const user = Int32Array.from(a.keys());
  const [first, second] = [
    { user, value: a, weight },
    { user, value: b, weight },
  ];

  it("comes to scipy's interval and p, within the noise of its resamples", () => {
    const resamples = 20_000;
    const found = pairedBootstrap(first, second, { resamples });
    expectClose(found.difference, expected.difference, 1e-12);
    // Standard error of a percentile: sqrt(q (1 - q) / B) / density, here of a normal; four of them.
    const error = (4 * Math.sqrt((0.025 * 0.975) / resamples)) / 0.0584;
    expect(Math.abs(found.interval.low - percentile[0])).toBeLessThan(error * sd);
    expect(Math.abs(found.interval.high - percentile[1])).toBeLessThan(error * sd);
    expect(Math.abs(found.p - expected.p)).toBeLessThan(4 * 2 * Math.sqrt(0.0035 / resamples));
    expect(found).toMatchObject({ users: 60, resamples, interval: { confidence: 0.95 } });
  });

  it('is a function of its seed, and the mirror of itself', () => {
    const options = { resamples: 200, seed: 3 };
    expect(pairedBootstrap(first, second, options)).toEqual(pairedBootstrap(first, second, options));
    expect(pairedBootstrap(first, second, { ...options, seed: 4 })).not.toEqual(
      pairedBootstrap(first, second, options),
    );
    const there = pairedBootstrap(first, second, options);
    const back = pairedBootstrap(second, first, options);
    expect(back.difference).toBeCloseTo(-there.difference, 15);
    expect(back.interval.low).toBeCloseTo(-there.interval.high, 15);
    expect(back.p).toBe(there.p);
  });

  it('a larger confidence is a wider interval', () => {
    const width = (confidence: number) => {
      const { low, high } = pairedBootstrap(first, second, { resamples: 500, confidence }).interval;
      return high - low;
    };
    expect(width(0.99)).toBeGreaterThan(width(0.9));
  });

  it('of a run with itself is certain that there is no difference', () => {
    const { difference, interval, p } = pairedBootstrap(first, first, { resamples: 100 });
    expect([difference, interval.low, interval.high, p]).toEqual([0, 0, 0, 1]);
  });

  it('refuses other users, other weights and none', () => {
    const others = { ...second, user: Int32Array.from(user, (u) => u + 1) };
    expect(() => pairedBootstrap(first, others)).toThrow('on 60 and 60 users, 59 of them in both');
    expect(() => pairedBootstrap(first, { ...second, weight: weight.map((w) => w + 1) })).toThrow(
      'different users or rows',
    );
    const none = { user: new Int32Array(0), value: [], weight: [] };
    expect(() => pairedBootstrap(none, none)).toThrow('no user has a value');
  });

  it("interpolates percentiles as numpy's", () => {
    for (const [share, value] of reference.quantiles) {
      expect(quantile([0, 1, 4, 9, 16], share)).toBeCloseTo(value, 12);
    }
  });
});

describe('whatever the values', () => {
  const finite = fc.double({ min: -1e3, max: 1e3, noNaN: true });

  it('the sides of a test add up, and the interval agrees with it', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 12 }), finite, (values, against) => {
        const p = (alternative: (typeof alternatives)[number]) => tTest(values, { against, alternative })!.p;
        const { t } = tTest(values, { against })!;
        if (t === 0 && summarize(values).sd === 0) return;
        expect(p('greater') + p('less')).toBeCloseTo(1, 9);
        expect(p('two-sided')).toBeCloseTo(2 * Math.min(p('greater'), p('less')), 9);
        const { low, high } = meanInterval(values, 0.9)!;
        if (Math.abs(p('greater') - 0.05) > 1e-6) expect(low > against).toBe(p('greater') < 0.05);
        if (Math.abs(p('less') - 0.05) > 1e-6) expect(high < against).toBe(p('less') < 0.05);
      }),
      { numRuns: 100 * effort },
    );
  });

  it('adjusted p values keep their order and are no smaller', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (p) => {
        const adjusted = holm(p) as number[];
        expect(adjusted.every((one, i) => one >= p[i]! && one <= 1)).toBe(true);
        const inOrder = p.map((one, i) =>
          p.every((other, j) => one >= other || adjusted[i]! <= adjusted[j]!),
        );
        expect(inOrder).not.toContain(false);
      }),
      { numRuns: 100 * effort },
    );
  });
});
