import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { evaluateMetrics, measureRanks, metricNames, parseRankingMetric } from '../../src/metrics/index.js';
import { orderByFallingScore } from '../../src/metrics/order.js';
import { effort } from '../support/index.js';
import { fc } from '../support/property.js';

interface Row {
  user: number;
  label: number;
  score: number;
}
/** Few levels of score, so that ties are common; few rows a user, so that all tie orders can be listed. */
const row = fc.record({
  user: fc.integer({ min: 0, max: 4 }),
  label: fc.constantFrom(0, 1),
  score: fc.constantFrom(0.1, 0.3, 0.5, 0.9),
});
const rows = fc.array(row, { minLength: 1, maxLength: 22 });
const depth = fc.integer({ min: 1, max: 7 });

const columns = (all: readonly Row[]) => ({
  user: Int32Array.from(all, ({ user }) => user),
  label: Float32Array.from(all, ({ label }) => label),
  score: Float64Array.from(all, ({ score }) => score),
});
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const expectClose = (value: number, expected: number): void => {
  if (Number.isNaN(expected))
    expect(value).toBeNaN(); // as the mean of nothing is
  else expect(value).toBeCloseTo(expected, 12);
};
const usersOf = (all: readonly Row[]): Row[][] =>
  [...new Set(all.map(({ user }) => user))].map((user) => all.filter((r) => r.user === user));

/** All pairs of a positive and a negative, one by one. */
function naiveAuc(all: readonly Row[], tieCredit: number): number {
  const positives = all.filter(({ label }) => label === 1);
  const negatives = all.filter(({ label }) => label === 0);
  const credit = (p: Row, n: Row) => (p.score > n.score ? 1 : p.score === n.score ? tieCredit : 0);
  return mean(positives.flatMap((p) => negatives.map((n) => credit(p, n))));
}

/**
 * Exact distribution of the ranked labels over all orders of the ties: how the positives of each group of equal
 * scores can lie, all equally likely.
 */
function rankings(all: readonly Row[]): number[][] {
  const levels = [...new Set(all.map(({ score }) => score))].sort((a, b) => b - a);
  return levels.reduce<number[][]>(
    (heads, level) => {
      const tied = all.filter(({ score }) => score === level).map(({ label }) => label);
      const placements = arrangements(tied.length, sum(tied));
      return heads.flatMap((head) => placements.map((placed) => [...head, ...placed]));
    },
    [[]],
  );
}
function arrangements(length: number, positives: number): number[][] {
  if (positives < 0 || positives > length) return [];
  if (length === 0) return [[]];
  return [0, 1].flatMap((first) =>
    arrangements(length - 1, positives - first).map((others) => [first, ...others]),
  );
}
const gain = (labels: readonly number[]): number => sum(labels.map((label, i) => label / Math.log2(i + 2)));

const measures: Record<string, (ranked: readonly number[], k: number) => number> = {
  'precision@K': (ranked, k) => sum(ranked.slice(0, k)) / k,
  'recall@K': (ranked, k) => sum(ranked.slice(0, k)) / sum(ranked),
  'f1@K': (ranked, k) => {
    const hits = sum(ranked.slice(0, k));
    return hits ? 2 / (k / hits + sum(ranked) / hits) : 0;
  },
  'ndcg@K': (ranked, k) => gain(ranked.slice(0, k)) / gain([...ranked].sort((a, b) => b - a).slice(0, k)),
  'hr@K': (ranked, k) => (ranked.slice(0, k).includes(1) ? 1 : 0),
  'map@K': (ranked, k) => {
    const precisions = ranked.map((label, i) => (label * sum(ranked.slice(0, i + 1))) / (i + 1));
    return sum(precisions.slice(0, k)) / Math.min(k, sum(ranked));
  },
  mrr: (ranked) => 1 / (ranked.indexOf(1) + 1),
};

const allNames = (k: number): string[] => metricNames.map(([name]) => name.replace('@K', `@${k}`));

describe('metrics equal their naive definitions', () => {
  it('auc, uauc, gauc and their strict dialects', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const both = usersOf(all).filter((own) => new Set(own.map(({ label }) => label)).size === 2);
        const values = evaluateMetrics(['auc', 'auc:strict', 'uauc', 'uauc:strict', 'gauc'], columns(all));
        const weighted = both.map((own) => own.length * naiveAuc(own, 0.5));
        const expected = {
          auc: naiveAuc(all, 0.5),
          'auc:strict': naiveAuc(all, 0),
          uauc: mean(both.map((own) => naiveAuc(own, 0.5))),
          'uauc:strict': mean(both.map((own) => naiveAuc(own, 0))),
          gauc: sum(weighted) / sum(both.map((own) => own.length)),
        };
        for (const [name, value] of Object.entries(expected)) expectClose(values[name]!, value);
      }),
    );
  });

  it.each(Object.keys(measures))('%s: the mean over all orders of the ties', (pattern) => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 14 }), depth, (all, k) => {
        const name = pattern.replace('@K', `@${k}`);
        const users = usersOf(all).filter((own) => own.some(({ label }) => label === 1));
        const expected = mean(users.map((own) => mean(rankings(own).map((r) => measures[pattern]!(r, k)))));
        expectClose(evaluateMetrics([name], columns(all))[name]!, expected);
      }),
    );
  });
});

