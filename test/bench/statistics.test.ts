import { describe, expect, it } from '@jest/globals';
import { median, quantile, ratios, spreadOf } from '../../bench/lib/statistics.mjs';

describe('statistics of repetitions', () => {
  // numpy.quantile([3, 1, 4, 1.5, 9], [0, .25, .5, .75, 1]) = [1, 1.5, 3, 4, 9]; of [1, 2] at .25: 1.25
  it('takes quantiles as numpy does', () => {
    const values = [3, 1, 4, 1.5, 9];
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 1.5, 3, 4, 9]);
    expect(quantile([1, 2], 0.25)).toBe(1.25);
    expect(spreadOf(values)).toEqual({ median: 3, low: 1.5, high: 4 });
    expect(median([7])).toBe(7);
  });

  it('forms ratios repetition by repetition', () => {
    expect(ratios([10, 6], [5, 1])).toEqual([2, 6]);
    expect(() => ratios([1], [1, 2])).toThrow(RangeError);
  });
});
