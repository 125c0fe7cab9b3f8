/** BPR: epochs of one couple a positive row, by couples (plain SGD) or by steps (Adam). */
import { planEpoch } from '../../dist/data/index.js';
import { Optimizer } from '../../dist/engine/index.js';
import { bprSchema, buildModel } from '../../dist/models/index.js';
import { plannedSteps } from '../../dist/training/step.js';
import { checkedCouples, firstStep } from './firstStep.mjs';
import { openLog, shareInOrder } from './log.mjs';
import { adam, serve, settings, startEngine } from './side.mjs';
import { shareWeights } from './weights.mjs';

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await openLog();
  const { factors, update, itemBias, learningRate, l2, epochs, batchSize } = settings;
  const model = buildModel(
    bprSchema.parse({ name: 'bpr', factors, update, itemBias, l2Weight: l2 }),
    data,
    1,
  );
  await shareWeights(model.parameters);
  const first = update === 'step' ? await firstStep(model, data, checkedCouples(data, 64)) : {};
  const optimizer = new Optimizer(model.parameters, update === 'couple' ? { ...adam, name: 'sgd' } : adam);
  const planOf = (epoch) =>
    planEpoch(data, {
      histories: [],
      batchSize,
      batching: 'shuffled',
      pairsPerUser: 1,
      negatives: { kind: 'uniform', count: 1 },
      pairing: 'pairwise',
      lastBatch: 'keep',
      seed: 1,
      epoch,
    });
  let epoch = 0;
  const run = async () => {
    const began = performance.now();
    let pairs = 0;
    for (const last = epoch + epochs; epoch < last; epoch++) {
      const steps = plannedSteps(model, optimizer, planOf(epoch), 1);
      for (let step = 0; step < steps.count; step++) {
        pairs += (await steps.take({ epoch, step, learningRate })).pairs;
      }
    }
    const seconds = (performance.now() - began) / 1000;
    const inOrder = shareInOrder(data, scoreOf(model, factors));
    return { seconds, examples: pairs / 2, checks: { inOrder, ...first } };
  };
  return { device, threads: update === 'couple' ? 1 : threads, versions: { engine: version }, run };
});

/** p_u . q_i + b_i */
function scoreOf({ parameters }, factors) {
  const [users, items, bias] = parameters.tables.map((table) => table.data);
  return (user, item) => {
    let sum = bias?.[item] ?? 0;
    for (let f = 0; f < factors; f++) sum += users[user * factors + f] * items[item * factors + f];
    return sum;
  };
}
