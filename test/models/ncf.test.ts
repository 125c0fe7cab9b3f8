import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { inference } from '../../src/engine/index.js';
import { ncfSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, fillWithWaves } from '../support/gradients.js';
import { logitsOf, lossOf, overfit, trainable } from '../support/training.js';

const data = preparedOf({
  users: 3,
  items: 4,
  train: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 2, 1],
    [1, 0, 0],
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
      ],
    },
    {
      user: 1,
      history: [],
      candidates: [
        [2, 1],
        [0, 0],
      ],
    },
    { user: 2, history: [], candidates: [[3, 0]] },
  ],
  0,
);
const warm = { users: [1, 1, 0], items: [1, 1, 1, 0] };
const variants = ['GMF', 'MLP', 'NeuMF'] as const;

function model(variant: string, more: Readonly<Record<string, unknown>> = {}) {
  const ncf = trainable({ name: 'ncf', variant, factors: 3, layers: [4, 5, 2], ...more }, data);
  fillWithWaves(ncf.parameters);
  return ncf;
}

/** Eqs. 9, 10 and 12 of the paper, pair by pair, from the model's own weights. */
function byDefinition(ncf: ReturnType<typeof model>): number[] {
  const weight = (name: string): Float32Array =>
    ncf.parameters.dense
      .find((candidate) => candidate.name === name)!
      .value()
      .dataSync() as Float32Array;
  const row = (name: string, width: number, at: number, on: number | undefined): number[] => {
    const table = ncf.parameters.tables.find((candidate) => candidate.name === name);
    if (!table) return [];
    return Array.from(table.data.subarray(at * width, (at + 1) * width), (value) => (on ? value : 0));
  };
  const dense = (x: number[], name: string): number[] =>
    Array.from(weight(`${name}.bias`), (bias, j) =>
      x.reduce(
        (sum, value, i) => sum + value * weight(`${name}.weight`)[i * weight(`${name}.bias`).length + j]!,
        bias,
      ),
    );
  return Array.from(batch.pairs.context, (context, p) => {
    const user = batch.contexts.user[context]!;
    const item = batch.items[batch.pairs.item[p]!]!;
    const of = (part: string, width: number) => ({
      user: row(`${part}.user`, width, user, warm.users[user]),
      item: row(`${part}.item.id.table`, width, item, warm.items[item]),
    });
    const gmf = of('gmf', 3);
    const mlp = of('mlp', 2);
    let h = [...mlp.user, ...mlp.item];
    for (let layer = 1; layer <= 2 && h.length > 0; layer++) {
      h = dense(h, `mlp.layer.${layer}`).map((value) => Math.max(0, value));
    }
    return dense([...gmf.user.map((value, i) => value * gmf.item[i]!), ...h], 'out')[0]!;
  });
}

describeEngines('NCF', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(variants)('%s is what the paper defines; cold users and items are zero vectors', (variant) => {
    const ncf = model(variant);
    const expected = byDefinition(ncf);
    const logits = logitsOf(ncf, batch);
    expect(logits).toHaveLength(5);
    logits.forEach((logit, p) => {
      expect(logit).toBeCloseTo(expected[p]!, 5);
    });
  });

  it.each(variants)('%s scores the same where its weights stay, as an evaluation has it', async (variant) => {
    const ncf = model(variant);
    const encoder = await ncf.forEvaluation!();
    const found = tf.tidy(() => {
      const items = encoder.encodeItems(batch.items, inference);
      const contexts = encoder.encodeContexts(batch, items, inference);
      return encoder.logits(contexts, items, batch.pairs, inference).dataSync();
    });
    const expected = byDefinition(ncf);
    found.forEach((logit, p) => {
      expect(logit).toBeCloseTo(expected[p]!, 5);
    });
  });

  it.each(variants)('%s has the gradients of central differences', async (variant) => {
    const ncf = model(variant, { l2Weight: 0.1 });
    await expectGradients(ncf.parameters, () => lossOf(ncf, batch));
  });
});

describe('NCF', () => {
  beforeAll(() => useEngine('cpu'));

  it.each(variants)('%s learns pairs by heart', async (variant) => {
    const ncf = trainable({ name: 'ncf', variant, layers: [16, 16, 8], factors: 8 }, data);
    const known = batchOf(
      [0, 1].map((user) => ({
        user,
        history: [],
        candidates: [
          [user, 1],
          [user + 1, 0],
        ] as const,
      })),
      0,
    );
    expect(await overfit(ncf, known, 80, 0.05)).toBeLessThan(0.1);
  });

  it('has the size of the paper: f = 8, layers 64, 32, 16, 8', () => {
    const { parameters } = trainable({ name: 'ncf' }, data);
    const embeddings = (3 + 4) * (8 + 32);
    expect(parameters.size).toBe(embeddings + (64 * 32 + 32) + (32 * 16 + 16) + (16 * 8 + 8) + (16 + 1));
  });

  it('starts from the weights that the authors draw', () => {
    const { parameters } = trainable({ name: 'ncf', factors: 100 }, preparedOf({ users: 50, items: 50 }));
    const values = parameters.tables[0]!.data;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    // 5,000 draws of N(0, 0.01^2): the deviation is known to 1 %.
    expect(deviation).toBeGreaterThan(0.0095);
    expect(deviation).toBeLessThan(0.0105);
    const out = parameters.dense
      .find(({ name }) => name === 'out.weight')!
      .value()
      .dataSync();
    const largest = Math.max(...Array.from(out, Math.abs));
    expect(largest).toBeLessThanOrEqual(Math.sqrt(3 / 108) * 1.001);
    expect(largest).toBeGreaterThan(Math.sqrt(3 / 108) * 0.9);
  });

  it('refuses widths that the kernels do not take', () => {
    for (const options of [{ factors: 16_385 }, { layers: [40_000, 4] }]) {
      expect(ncfSchema.safeParse({ name: 'ncf', ...options }).success).toBe(false);
    }
    expect(ncfSchema.safeParse({ name: 'ncf', factors: 16_384 }).success).toBe(true);
  });

  it('refuses a first width that cannot be halved', () => {
    expect(ncfSchema.safeParse({ name: 'ncf', layers: [5, 2] }).error?.issues[0]?.path).toEqual(['layers']);
  });
});
