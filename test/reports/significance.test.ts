import { describe, expect, it } from '@jest/globals';
import { claimedRow, significanceOf } from '../../src/reports/significance.js';
import { entries, entry, judgement, material } from './fixture.js';

const marksOf = (...args: Parameters<typeof material>) =>
  Object.fromEntries(
    [...significanceOf(material(...args)).marks].map(([row, marks]) => [row, Object.fromEntries(marks)]),
  );

/*
 * scipy 1.17.1, ttest_rel: auc A-B 0.03510, A-C 0.006873, B-C 0.005249; logloss A-B 0.00007725, A-C 0.02894, B-C 0.2147.
 */
describe('marks of significance', () => {
  it('hold each row against the best other one, the best two once, adjusted by Holm', () => {
    // Of A-B, A-C, C-A (once), B-A: 4 x 0.00007725, 3 x 0.006873 = 0.0206, 2 x 0.02894 = 0.0579, and no less: 0.0579.
    expect(marksOf()).toEqual({ C: { auc: '†' }, B: { logloss: '†' } });
    expect(significanceOf(material()).legend).toBe(
      '* significantly better, † significantly worse than the best other row: two-sided paired t test over 3 seeds, p adjusted by Holm over the 4 tests of this table, p < 0.05.',
    );
  });

  it('hold rows against the one that a claim names', () => {
    const claims = judgement(['B', 'C']);
    // 4 x 0.00007725, 3 x 0.005249 = 0.0157, 2 x 0.0351 = 0.0702.
    expect(marksOf({ claims })).toEqual({ A: { logloss: '*' }, C: { auc: '†' } });
    expect(significanceOf(material({ claims })).legend).toContain(
      'than B, the row that the claim first names',
    );
  });

  it('need two seeds that both rows have', () => {
    const one = entries.filter(({ seed }) => seed === 1);
    expect(significanceOf(material({ entries: one }))).toEqual({ marks: new Map(), legend: null });
    const apart = [entry('A', 1, { metrics: { auc: 0.9 } }), entry('B', 2, { metrics: { auc: 0.1 } })];
    expect(marksOf({ entries: apart })).toEqual({});
    expect(significanceOf(material({ entries: [] })).legend).toBeNull();
  });

  it('count a test that could not be made', () => {
    // With a fourth row of one seed each column has a test more: 3 x 0.006873 of before is 5 x 0.006873 = 0.0344 now.
    const four = [...entries, entry('D', 1, { metrics: { auc: 0.1, logloss: 0.9 } })];
    const labels = ['A', 'B', 'C', 'D'];
    expect(marksOf({ entries: four, labels })).toEqual({ C: { auc: '†' }, B: { logloss: '†' } });
    expect(significanceOf(material({ entries: four, labels })).legend).toContain('over the 6 tests');
  });
});

it('finds the row that claims are about', () => {
  const [order] = judgement(['B', 'C']).results;
  const near = { ...order!, type: 'near' as const, id: 'near' };
  const [part] = order!.parts;
  const everywhere = { ...order!, type: 'best' as const, parts: [part!, { ...part!, row: 'A' }] };
  expect(claimedRow([near, order!])).toEqual({ row: 'B', claim: 'first' });
  expect(claimedRow([near, { ...order!, parts: [] }, everywhere])).toBeNull();
});
