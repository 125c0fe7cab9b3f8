import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference } from '../../src/engine/index.js';
import { batchOf } from '../support/batches.js';
import { logOfChosen } from '../support/chosen.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, wave } from '../support/gradients.js';
import { forward, gradientsOf, logitsOf, lossOf, overfit, trainable } from '../support/training.js';

interface Reference {
  readonly users: number;
  readonly items: number;
  readonly width: number;
  readonly chosen: readonly (readonly number[])[];
  readonly couples: readonly (readonly [user: number, positive: number, negative: number])[];
  readonly lightgcn: readonly {
    readonly layers: number;
    readonly l2Weight: number;
    readonly loss: number;
    readonly scores: readonly (readonly number[])[];
    readonly userGradient: readonly (readonly number[])[];
    readonly itemGradient: readonly (readonly number[])[];
  }[];
}
const { users, items, width, chosen, couples, lightgcn }: Reference = JSON.parse(
  readFileSync(new URL('../fidelity/recbole.json', import.meta.url), 'utf8'),
);
const data = logOfChosen(items, chosen);
const batch = batchOf(
  [...new Set(couples.map(([user]) => user))].map((user) => ({
    user,
    history: [],
    candidates: couples
      .filter(([u]) => u === user)
      .flatMap(([, positive, negative]) => [[positive, 1] as const, [negative, 0] as const]),
  })),
  0,
);
/** Every user with every item. */
const everything = batchOf(
  Array.from({ length: users }, (_, user) => ({
    user,
    history: [],
    candidates: Array.from({ length: items }, (_, item) => [item, 0] as const),
  })),
  0,
);

function model(options: Readonly<Record<string, unknown>> = {}) {
  const built = trainable({ name: 'lightgcn', factors: width, ...options }, data);
  tf.tidy(() => {
    // The formula of recbole_reference.py.
    built.parameters.setDense('user', tf.tensor2d(wave([users, width], 2, 0.5), [users, width]));
    built.parameters.setDense('item', tf.tensor2d(wave([items, width], 3, 0.5), [items, width]));
  });
  return built;
}

function expectNear(found: ArrayLike<number>, expected: readonly number[], what: string): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    if (!(Math.abs(found[i]! - value) < 1e-5)) throw new Error(`${what} ${i}: ${found[i]} is not ${value}`);
  });
}

describeEngines('LightGCN', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(lightgcn)('is that of RecBole: $layers layers, lambda $l2Weight', async (expected) => {
    const { layers, l2Weight } = expected;
    const built = model({ layers, l2Weight });
    expect(built.pairing).toBe('pairwise');
    expectNear(logitsOf(built, everything), expected.scores.flat(), 'score');
    const { loss, dense } = await gradientsOf(built, batch);
    expect(loss).toBeCloseTo(expected.loss, 5);
    expectNear(dense[0]!.dataSync(), expected.userGradient.flat(), 'slope of user');
    expectNear(dense[1]!.dataSync(), expected.itemGradient.flat(), 'slope of item');
  });

  it('has the gradients of central differences', async () => {
    const built = model({ layers: 2, l2Weight: 0.1 });
    await expectGradients(built.parameters, () => lossOf(built, batch));
  });

  it('ranks by the inner product of what was convolved once', async () => {
    const built = model({ layers: 2 });
    const encoder = await built.forEvaluation!();
    const { ofContexts, ofItems } = built.innerProduct!;
    const products = tf.tidy(() => {
      const known = encoder.encodeItems(everything.items, inference);
      const contexts = encoder.encodeContexts(everything, known, inference);
      return tf.matMul(ofContexts(contexts), ofItems(known), false, true).dataSync();
    });
    expectNear(products, lightgcn.find(({ layers }) => layers === 2)!.scores.flat(), 'product');
  });

  it('encodes users with whatever items were encoded', () => {
    const built = model({ layers: 3 });
    const apart = tf.tidy(() => {
      const contexts = built.encodeContexts(
        batch,
        { ...built.encodeItems(batch.items, inference) },
        inference,
      );
      return built
        .logits(contexts, built.encodeItems(batch.items, inference), batch.pairs, inference)
        .dataSync();
    });
    expectNear(apart, logitsOf(built, batch), 'logit');
    // Items of a step that is over.
    const old = tf.tidy(() => forward(built, batch).items);
    expect(() => tf.tidy(() => built.encodeContexts(batch, old, inference))).not.toThrow();
  });

  it('knows nothing of users and items without a train row', () => {
    const fresh = trainable({ name: 'lightgcn', factors: width }, data);
    const logits = logitsOf(fresh, everything);
    const cold = 9; // no row
    for (let user = 0; user < users; user++) expect(logits[user * items + cold]).toBe(0);
    expect(logits.slice(7 * items)).toEqual(new Array(items).fill(0)); // user 7
    expect(Math.max(...logits)).toBeGreaterThan(0);
  });

  it('learns couples by heart', async () => {
    const fresh = trainable({ name: 'lightgcn', factors: 8, layers: 2, l2Weight: 0 }, data);
    expect(await overfit(fresh, batch, 60, 0.1)).toBeLessThan(0.05);
  });
});
