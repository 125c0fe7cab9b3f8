/** NeuMF: epochs of every positive row with one sampled item. */
import { planEpoch } from '../../dist/data/index.js';
import { Optimizer } from '../../dist/engine/index.js';
import { buildModel, ncfSchema } from '../../dist/models/index.js';
import { trainStep } from '../../dist/training/step.js';
import { checkedCouples, firstStep } from './firstStep.mjs';
import { openLog } from './log.mjs';
import { adam, serve, settings, startEngine } from './side.mjs';
import { shareWeights } from './weights.mjs';

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await openLog();
  const { layers, batchSize, steps = Number.POSITIVE_INFINITY } = settings;
  const model = buildModel(ncfSchema.parse({ name: 'ncf', factors: 64, layers }), data, 1);
  await shareWeights(model.parameters);
  const first = await firstStep(model, data, checkedCouples(data, 64));
  const optimizer = new Optimizer(model.parameters, adam);
  let epoch = 0;
  const run = async () => {
    const plan = planEpoch(data, {
      histories: [],
      batchSize,
      batching: 'shuffled',
      pairsPerUser: 1,
      negatives: { kind: 'uniform', count: 1 },
      pairing: 'pointwise',
      lastBatch: 'keep',
      seed: 1,
      epoch: ++epoch,
    });
    let pairs = 0;
    let loss = 0;
    for (let step = 0; step < Math.min(plan.steps, steps); step++) {
      const batch = plan.batch(step);
      loss += batch.pairs.count * (await trainStep(model, optimizer, batch, 1e-3, [1, epoch, step]));
      pairs += batch.pairs.count;
    }
    return { examples: pairs, checks: { loss: loss / pairs, ...first } };
  };
  return { device, threads, versions: { engine: version }, run };
});
