/** THACIL, the setting of the paper: training from planned batches, or scores of the test part. */
import { HeldVectors, planEpoch } from '../../dist/data/index.js';
import { Optimizer } from '../../dist/engine/index.js';
import { scoreRows } from '../../dist/evaluation/index.js';
import { buildModel, thacilSchema } from '../../dist/models/index.js';
import { trainStep } from '../../dist/training/step.js';
import { CATEGORIES, FEATURE_WIDTH } from '../comparisons/thacilInputs.mjs';
import { checkedRows, firstStep } from './firstStep.mjs';
import { load } from './inputs.mjs';
import { adam, serve, settings, startEngine } from './side.mjs';
import { epochs } from './steps.mjs';
import { staticLog } from './store.mjs';
import { shareWeights } from './weights.mjs';

async function loadData() {
  const [offsets, item, label, test, category, features] = await load(
    'offsets',
    'item',
    'label',
    'test',
    'category',
    'features',
  );
  return staticLog({
    offsets,
    item,
    label,
    test,
    items: {
      categories: { category: { values: category, cardinality: CATEGORIES } },
      tags: {},
      texts: {},
      vectors: { cover: new HeldVectors(features, FEATURE_WIDTH) },
    },
    itemCount: category.length,
  });
}

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await loadData();
  const model = buildModel(thacilSchema.parse({ name: 'thacil', ...settings.model }), data, 1);
  await shareWeights(model.parameters);
  const run = settings.mode === 'eval' ? evaluation(model, data) : await training(model, data);
  return { device, threads, versions: { engine: version }, run };
});

async function training(model, data) {
  const { batching, batchSize, pairsPerUser = 1, steps, checked } = settings;
  const first = await firstStep(model, data, checkedRows(data, checked));
  const optimizer = new Optimizer(model.parameters, adam);
  const plan = (epoch) =>
    planEpoch(data, {
      histories: model.histories,
      batchSize,
      batching,
      pairsPerUser,
      negatives: { kind: 'logged', ratio: 'all' },
      pairing: model.pairing,
      lastBatch: 'drop',
      seed: 1,
      epoch,
    });
  const run = epochs(plan, steps, (batch, key) => trainStep(model, optimizer, batch, 1e-3, key));
  return async () => {
    const { checks, ...rest } = await run();
    return { ...rest, checks: { ...checks, ...first } };
  };
}

/** Scores the test part; the checked rows are those that the other side scores. */
function evaluation(model, data) {
  const rows = data.split.test;
  const { checked, contextsPerBatch } = settings;
  const every = Math.floor(rows.length / checked);
  return async () => {
    const anew = rows.slice(); // else what was laid out for the last evaluation would be taken
    const began = performance.now();
    const scores = await scoreRows(model, data, anew, { contextsPerBatch });
    const seconds = (performance.now() - began) / 1000;
    const logits = Array.from({ length: checked }, (_, i) =>
      Math.log(scores[i * every] / (1 - scores[i * every])),
    );
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / checked;
    const checks = { meanLogit: mean(logits), meanSquare: mean(logits.map((logit) => logit ** 2)) };
    return { seconds, examples: rows.length, checks };
  };
}
