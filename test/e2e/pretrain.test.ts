import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { openRun } from '../../src/runs/index.js';
import { temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

const folder = temporaryFolder();
const results = join(folder, 'results');
const file = join(folder, 'ncf.yaml');
// A rate at which float32 does not change: what is saved is what training began with.
writeFileSync(
  file,
  `data: { source: { world: quickstart, scale: 0.05 } }
model: { name: ncf, factors: 3, layers: [8, 4] }
train: { epochs: 1, batchSize: 512, optimizer: { name: sgd, learningRate: 1.0e-30 } }
evaluate: { metrics: [auc] }
engine: { name: wasm }
`,
);
const env = { MVREC_DATA_DIR: join(folder, 'data'), MVREC_RESULTS_DIR: results };
const train = (name: string, ...set: readonly string[]) =>
  runHere(['train', file, '--name', name, ...set.flatMap((one) => ['--set', one])], { cwd: folder, env });
const pretrain = 'model.pretrain={ gmf: gmf/latest, mlp: mlp/latest, alpha: 0.25 }';

/** Weights of the best epoch. */
async function weightsOf(
  name: string,
  names: readonly (readonly [name: string, shape: readonly number[]])[],
) {
  const run = await openRun(results, `${name}/latest`);
  const arrays = new Map(
    names.map(([key, shape]) => [key, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)) }]),
  );
  await run.loadCheckpoint('best', (best) => best.readInto(arrays));
  return (key: string) => Array.from(arrays.get(key)!.data);
}

beforeAll(async () => {
  for (const [name, seed] of [
    ['gmf', 2],
    ['mlp', 3],
  ] as const) {
    const { code, stderr } = await train(name, `model.variant=${name.toUpperCase()}`, `seed=${seed}`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
});

it('NeuMF begins where a GMF and an MLP ended, and remembers which', async () => {
  expect(await train('neumf', pretrain)).toMatchObject({ code: 0 });
  const gmf = await weightsOf('gmf', [
    ['gmf.user', [25, 3]],
    ['out.weight', [3, 1]],
    ['out.bias', [1]],
  ]);
  const mlp = await weightsOf('mlp', [
    ['mlp.layer.1.weight', [8, 4]],
    ['out.weight', [4, 1]],
    ['out.bias', [1]],
  ]);
  const neumf = await weightsOf('neumf', [
    ['gmf.user', [25, 3]],
    ['mlp.layer.1.weight', [8, 4]],
    ['out.weight', [7, 1]],
  ]);
  for (const [name, of] of [
    ['gmf.user', gmf],
    ['mlp.layer.1.weight', mlp],
  ] as const) {
    expect([name, neumf(name).every((value, i) => value === of(name)[i])]).toEqual([name, true]);
  }
  const out = [...gmf('out.weight').map((w) => 0.25 * w), ...mlp('out.weight').map((w) => 0.75 * w)];
  expect(neumf('out.weight')).toEqual(out.map(Math.fround));
  const { model } = await (await openRun(results, 'neumf/latest')).experiment();
  const idOf = async (name: string) => `${name}/${(await openRun(results, `${name}/latest`)).id}`;
  expect(model).toMatchObject({ pretrain: { gmf: await idOf('gmf'), mlp: await idOf('mlp'), alpha: 0.25 } });
});

it.each([
  [
    'of another variant',
    [pretrain.replace('mlp/', 'gmf/')],
    /model\.pretrain\.mlp: run \S+ is of GMF, not MLP/,
  ],
  ['of another width', [pretrain, 'model.factors=4'], /pretrain\.gmf: run \S+ has model\.factors 3, not 4/],
  [
    'of another split',
    [pretrain, 'data.split.train=0.7'],
    /pretrain\.gmf: run \S+ was trained on other rows/,
  ],
  [
    'of another log',
    [pretrain, 'data.source.scale=0.06'],
    /pretrain\.gmf: run \S+ was trained on other rows/,
  ],
  ['that there is not', [pretrain.replace('gmf/', 'gmx/')], /there is no run gmx\/latest/],
])('refuses a run %s', async (_, set, words) => {
  const { code, stderr } = await train('refused', ...set);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(words) });
  await expect(openRun(results, 'refused/latest')).rejects.toThrow('there is no run');
});
