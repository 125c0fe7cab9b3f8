import { describe, expect, it } from '@jest/globals';
import { lookedBefore, looksOf, looksSoFar } from '../../src/sweeps/looks.js';

it('look at twice the seeds each time, which count on from the largest', () => {
  expect(looksOf([3, 7], 9, null)).toEqual({ seeds: [3, 7, 8, 9, 10, 11, 12, 13, 14], at: [2, 4, 8, 9] });
  expect(looksOf([1, 2, 3], null, null).at).toEqual([3, 6, 12, 20]);
  expect(looksOf([1, 2, 3, 4], 4, null)).toEqual({ seeds: [1, 2, 3, 4], at: [4] });
});

it('do not count one seed, which decides nothing', () => {
  expect(looksOf([5], 5, null)).toEqual({ seeds: [5, 6, 7, 8, 9], at: [2, 4, 5] });
});

it('stay as they were settled', () => {
  const settled = looksOf([1, 2], 8, null);
  expect(looksOf([1, 2], null, settled)).toEqual(settled);
  expect(looksOf([1, 2], 8, settled)).toEqual(settled);
  expect(() => looksOf([1, 2], 12, settled)).toThrow(
    /with 2, 4 and 8 of the seeds 1 to 8, .* not with 2, 4, 8 and 12/,
  );
  expect(() => looksOf([1, 2, 3], 8, settled)).toThrow('not with 3, 6 and 8');
});

it('need room for the seeds that it begins with', () => {
  expect(() => looksOf([1, 2, 3], 2, null)).toThrow('the sweep begins with 3 seeds, and --most-seeds is 2');
});

describe('looks of a sweep that is asked for again', () => {
  it('are as many as there were sets of seeds', () => {
    expect(looksSoFar(null, [], [1, 2])).toEqual({ looks: 1, before: [] });
    expect(looksSoFar(null, [[1, 2]], [2, 1])).toEqual({ looks: 1, before: [] });
    expect(looksSoFar(null, [[1, 2]], [1, 2, 3])).toEqual({ looks: 2, before: [[1, 2]] });
    expect(
      looksSoFar(
        null,
        [
          [1, 2, 3],
          [1, 2],
        ],
        [1, 2],
      ),
    ).toEqual({ looks: 2, before: [[1, 2, 3]] });
  });

  it('are those that were settled, and others', () => {
    const settled = looksOf([1, 2], 8, null); // 2, 4, 8
    expect(looksSoFar(settled, [], [1, 2])).toEqual({ looks: 3, before: [] });
    expect(looksSoFar(settled, [[1, 2, 3, 4]], [1, 2])).toEqual({ looks: 3, before: [] });
    expect(looksSoFar(settled, [[1, 2, 3]], [1, 2])).toEqual({ looks: 4, before: [[1, 2, 3]] });
    expect(looksSoFar(settled, [[1, 2, 3]], [1, 2, 3, 4, 5])).toEqual({ looks: 5, before: [[1, 2, 3]] });
  });

  it('say with how many seeds they were', () => {
    expect(
      lookedBefore([
        [1, 2],
        [1, 2, 3],
      ]),
    ).toMatch(/^They were looked at before, with 2 and 3 seeds;/);
    expect(lookedBefore([[1]])).toMatch(/with 1 seed;/);
  });
});
