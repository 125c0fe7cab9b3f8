/** GMF, MLP and NeuMF against RecBole's NeuMF (ncf_recbole.py): logits, loss, slopes, and the loss after an SGD update. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import { batchOf, preparedOf } from '../support/batches.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { type ReferenceWeights, setWeights, sgdStep, wrongSlopes } from '../support/reference.js';
import { logitsOf, trainable } from '../support/training.js';

interface Case {
  readonly variant: string;
  readonly factors: number;
  readonly layers: readonly number[];
  readonly weights: ReferenceWeights;
  readonly logits: readonly number[];
  readonly value: number;
  readonly valueAfter: number;
}

const { users, items, rate, pairs, cases } = JSON.parse(
  readFileSync(new URL('./ncf.json', import.meta.url), 'utf8'),
) as {
  readonly users: number;
  readonly items: number;
  readonly rate: number;
  readonly pairs: readonly (readonly [user: number, item: number, label: number])[];
  readonly cases: readonly Case[];
};
const data = preparedOf({ users, items, train: [...pairs] });
const batch = batchOf(
  pairs.map(([user, item, label]) => ({ user, history: [], candidates: [[item, label]] })),
  0,
);

describeEngines("RecBole's", (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(cases.map((one) => [one.variant, one] as const))('%s', async (variant, example) => {
    const { factors, layers } = example;
    const model = trainable({ name: 'ncf', variant, factors, ...(layers.length > 0 && { layers }) }, data);
    setWeights(model, example.weights);
    logitsOf(model, batch).forEach((logit, p) => {
      expect(Math.abs(logit - example.logits[p]!)).toBeLessThan(1e-5);
    });
    expect(await wrongSlopes(model, example.weights, batch)).toEqual([]);
    const { before, after } = await sgdStep(model, batch, rate);
    expect(Math.abs(before - example.value)).toBeLessThan(1e-5);
    expect(Math.abs(example.valueAfter - example.value)).toBeGreaterThan(0.001);
    expect(Math.abs(after - example.valueAfter)).toBeLessThan(1e-5);
    model.parameters.dispose();
  });
});
