import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { alsObjective, solveAls } from '../../src/engine/index.js';
import { transposed } from '../../src/layers/index.js';
import { trainPositives } from '../../src/models/interactions.js';
import { batchOf } from '../support/batches.js';
import { logOfChosen } from '../support/chosen.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { wave } from '../support/gradients.js';
import { logitsOf, trainable } from '../support/training.js';

interface Reference {
  readonly users: number;
  readonly items: number;
  readonly width: number;
  readonly chosen: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly alpha: number;
    readonly l2Weight: number;
    readonly solver: string;
    readonly steps?: number;
    readonly sweeps: readonly {
      readonly users: readonly (readonly number[])[];
      readonly items: readonly (readonly number[])[];
      readonly objective: number;
    }[];
  }[];
}
const reference: Reference = JSON.parse(
  readFileSync(new URL('../fidelity/implicit.json', import.meta.url), 'utf8'),
);
const { items, width, chosen, cases } = reference;
const data = logOfChosen(items, chosen);
const cells = chosen.flat().length;

function wmf(options: Readonly<Record<string, unknown>>) {
  const model = trainable({ name: 'wmf', factors: width, ...options }, data);
  const [users, vectors] = model.parameters.tables.map((table) => table.data) as [Float32Array, Float32Array];
  // The formula of implicit_reference.py.
  vectors.set(wave([items - 1, width], 3, 0.3));
  vectors.fill(0, (items - 1) * width);
  return { model, users, vectors };
}

describeEngines('WMF', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(cases)(
    'sweeps as implicit does: $solver, alpha $alpha, lambda $l2Weight',
    ({ sweeps, ...options }) => {
      const { model, users, vectors } = wmf(options);
      for (const expected of sweeps) {
        const { loss, pairs } = model.sweep!();
        expect(pairs).toBe(cells);
        expect(loss * cells).toBeCloseTo(expected.objective, 4);
        for (const [found, rows] of [
          [users, expected.users],
          [vectors, expected.items],
        ] as const) {
          rows.flat().forEach((value, i) => {
            expect(Math.abs(found[i]! - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
          });
        }
      }
    },
  );

  it('scores by the inner product, what is cold with 0', () => {
    const { model, users, vectors } = wmf({});
    model.sweep!();
    const batch = batchOf(
      [0, 2, 3].map((user) => ({
        user,
        history: [],
        candidates: [
          [4, 1],
          [6, 0],
        ] as const,
      })),
      0,
    );
    const product = (user: number, item: number) =>
      [0, 1, 2].reduce((sum, k) => sum + users[user * width + k]! * vectors[item * width + k]!, 0);
    const expected = [product(0, 4), 0, 0, 0, product(3, 4), 0];
    expect(Math.abs(expected[0]!)).toBeGreaterThan(1e-3);
    logitsOf(model, batch).forEach((logit, p) => {
      expect(logit).toBeCloseTo(expected[p]!, 5);
    });
  });
});

describe('the objective of WMF', () => {
  beforeAll(() => useEngine('cpu'));

  it('is the sum over all cells, written out', () => {
    const [alpha, l2, K] = [7, 0.3, 4];
    const [x, z] = [wave([chosen.length, K], 1), wave([items, K], 2)];
    let expected = 0;
    for (let u = 0; u < chosen.length; u++) {
      for (let i = 0; i < items; i++) {
        let score = 0;
        for (let k = 0; k < K; k++) score += x[u * K + k]! * z[i * K + k]!;
        const y = chosen[u]!.includes(i) ? 1 : 0;
        expected += (1 + alpha * y) * (y - score) ** 2;
      }
    }
    for (const value of [...x, ...z]) expected += l2 * value * value;
    expect(alsObjective(x, z, K, trainPositives(data), { alpha, l2 })).toBeCloseTo(expected, 4);
  });

  it.each([
    ['exact', null],
    ['by two steps of conjugate gradients', 2],
  ])('falls with every half of a sweep, until nothing moves: %s', (_, steps) => {
    const [alpha, l2, K] = [40, 0.05, 4];
    const byUser = trainPositives(data);
    const byItem = transposed(byUser);
    const [x, z] = [wave([chosen.length, K], 1), wave([items, K], 2)];
    const objective = () => alsObjective(x, z, K, byUser, { alpha, l2 });
    let last = objective();
    const falls: number[] = [];
    const halves = [
      () => solveAls(x, z, K, byUser, { alpha, l2 }, steps),
      () => solveAls(z, x, K, byItem, { alpha, l2 }, steps),
    ];
    for (let half = 0; half < 400; half++) {
      halves[half % 2]!();
      const now = objective();
      expect(now).toBeLessThanOrEqual(last * (1 + 1e-6)); // float32 vectors
      falls.push(last - now);
      last = now;
    }
    expect(falls[0]).toBeGreaterThan(1);
    expect(falls.slice(0, 8).every((fall) => fall > 0)).toBe(true);
    expect(Math.abs(falls.at(-1)!)).toBeLessThan(1e-3);
  });
});
