/** ALPINE-Base: both lists of a user are encoded once for all impressions of the user. */
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../dist/base/index.js';
import { BatchAssembler } from '../../dist/data/batch.js';
import { HeldVectors, prepare } from '../../dist/data/index.js';
import { inference, Optimizer } from '../../dist/engine/index.js';
import { alpineSchema, buildModel } from '../../dist/models/index.js';
import { trainStep } from '../../dist/training/step.js';
import { load } from './inputs.mjs';
import { adam, serve, settings, startEngine } from './side.mjs';
import { shareWeights } from './weights.mjs';

const WIDTH = 64;

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await loadData();
  const model = buildModel(alpineSchema.parse({ name: 'alpine', variant: 'ALPINE_Base' }), data, 1);
  await shareWeights(model.parameters);
  const optimizer = new Optimizer(model.parameters, adam);
  const batchOf = batches(data, model.histories);

  // The edges of all users are found here, once: the other side reads them from a file.
  const { length: users } = data.store.userIds;
  for (let user = 0; user < users; user++) tf.tidy(() => logitsOf(model, batchOf([user])).size);
  const startLogit = tf.tidy(
    () =>
      logitsOf(model, batchOf([0]))
        .mean()
        .dataSync()[0],
  );
  const random = randomStream('bench', 'order');
  const run = async () => {
    let examples = 0;
    let loss = 0;
    for (let i = 0; i < settings.steps; i++) {
      const batch = batchOf([...random.sample(users, settings.usersPerStep)]);
      loss += (await trainStep(model, optimizer, batch, 1e-3, [1, i])) / settings.steps;
      examples += batch.pairs.count;
    }
    return { examples, checks: { startLogit, loss } };
  };
  return { device, threads, versions: { engine: version }, run };
});

function logitsOf(model, batch) {
  const items = model.encodeItems(batch.items, inference);
  return model.logits(model.encodeContexts(batch, items, inference), items, batch.pairs, inference);
}

/** The log of the inputs; nothing is kept for validation or test but what a split must have. */
async function loadData() {
  const [features, user, item, label] = await load('features', 'user', 'item', 'label');
  const users = user.at(-1) + 1;
  const items = features.length / WIDTH;
  const none = { categories: {}, tags: {}, texts: {}, vectors: {} };
  const store = {
    name: 'bench',
    fingerprint: 'none',
    caveat: null,
    userIds: Array.from({ length: users }, (_, u) => String(u)),
    itemIds: Array.from({ length: items }, (_, i) => String(i)),
    interactions: {
      rows: user.length,
      userOffsets: Int32Array.from({ length: users + 1 }, (_, u) => (u * user.length) / users),
      user,
      item,
      time: Float64Array.from(user.keys()),
      columns: { is_click: label },
    },
    items: { ...none, vectors: { cover: new HeldVectors(features, WIDTH) } },
    users: none,
    histories: {},
    truth: {},
  };
  const split = { kind: 'time', scope: 'user', train: 0.99, validation: 0.005 };
  return prepare(store, { label: 'is_click', split });
}

/** Makes batches of all impressions of users. */
function batches(data, histories) {
  const assembler = new BatchAssembler(data, { histories });
  const { item, userOffsets } = data.store.interactions;
  const sampling = { per: 'context', stream: () => randomStream('bench', 'unused') };
  return (users) => {
    const rows = Int32Array.from(
      users.flatMap((u) =>
        Array.from({ length: userOffsets[u + 1] - userOffsets[u] }, (_, i) => userOffsets[u] + i),
      ),
    );
    const of = (column) => rows.map((row) => column[row]);
    const label = Float32Array.from(rows, (row) => data.label[row]);
    return assembler.assemble({ anchor: rows, item: of(item), label, row: rows }, sampling);
  };
}
