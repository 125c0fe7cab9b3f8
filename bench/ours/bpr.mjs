/** BPR: epochs of one couple a positive row. */

import { planEpoch } from '../../dist/data/index.js';
import { Optimizer } from '../../dist/engine/index.js';
import { bprSchema, buildModel } from '../../dist/models/index.js';
import { trainStep } from '../../dist/training/step.js';
import { openLog, shareInOrder } from './log.mjs';
import { adam, serve, settings, startEngine } from './side.mjs';

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await openLog();
  const { factors } = settings;
  const model = buildModel(bprSchema.parse({ name: 'bpr', factors }), data, 1);
  const optimizer = new Optimizer(model.parameters, adam);
  const [users, items, bias] = model.parameters.tables.map((table) => table.data);
  const score = (u, i) => {
    let sum = bias[i];
    for (let f = 0; f < factors; f++) sum += users[u * factors + f] * items[i * factors + f];
    return sum;
  };
  let epoch = 0;
  const run = async () => {
    const began = performance.now();
    const plan = planEpoch(data, {
      history: null,
      batchSize: 8192,
      batching: 'shuffled',
      pairsPerUser: 1,
      negatives: { kind: 'uniform', count: 1 },
      pairing: 'pairwise',
      lastBatch: 'keep',
      seed: 1,
      epoch,
    });
    let couples = 0;
    for (let step = 0; step < plan.steps; step++) {
      const batch = plan.batch(step);
      await trainStep(model, optimizer, batch, 1e-3, [1, epoch, step]);
      couples += batch.pairs.count / 2;
    }
    epoch++;
    const seconds = (performance.now() - began) / 1000;
    return { seconds, examples: couples, checks: { inOrder: shareInOrder(data, score) } };
  };
  return { device, threads, versions: { engine: version }, run };
});
