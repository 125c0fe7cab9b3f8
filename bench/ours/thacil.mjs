/** THACIL, the setting of the paper: training from planned batches, or scores of all rows. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { encodeNpy, randomStream } from '../../dist/base/index.js';
import { HeldVectors, planEpoch } from '../../dist/data/index.js';
import { Optimizer } from '../../dist/engine/index.js';
import { scoreRows } from '../../dist/evaluation/index.js';
import { buildModel, thacilSchema } from '../../dist/models/index.js';
import { trainStep } from '../../dist/training/step.js';
import { CATEGORIES, FEATURE_WIDTH } from '../comparisons/thacilInputs.mjs';
import { load } from './inputs.mjs';
import { serve, settings, startEngine } from './side.mjs';
import { epochs } from './steps.mjs';
import { staticLog } from './store.mjs';

async function loadData() {
  const [offsets, item, label, category, features] = await load(
    'offsets',
    'item',
    'label',
    'category',
    'features',
  );
  return staticLog({
    offsets,
    item,
    label,
    items: {
      categories: { category: { values: category, cardinality: CATEGORIES } },
      vectors: { cover: new HeldVectors(features, FEATURE_WIDTH) },
    },
    itemCount: category.length,
  });
}

/** Weights that the other side begins with too; no bias is 0 and no gain 1, so that a wrong place would show. */
async function shareWeights({ parameters }) {
  const folder = join(settings.folder, 'weights');
  await mkdir(folder, { recursive: true });
  for (const parameter of parameters.dense) {
    const { name, shape } = parameter;
    const values = Float32Array.from(await parameter.value().data());
    const random = randomStream('bench', name);
    if (shape.length === 1) for (let i = 0; i < values.length; i++) values[i] += 0.1 * random.normal();
    await writeFile(join(folder, `${name}.npy`), encodeNpy(values, shape));
    tf.tidy(() => parameters.setDense(name, tf.tensor(values, [...shape])));
  }
}

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await loadData();
  const options = { name: 'thacil', historyTarget: 'include' };
  const model = buildModel(thacilSchema.parse(options), data, 1);
  await shareWeights(model);
  const run = settings.mode === 'eval' ? evaluation(model, data) : training(model, data);
  return { device, threads, versions: { engine: version }, run };
});

function training(model, data) {
  const { batching, batchSize, pairsPerUser = 1, steps } = settings;
  const optimizer = new Optimizer(model.parameters, {
    name: 'adam',
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clipNorm: null,
  });
  const plan = (epoch) =>
    planEpoch(data, {
      history: model.history,
      batchSize,
      batching,
      pairsPerUser,
      negatives: { kind: 'logged', ratio: 'all' },
      pairing: model.pairing,
      lastBatch: 'drop',
      seed: 1,
      epoch,
    });
  return epochs(plan, steps, (batch, key) => trainStep(model, optimizer, batch, 1e-3, key));
}

/** Scores every row; the checked ones are those that the other side scores. */
function evaluation(model, data) {
  const rows = data.split.train;
  const { checked, contextsPerBatch } = settings;
  const every = Math.floor(rows.length / checked);
  return async () => {
    const began = performance.now();
    const scores = await scoreRows(model, data, rows, { contextsPerBatch });
    const seconds = (performance.now() - began) / 1000;
    const logits = Array.from({ length: checked }, (_, i) =>
      Math.log(scores[i * every] / (1 - scores[i * every])),
    );
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / checked;
    const checks = { meanLogit: mean(logits), meanSquare: mean(logits.map((logit) => logit ** 2)) };
    return { seconds, examples: rows.length, checks };
  };
}