describe('metrics as a whole', () => {
  it('do not depend on the order of the rows, but for the dialects that rank ties by it', () => {
    const byRow = /:(thacil|alpine|frame)$/;
    fc.assert(
      fc.property(rows, depth, fc.integer(), (all, k, seed) => {
        const names = allNames(k).filter((name) => !byRow.test(name));
        const shuffled = randomStream(seed).shuffle([...all]);
        const values = evaluateMetrics(names, columns(all));
        for (const [name, value] of Object.entries(evaluateMetrics(names, columns(shuffled)))) {
          expectClose(value, values[name]!);
        }
      }),
    );
  });

  it('depend on the order of the scores only, but for logloss', () => {
    fc.assert(
      fc.property(rows, depth, (all, k) => {
        const names = allNames(k).filter((name) => !name.startsWith('logloss'));
        const stretched = all.map((r) => ({ ...r, score: Math.exp(10 * r.score) - 1e6 }));
        expect(evaluateMetrics(names, columns(stretched))).toEqual(evaluateMetrics(names, columns(all)));
      }),
    );
  });

  it('give the same value alone as among all others', () => {
    fc.assert(
      fc.property(rows, depth, (all, k) => {
        const together = evaluateMetrics(allNames(k), columns(all));
        for (const name of allNames(k)) {
          expect(evaluateMetrics([name], columns(all))).toEqual({ [name]: together[name] });
        }
      }),
      { numRuns: 10 * effort },
    );
  });
});

describe('measureRanks', () => {
  const rankings = metricNames.map(([name]) => name).filter(isRanking);

  it('takes the metrics a user whose ties are in random order', () => {
    expect(rankings).toEqual(
      expect.arrayContaining(['uauc', 'gauc', 'precision@K', 'recall@K', 'ndcg@K', 'map@K', 'hr@K', 'mrr']),
    );
    for (const name of ['auc', 'logloss', 'ndcg@K:thacil', 'f1@K:alpine'])
      expect(rankings).not.toContain(name);
    expect(() => parseRankingMetric('auc')).toThrow('auc is defined for logged impressions only');
  });

  it('gives from the ranks of the positives what the scores of all rows give', () => {
    fc.assert(
      fc.property(rows, depth, (all, k) => {
        const names = rankings.map((name) => name.replace('@K', `@${k}`));
        const lists = usersOf(all).filter((own) => own.some(({ label }) => label === 1));
        const withPositive = lists.flat();
        const positives = lists.map((own) => own.filter(({ label }) => label === 1));
        const count = (own: readonly Row[], test: (row: Row) => boolean) => own.filter(test).length;
        const each = (f: (own: Row[], score: number) => number) =>
          Int32Array.from(lists.flatMap((own, l) => positives[l]!.map(({ score }) => f(own, score))));
        const ranks = {
          user: Int32Array.from(lists, ([first]) => first!.user),
          candidates: Int32Array.from(lists, ({ length }) => length),
          offsets: Int32Array.from([0, ...positives.map((_, l) => positives.slice(0, l + 1).flat().length)]),
          above: each((own, score) => count(own, (other) => other.score > score)),
          tied: each((own, score) => count(own, (other) => other.score === score)),
        };
        const values = evaluateMetrics(names, columns(withPositive));
        for (const [name, { value }] of Object.entries(measureRanks(names, ranks))) {
          expectClose(value, values[name]!);
        }
      }),
    );
  });
});

function isRanking(pattern: string): boolean {
  try {
    parseRankingMetric(pattern.replace('@K', '@5'));
    return true;
  } catch {
    return false;
  }
}

describe('orderByFallingScore', () => {
  const scores = { noNaN: true, maxLength: 300 } as const;
  it.each([
    ['float32', fc.float32Array(scores)],
    ['float64', fc.float64Array(scores)],
    [
      'float64 with ties',
      fc
        .array(fc.constantFrom(-0, 0, 1, -1e-310, Infinity, -Infinity), { maxLength: 99 })
        .map((a) => Float64Array.from(a)),
    ],
  ])('equals a stable comparing sort: %s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<Float32Array | Float64Array>, (score) => {
        const compared = [...score.keys()].sort((a, b) =>
          score[b]! > score[a]! ? 1 : score[b]! < score[a]! ? -1 : 0,
        );
        const { row, higher } = orderByFallingScore(score);
        expect([...row]).toEqual(compared);
        const distinct = [...new Set(compared.map((r) => score[r]! + 0))];
        expect([...higher]).toEqual(compared.map((r) => distinct.indexOf(score[r]! + 0)));
      }),
    );
  });

  it.each([1000, 100])('sorts %i doubles whose upper halves are equal', (count) => {
    const score = Float64Array.from({ length: count }, (_, i) => 0.5 + ((i * 7919) % count) * 2 ** -51);
    const expected = [...score.keys()].sort((a, b) => score[b]! - score[a]!);
    const { row, higher } = orderByFallingScore(score.map((value, i) => (i % 2 ? -value : value)));
    expect([...row.filter((r) => r % 2 === 0)]).toEqual(expected.filter((r) => r % 2 === 0));
    expect([...row.filter((r) => r % 2 === 1)]).toEqual(expected.filter((r) => r % 2 === 1).reverse());
    expect([...higher]).toEqual([...row.keys()]);
  });
});
