import { expect } from '@jest/globals';
import { type Batch, type EpochSpec, type PreparedData, planEpoch } from '../../src/data/index.js';
import type { Model } from '../../src/models/index.js';
import { gradientsOf, logitsOf } from './training.js';

/** All train pairs as one step. */
export function oneStep(
  data: PreparedData,
  model: Model,
  spec: Pick<EpochSpec, 'batching'> & Partial<EpochSpec>,
): Batch {
  return planEpoch(data, {
    batchSize: data.split.train.length,
    pairsPerUser: 1000,
    negatives: { kind: 'logged', ratio: 'all' },
    pairing: 'pointwise',
    lastBatch: 'keep',
    histories: model.histories,
    seed: 1,
    epoch: 0,
    ...spec,
  }).batch(0);
}

/** Logits by row of the store, and gradients of every weight one after another, row-sparse tables too. */
export async function learntFrom(model: Model, batch: Batch) {
  const logits = new Map(logitsOf(model, batch).map((logit, p) => [batch.pairs.row[p]!, logit]));
  const { loss, dense, rows } = await gradientsOf(model, batch);
  const tables = model.parameters.tables.map(({ name, data, width }) => {
    const sum = new Float32Array(data.length);
    for (const { table, rows: ids, values } of rows) {
      if (table.name !== name) continue;
      ids.forEach((row, i) => {
        for (let c = 0; c < width && row >= 0; c++) sum[row * width + c]! += values[i * width + c]!;
      });
    }
    return [...sum];
  });
  return {
    logits,
    loss,
    gradients: [...dense.flatMap((gradient) => [...gradient.dataSync()]), ...tables.flat()],
  };
}

export type Learnt = Awaited<ReturnType<typeof learntFrom>>;

/** Logits to 1e-5, gradients to 2e-5. */
export function expectAlike(found: Learnt, expected: Learnt): void {
  expect(found.logits.size).toBe(expected.logits.size);
  for (const [row, logit] of expected.logits) {
    expect(Math.abs(found.logits.get(row)! - logit)).toBeLessThan(1e-5);
  }
  expect(Math.abs(found.loss - expected.loss)).toBeLessThan(1e-5);
  expect(found.gradients.length).toBe(expected.gradients.length);
  const furthest = Math.max(...expected.gradients.map((value, i) => Math.abs(value - found.gradients[i]!)));
  expect(furthest).toBeLessThan(2e-5);
}

/** As many numbers, each nearer than the tolerance. */
export function expectNear(found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThan(tolerance);
  });
}
