import { beforeAll, expect, it } from '@jest/globals';
import { fromArrays, weightArrays } from '../../src/engine/index.js';
import { joinPretrained, type Model, ncfSchema } from '../../src/models/index.js';
import { batchOf, preparedOf } from '../support/batches.js';
import { useEngine } from '../support/engines.js';
import { fillWithWaves } from '../support/gradients.js';
import { logitsOf, trainable } from '../support/training.js';

beforeAll(() => useEngine('cpu'));

const data = preparedOf({
  users: 3,
  items: 4,
  train: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 2, 1],
    [1, 3, 0],
  ],
});
const batch = batchOf(
  [0, 1, 2].map((user) => ({
    user,
    history: [],
    candidates: [0, 1, 2, 3].map((item) => [item, 1] as const),
  })),
  0,
);
const options = ncfSchema.parse({ name: 'ncf', factors: 3, layers: [4, 5, 2] });

/** With weights that differ from those of other variants. */
function trained(variant: 'GMF' | 'MLP', size: number): Model {
  const model = trainable({ ...options, variant }, data);
  fillWithWaves(model.parameters, size);
  return model;
}

it.each([0, 0.5, 0.8, 1])('NeuMF begins with the logits of both, mixed: alpha = %d', async (alpha) => {
  const [gmf, mlp] = [trained('GMF', 0.9), trained('MLP', 0.7)];
  const neumf = trainable(options, data);
  const [ofGmf, ofMlp] = await Promise.all(
    [gmf, mlp].map(async (model) => fromArrays(await weightArrays(model.parameters))),
  );
  await joinPretrained(neumf.parameters, { gmf: ofGmf!, mlp: ofMlp! }, options, alpha);
  const [own, first, second] = [neumf, gmf, mlp].map((model) => logitsOf(model, batch));
  const mixed = first!.map((logit, p) => alpha * logit + (1 - alpha) * second![p]!);
  expect(Math.max(...own!.map((logit, p) => Math.abs(logit - mixed[p]!)))).toBeLessThan(1e-6);
  expect(Math.abs(first![0]! - second![0]!)).toBeGreaterThan(0.01);
});

it('is for NeuMF alone, with a share between 0 and 1', () => {
  const pathOf = (more: object) =>
    ncfSchema.safeParse({ name: 'ncf', ...more }).error?.issues.map(({ path }) => path.join('.'));
  const pretrain = { gmf: 'a', mlp: 'b' };
  expect(ncfSchema.parse({ name: 'ncf', pretrain }).pretrain).toEqual({ ...pretrain, alpha: 0.5 });
  expect(pathOf({ variant: 'GMF', pretrain })).toEqual(['pretrain']);
  expect(pathOf({ pretrain: { gmf: 'a' } })).toEqual(['pretrain.mlp']);
  expect(pathOf({ pretrain: { ...pretrain, alpha: 1.5 } })).toEqual(['pretrain.alpha']);
});
