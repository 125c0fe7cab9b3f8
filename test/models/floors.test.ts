import { describe, expect, it } from '@jest/globals';
import { buildModel, type FittedModel, isTrainable } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';

const data = preparedOf({
  users: 2,
  items: 3,
  train: [
    [0, 0, 1],
    [0, 0, 1],
    [1, 0, 1],
    [1, 1, 0],
  ],
});
const batch = batchOf(
  [
    {
      user: 0,
      history: [],
      candidates: [
        [0, 1],
        [1, 0],
        [2, 0],
      ],
    },
    { user: 1, history: [], candidates: [[0, 1]] },
  ],
  0,
);

function floor(name: 'popularity' | 'random', seed = 1): FittedModel {
  const model = buildModel({ name }, data, seed);
  if (isTrainable(model)) throw new Error('floors are not trained');
  return model;
}

describe('popularity', () => {
  it("is the item's train rate with ten impressions of the overall rate added", () => {
    // Overall 3 of 4. Item 0: 3 of 3; item 1: 0 of 1; item 2 has no train row.
    const expected = [10.5 / 13, 7.5 / 11, 0.75, 10.5 / 13];
    floor('popularity')
      .score(batch)
      .forEach((score, p) => {
        expect(score).toBeCloseTo(expected[p]!, 6);
      });
  });

  it('takes no notice of other parts', () => {
    const { interactions } = data.store;
    const held = { ...data, split: { ...data.split, train: Int32Array.of(3), test: Int32Array.of(0, 1, 2) } };
    expect(interactions.item[3]).toBe(1);
    const model = buildModel({ name: 'popularity' }, held, 1) as FittedModel;
    expect([...model.score(batch)]).toEqual([0, 0, 0, 0]);
  });
});

describe('random', () => {
  it('depends on seed, user and item alone', () => {
    const scores = [...floor('random').score(batch)];
    expect([...floor('random').score(batch)]).toEqual(scores);
    expect([...floor('random', 2).score(batch)]).not.toEqual(scores);
    const last = batchOf([{ user: 1, history: [], candidates: [[0, 1]] }], 0);
    expect(floor('random').score(last)[0]).toBe(scores[3]);
    expect(new Set(scores).size).toBe(4);
  });

  it('is uniform in [0, 1)', () => {
    const many = batchOf(
      Array.from({ length: 2000 }, (_, user) => ({ user, history: [], candidates: [[0, 1]] as const })),
      0,
    );
    const scores = floor('random').score(many);
    const mean = scores.reduce((sum, score) => sum + score, 0) / 2000;
    // Four standard errors: 4 / sqrt(12 * 2000).
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.026);
    expect(Math.min(...scores)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...scores)).toBeLessThan(1);
  });
});
