/** ALPINE-Base of our layers: both lists of a user are encoded once for all impressions of the user. */
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../dist/base/index.js';
import { Optimizer, ParameterSet } from '../../dist/engine/index.js';
import { candidateAttention, linear, mlp, temporalGraphLstm } from '../../dist/layers/index.js';
import { load } from './inputs.mjs';
import { adam, serve, settings, startEngine } from './side.mjs';
import { shareWeights } from './weights.mjs';

const WIDTH = 64;
const LENGTH = 300;
const MIX = { clicked: 0.58, skipped: 0.18 };
const KINDS = ['clicked', 'skipped'];

/** An encoder, an attention and a head for one kind of list. */
function branch(parameters, kind) {
  const cell = { inputs: WIDTH, units: WIDTH, edgeCell: 'previous' };
  const encoder = temporalGraphLstm(parameters, kind, cell);
  const attention = candidateAttention(parameters, `${kind}.attention`, { width: WIDTH, kind: 'scaledDot' });
  const hidden = mlp(parameters, `${kind}.hidden`, [2 * WIDTH, 128]);
  const out = linear(parameters, `${kind}.out`, { inputs: 128, outputs: 1, bias: true });
  return {
    matrices: [...hidden.layers.map(({ weight }) => weight), out.weight],
    logits: ({ x, lengths, edges, places }, candidates) => {
      const interest = attention.apply(encoder.apply(x, lengths, edges), candidates, places);
      return out.apply(hidden.apply(tf.concat([interest, candidates], 1))).reshape([-1]);
    },
  };
}

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const data = await loadInputs();
  const parameters = new ParameterSet(1);
  const branches = Object.fromEntries(KINDS.map((kind) => [kind, branch(parameters, kind)]));
  await shareWeights(parameters);
  const optimizer = new Optimizer(parameters, adam);

  const logitsOf = (batch) => {
    const candidates = tf.tensor2d(rowsOf(data.features, batch.item), [batch.item.length, WIDTH]);
    return tf.addN(
      KINDS.map((kind) => branches[kind].logits(listsOf(data, kind, batch), candidates).mul(MIX[kind])),
    );
  };
  const step = async (batch) => {
    const gradients = await parameters.gradients(() => {
      const logits = logitsOf(batch);
      const loss = tf
        .softplus(logits)
        .sub(logits.mul(tf.tensor1d(batch.label)))
        .mean();
      const squares = KINDS.flatMap((kind) =>
        branches[kind].matrices.map((weight) => weight.value().square().sum()),
      );
      return loss.add(tf.addN(squares).mul(0.5 * 5e-5));
    });
    await optimizer.apply(gradients, 1e-3);
    return gradients.loss;
  };

  const startLogit = tf.tidy(
    () =>
      logitsOf(batchOf(data, Int32Array.of(0)))
        .mean()
        .dataSync()[0],
  );
  const random = randomStream('bench', 'order');
  const run = async () => {
    let examples = 0;
    let loss = 0;
    for (let i = 0; i < settings.steps; i++) {
      const batch = batchOf(data, random.sample(data.users, settings.usersPerStep));
      loss += (await step(batch)) / settings.steps;
      examples += batch.item.length;
    }
    return { examples, checks: { startLogit, loss } };
  };
  return { device, threads, versions: { engine: version }, run };
});

async function loadInputs() {
  const names = [
    'features',
    'user',
    'item',
    'label',
    ...KINDS.flatMap((kind) => [kind, `${kind}Edges`, `${kind}Length`]),
  ];
  const arrays = await load(...names);
  const data = Object.fromEntries(names.map((name, i) => [name, arrays[i]]));
  const users = data.clicked.length / LENGTH;
  return { ...data, users, perUser: data.user.length / users };
}

/** All impressions of the given users. `sequence`: position of each one's user among them. */
function batchOf({ item, label, perUser }, users) {
  const rows = Int32Array.from(
    { length: users.length * perUser },
    (_, i) => users[Math.floor(i / perUser)] * perUser + (i % perUser),
  );
  const sequence = rows.map((_, i) => Math.floor(i / perUser));
  return {
    users,
    rows,
    sequence,
    item: rows.map((row) => item[row]),
    label: Float32Array.from(rows, (row) => label[row]),
  };
}

/** The users' lists of one kind, each as long as an impression of the batch needs it. */
function listsOf(data, kind, { users, rows, sequence }) {
  const length = rows.map((row) => data[`${kind}Length`][row]);
  const lengths = new Int32Array(users.length);
  length.forEach((n, i) => {
    lengths[sequence[i]] = Math.max(lengths[sequence[i]], n);
  });
  const items = new Int32Array(users.length * LENGTH);
  const edges = new Int32Array(users.length * LENGTH);
  users.forEach((user, s) => {
    items.set(data[kind].subarray(user * LENGTH, (user + 1) * LENGTH), s * LENGTH);
    edges.set(data[`${kind}Edges`].subarray(user * LENGTH, (user + 1) * LENGTH), s * LENGTH);
  });
  const x = tf.tensor3d(rowsOf(data.features, items), [users.length, LENGTH, WIDTH]);
  return { x, lengths, edges, places: { sequence, length } };
}

function rowsOf(features, items) {
  const rows = new Float32Array(items.length * WIDTH);
  for (let i = 0; i < items.length; i++) {
    rows.set(features.subarray(items[i] * WIDTH, (items[i] + 1) * WIDTH), i * WIDTH);
  }
  return rows;
}
