/** HR@10 and NDCG@10 of every user's test item among all items but the user's others, for given vectors. */
import { join } from 'node:path';
import { evaluate } from '../../dist/evaluation/index.js';
import { bprSchema, buildModel } from '../../dist/models/index.js';
import { load } from './inputs.mjs';
import { openLog } from './log.mjs';
import { serve, settings, startEngine } from './side.mjs';

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await openLog();
  const model = buildModel(
    bprSchema.parse({ name: 'bpr', factors: settings.factors, itemBias: false }),
    data,
    1,
  );
  const vectors = await load(join(settings.log, 'userVectors'), join(settings.log, 'itemVectors'));
  const [users, items] = model.parameters.tables;
  users.data.set(vectors[0]);
  items.data.set(vectors[1]);
  const names = ['hr@10', 'ndcg@10'];
  const options = { candidates: { kind: 'catalogue' }, contextsPerBatch: 256 };
  const run = async () => {
    let found;
    for (let i = 0; i < settings.rounds; i++) found = await evaluate(model, data, 'test', names, options);
    const [hr, ndcg] = Object.values(found.metrics);
    return { examples: settings.rounds * data.split.test.length, checks: { hr, ndcg } };
  };
  return { device, threads, versions: { engine: version }, run };
});
