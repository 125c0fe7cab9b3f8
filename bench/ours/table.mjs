/**
 * Steps of a table that is trained by rows: lookup of 4,096 distinct rows, the mean of their squared distances to the
 * target 1, gradient, lazy Adam.
 */

import { randomStream } from '../../dist/base/index.js';
import { constant, Optimizer, ParameterSet } from '../../dist/engine/index.js';
import { adam, serve, settings, startEngine } from './side.mjs';

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const { rows, width, touched, steps } = settings;
  const parameters = new ParameterSet(1);
  const table = parameters.addTable('table', rows, width, constant(0));
  const optimizer = new Optimizer(parameters, adam);
  const random = randomStream('bench', 'table');
  const run = async () => {
    const batches = Array.from({ length: steps }, () => random.shuffle(random.sample(rows, touched)));
    const began = performance.now();
    let loss = 0;
    for (const ids of batches) {
      const gradients = await parameters.gradients(() => table.lookup(ids).sub(1).square().mean());
      loss += gradients.loss;
      await optimizer.apply(gradients, 1e-3);
    }
    return { seconds: (performance.now() - began) / 1000, examples: steps, checks: { loss: loss / steps } };
  };
  return { device, threads, versions: { engine: version }, run };
});
