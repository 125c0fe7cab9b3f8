import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { evaluateMetrics, measureMetrics } from '../../src/metrics/index.js';
import { projectRoot } from '../support/index.js';

interface Case {
  readonly name: string;
  readonly user: number[];
  readonly label: number[];
  readonly score: number[];
  readonly expected: Record<string, number>;
}
const cases = JSON.parse(
  readFileSync(join(projectRoot, 'test', 'metrics', 'reference.json'), 'utf8'),
) as Case[];

const rowsOf = ({ user, label, score }: Pick<Case, 'user' | 'label' | 'score'>) => ({
  user: Int32Array.from(user),
  label: Float32Array.from(label),
  score: Float64Array.from(score),
});
/** Rows of one user. */
const one = (label: number[], score: number[]) => rowsOf({ user: label.map(() => 0), label, score });

describe('evaluateMetrics', () => {
  for (const reference of cases) {
    it(`gives the numbers of scikit-learn and of the plain definitions: ${reference.name}`, () => {
      const values = evaluateMetrics(Object.keys(reference.expected), rowsOf(reference));
      for (const [name, expected] of Object.entries(reference.expected)) {
        expect({ name, value: values[name] }).toEqual({ name, value: expect.closeTo(expected, 12) });
      }
    });
  }

  it('ranks float32 scores as it does float64 scores', () => {
    const reference = cases[1]!;
    const rows = rowsOf(reference);
    const names = Object.keys(reference.expected).filter((name) => !name.startsWith('logloss'));
    expect(evaluateMetrics(names, { ...rows, score: Float32Array.from(rows.score) })).toEqual(
      evaluateMetrics(names, rows),
    );
  });

  it('works out a list by hand', () => {
    // Ranked labels 1 0 1 0 0. Pairs in order: 3 + 2 of 6. Gain 1 + 1/log2(4) = 1.5, of the best order 1 + 1/log2(3).
    const values = evaluateMetrics(
      [
        'auc',
        'precision@3',
        'recall@1',
        'f1@2',
        'ndcg@3',
        'ndcg@3:frame',
        'hr@1',
        'mrr',
        'precision@10:alpine',
      ],
      one([1, 0, 1, 0, 0], [5, 4, 3, 2, 1]),
    );
    expect(values).toEqual({
      auc: 5 / 6,
      'precision@3': 2 / 3,
      'recall@1': 1 / 2,
      'f1@2': 1 / 2,
      'ndcg@3': expect.closeTo(1.5 / (1 + Math.LN2 / Math.log(3)), 12),
      'ndcg@3:frame': 1.5,
      'hr@1': 1,
      mrr: 1,
      'precision@10:alpine': 2 / 5,
    });
  });

  it('gives a constant scorer what chance gives, wherever the positives stand in the file', () => {
    const names = ['auc', 'uauc', 'gauc', 'precision@1', 'recall@2', 'hr@1', 'ndcg@1', 'precision@1:thacil'];
    const first = evaluateMetrics(names, one([1, 0, 0, 0], [0, 0, 0, 0]));
    const last = evaluateMetrics(names, one([0, 0, 0, 1], [0, 0, 0, 0]));
    const chance = {
      auc: 0.5,
      uauc: 0.5,
      gauc: 0.5,
      'precision@1': 0.25,
      'recall@2': 0.5,
      'hr@1': 0.25,
      'ndcg@1': 0.25,
    };
    expect(first).toEqual({ ...chance, 'precision@1:thacil': 1 });
    expect(last).toEqual({ ...chance, 'precision@1:thacil': 0 });
  });

  it('treats -0 and 0 as equal, and infinite scores as the ends', () => {
    expect(evaluateMetrics(['auc'], one([1, 0], [0, -0])).auc).toBe(0.5);
    expect(evaluateMetrics(['auc'], one([1, 0, 0], [Infinity, 1e308, -Infinity])).auc).toBe(1);
  });

  it('charges a wrong certainty 52 ln 2, and a right one nothing', () => {
    const { logloss } = evaluateMetrics(['logloss'], one([0, 1], [1, 1]));
    expect(logloss).toBeCloseTo((52 * Math.LN2) / 2, 12);
    expect(evaluateMetrics(['logloss:frame'], one([0], [1]))['logloss:frame']).toBe(Infinity);
  });

  it.each([
    [['auc', 'auc:strict'], one([1, 1], [1, 2]), 'all labels are equal'],
    [['uauc', 'gauc', 'ndcg@5:thacil'], one([1, 1], [1, 2]), 'no user with both classes'],
    [['ndcg@5', 'mrr'], one([0, 0], [1, 2]), 'no user with a positive'],
    [['logloss', 'logloss:frame'], one([0, 1], [0.5, 1.5]), 'some scores are not probabilities (0 to 1)'],
    [['auc', 'uauc', 'mrr', 'logloss', 'f1@5:alpine'], one([], []), 'there are no rows'],
  ])('says why %j are undefined', (names, rows, undefinedBecause) => {
    for (const measurement of Object.values(measureMetrics(names, rows))) {
      expect(measurement).toMatchObject({ value: NaN, undefinedBecause });
    }
  });

  it('gives the values of the users that take part', () => {
    const { gauc } = measureMetrics(['gauc'], rowsOf(cases[0]!));
    // Users 3 and 4 have one class. User 2: the positive ties with one of three negatives, one is above.
    expect(gauc!.perUser!.user).toEqual(Int32Array.of(0, 2, 7));
    expect(gauc!.perUser!.value[1]).toBe(1.5 / 3);
    expect(gauc!.perUser!.weight).toEqual(Float64Array.of(7, 4, 5));
  });

  it('leaves its input as it was', () => {
    const rows = rowsOf(cases[0]!);
    evaluateMetrics(['auc', 'gauc:thacil'], rows);
    expect(rows).toEqual(rowsOf(cases[0]!));
  });

  it('refuses scores that are NaN, and counts them', () => {
    const work = () => evaluateMetrics(['auc'], one([0, 1, 1], [NaN, 1, NaN]));
    expect(work).toThrow(UserError);
    expect(work).toThrow('2 of 3 scores are NaN');
  });

  it('refuses arrays that are not what they should be', () => {
    const rows = one([0, 1], [1, 2]);
    expect(() => evaluateMetrics(['auc'], { ...rows, user: Int32Array.of(0) })).toThrow(RangeError);
    expect(() => evaluateMetrics(['auc'], { ...rows, user: Int32Array.of(0, -1) })).toThrow(
      'user -1 in row 1',
    );
    expect(() => evaluateMetrics(['auc'], one([0, 2], [1, 2]))).toThrow('label 2 in row 1');
  });
});
