import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { PreparedData } from '../../src/data/index.js';
import { buildModel, type FittedModel } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { logOfChosen } from '../support/chosen.js';

interface Reference {
  readonly users: number;
  readonly items: number;
  readonly chosen: readonly (readonly number[])[];
  readonly knn: readonly { readonly neighbours: number; readonly scores: readonly (readonly number[])[] }[];
}
const reference: Reference = JSON.parse(
  readFileSync(new URL('../fidelity/recbole.json', import.meta.url), 'utf8'),
);
const { items, chosen, knn } = reference;

const ucf = (data: PreparedData, neighbours: number): FittedModel =>
  buildModel({ name: 'ucf', neighbours }, data, 1) as FittedModel;

/** All scores of a user. */
function scoresOf(model: FittedModel, user: number, count = items): number[] {
  const row = new Array<number>(count).fill(0);
  const { items: ids, scores } = model.sparseScores!(user);
  expect(new Set(ids).size).toBe(ids.length);
  ids.forEach((item, i) => {
    row[item] = scores[i]!;
  });
  return row;
}

describe('UCF', () => {
  // RecBole adds 1e-6 to the product of the norms.
  it.each(knn)('gives the scores of RecBole with $neighbours neighbours', ({ neighbours, scores }) => {
    const model = ucf(logOfChosen(items, chosen), neighbours);
    for (const round of [1, 2]) {
      scores.forEach((expected, user) => {
        const found = scoresOf(model, user);
        found.forEach((score, item) => {
          if (Math.abs(score - expected[item]!) > 5e-6)
            throw new Error(`round ${round}, user ${user}, item ${item}: ${score} is not ${expected[item]}`);
        });
      });
    }
  });

  it('asks of equally similar users those with the lowest numbers', () => {
    // Users 1 to 4 have one item each in common with user 0 and another one: all are as similar, 1 / 2.
    const data = logOfChosen(9, [
      [0, 1],
      [0, 5],
      [1, 6],
      [0, 7],
      [1, 8],
    ]);
    const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));
    expect(scoresOf(ucf(data, 2), 0, 9)).toEqual(near([0.5, 0.5, 0, 0, 0, 0.5, 0.5, 0, 0]));
    expect(scoresOf(ucf(data, 3), 0, 9)).toEqual(near([1, 0.5, 0, 0, 0, 0.5, 0.5, 0.5, 0]));
  });

  it('tells equal similarities of different numbers as equal', () => {
    // 1 / sqrt(1 * 2) with user 2, 2 / sqrt(...) with none: user 1 shares 3 of 18, user 2 shares 1 of 2; 9 / 18 = 1 / 2.
    const many = [0, 1, 2, ...Array.from({ length: 15 }, (_, i) => 10 + i)];
    const data = preparedOf({
      users: 3,
      items: 30,
      train: [[0, 1, 2], many, [0, 28]].flatMap((list, user) => list.map((item) => [user, item, 1] as const)),
    });
    expect(scoresOf(ucf(data, 1), 0, 30)[10]).toBeGreaterThan(0);
    expect(scoresOf(ucf(data, 1), 0, 30)[28]).toBe(0);
  });

  it('scores pairs as it scores the catalogue, and who or what is cold with 0', () => {
    const model = ucf(logOfChosen(items, chosen), 3);
    const all = Array.from({ length: items }, (_, item) => [item, 0] as const);
    const users = [3, 7, 0, 3];
    const batch = batchOf(
      users.map((user) => ({ user, history: [], candidates: all })),
      0,
    );
    expect([...model.score(batch)]).toEqual(users.flatMap((user) => scoresOf(model, user)));
    expect(scoresOf(model, 7)).toEqual(new Array(items).fill(0)); // no row
    expect(scoresOf(model, 6)).toEqual(new Array(items).fill(0)); // no item in common with anyone
  });
});
