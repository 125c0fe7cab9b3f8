/** ALPINE-Base on a made-up log of KuaiShou's shape: long lists, about 1,000 impressions a user. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy, randomStream } from '../../dist/base/index.js';
import { similarEdges } from '../../dist/layers/index.js';
import { againstTwins } from './twins.mjs';

const WIDTH = 64;
const LENGTH = 300;
/** Share of impressions that are clicked: both lists of a user then fill up. */
const CLICKED = 0.3;

/**
 * `features` [items, 64]; by user `positive` and `negative` [users, 300], the first of each kind, and their `...Edges`;
 * by impression, users in order, `user`, `item`, `label`, and how much of each list precedes it: `...Length`.
 */
async function writeInputs(folder, { quick }) {
  const { users, impressions, items } = quick
    ? { users: 4, impressions: 450, items: 2_000 }
    : { users: 32, impressions: 1_000, items: 50_000 };
  const random = randomStream('bench', 'alpine');
  const features = Float32Array.from({ length: items * WIDTH }, () => 0.3 * random.normal());
  const rows = users * impressions;
  const item = Int32Array.from({ length: rows }, () => random.int(items));
  const label = Float32Array.from({ length: rows }, () => (random.uniform() < CLICKED ? 1 : 0));
  const user = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / impressions));
  const save = (name, data, shape = [data.length]) =>
    writeFile(join(folder, `${name}.npy`), encodeNpy(data, shape));
  for (const [name, value] of [
    ['positive', 1],
    ['negative', 0],
  ]) {
    const list = new Int32Array(users * LENGTH);
    const edges = new Int32Array(users * LENGTH);
    const filled = new Int32Array(users);
    const length = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      const u = user[row];
      length[row] = filled[u];
      if (label[row] === value && filled[u] < LENGTH) list[u * LENGTH + filled[u]++] = item[row];
    }
    for (let u = 0; u < users; u++) {
      const own = list.subarray(u * LENGTH, u * LENGTH + filled[u]);
      edges.set(similarEdges(features, WIDTH, own, { excludesPrevious: true }), u * LENGTH);
    }
    await save(name, list, [users, LENGTH]);
    await save(`${name}Edges`, edges, [users, LENGTH]);
    await save(`${name}Length`, length);
  }
  await save('features', features, [items, WIDTH]);
  for (const [name, data] of Object.entries({ user, item, label })) await save(name, data);
}

const row = {
  name: 'alpine',
  what: 'ALPINE-Base training, T = 300, 1,000 impressions a user',
  against: 'PyTorch, one LSTM pass per impression',
  unit: 'impressions/s',
  ours: {
    script: 'ours/alpine.mjs',
    settings: { usersPerStep: 8, steps: 12 },
    quick: { usersPerStep: 2, steps: 1 },
  },
  theirs: {
    script: 'theirs/alpine.py',
    venv: 'torch',
    settings: { batchSizes: [64, 128, 256], examples: 512 },
    quick: { batchSizes: [16], examples: 16 },
  },
  agree: { startLogit: 1e-4 },
};

export const alpine = {
  name: 'alpine-train',
  seconds: 20,
  about: 'ALPINE-Base training, T = 300',
  prepare: writeInputs,
  rows: [row, againstTwins(row)],
};
