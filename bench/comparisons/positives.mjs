/** Comparisons on real logs of positives, of which each user's last two rows are left out. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy, randomStream } from '../../dist/base/index.js';
import { openSharedLog } from '../lib/sharedLog.mjs';
import { againstTwins } from './twins.mjs';

const logs = { microlens: 'microlens-50k', kwai: 'kwai' };

/** Imports each log into a folder of its own and writes the parts for the other side, users and items as numbers. */
async function prepare(folder) {
  for (const [log, name] of Object.entries(logs)) {
    const inputs = join(folder, log);
    await mkdir(inputs);
    const data = await openSharedLog(name, inputs);
    const { user, item } = data.store.interactions;
    for (const [part, rows] of Object.entries(data.split)) {
      await save(
        join(inputs, `${part}User.npy`),
        rows.map((row) => user[row]),
      );
      await save(
        join(inputs, `${part}Item.npy`),
        rows.map((row) => item[row]),
      );
    }
  }
}

const save = (path, data, shape = [data.length]) => writeFile(path, encodeNpy(data, shape));

/**
 * Vectors for a ranking: random ones, but each user's leans towards the user's test item, so that some are found.
 * Items without a train row have none (they score 0 on both sides).
 */
async function prepareVectors(folder) {
  await prepare(folder);
  for (const [log, name] of Object.entries(logs)) {
    const inputs = join(folder, log);
    const { store, split, warmItems } = await openSharedLog(name, inputs);
    const random = randomStream('bench', 'ranking', log);
    const items = Float32Array.from({ length: store.itemIds.length * FACTORS }, (_, i) =>
      warmItems[Math.floor(i / FACTORS)] ? random.normal() : 0,
    );
    const users = Float32Array.from({ length: store.userIds.length * FACTORS }, () => random.normal());
    for (const row of split.test) {
      const { user, item } = store.interactions;
      for (let f = 0; f < FACTORS; f++)
        users[user[row] * FACTORS + f] += 0.35 * items[item[row] * FACTORS + f];
    }
    await save(join(inputs, 'userVectors.npy'), users, [store.userIds.length, FACTORS]);
    await save(join(inputs, 'itemVectors.npy'), items, [store.itemIds.length, FACTORS]);
  }
}

const FACTORS = 64;
const ours = (script, settings) => ({ script: `ours/${script}.mjs`, settings });
const cornac = (settings) => ({ script: 'theirs/cornac_models.py', venv: 'cornac', settings });
const recbole = (settings) => ({ script: 'theirs/recbole_models.py', venv: 'recbole', settings });

/** One row a log and rival; the first again against ours without kernels. */
function rows(rivals) {
  const all = Object.entries(logs).flatMap(([log, source]) =>
    rivals.map(({ rival, what, ours, theirs, ...rest }) => ({
      name: rival.name ? `${log}-${rival.name}` : log,
      what: `${what}, ${source}`,
      against: rival.words,
      ours: { ...ours, settings: { log, ...ours.settings } },
      theirs: { ...theirs, settings: { log, ...theirs.settings } },
      ...rest,
    })),
  );
  return [...all, againstTwins(all[0])];
}

/** Loss of a first step of given couples, and the norm of its gradient, with the same weights. */
const firstStepAgrees = { firstLoss: 1e-5, gradientNorm: 1e-5 };
const couples = { factors: FACTORS, learningRate: 0.05, l2: 0.001, epochs: 40 };

export const bpr = {
  name: 'bpr',
  seconds: 24,
  about: 'BPR training, 64 factors',
  prepare,
  rows: rows([
    {
      rival: { name: 'cornac', words: "Cornac's C++ SGD, one thread" },
      what: 'BPR training by couples, 64 factors',
      unit: 'couples/s',
      ours: ours('bpr', { ...couples, update: 'couple', itemBias: true, batchSize: 65_536 }),
      theirs: cornac({ ...couples, model: 'BPR' }),
      agree: { inOrder: 0.05 },
    },
    {
      rival: { name: 'recbole', words: 'RecBole, Adam, 2,048 couples a step' },
      what: 'BPR training by steps, 64 factors',
      unit: 'couples/s',
      ours: ours('bpr', {
        factors: FACTORS,
        update: 'step',
        itemBias: false,
        learningRate: 1e-3,
        l2: 0,
        epochs: 1,
        batchSize: 4096, // pairs: 2,048 couples
      }),
      theirs: recbole({ model: 'BPR', config: { embedding_size: FACTORS } }),
      agree: firstStepAgrees,
    },
  ]),
};

/** RecBole has one more hidden layer than Cornac for the same widths of embeddings; ours is built like the rival. */
const recboleNeumf = {
  model: 'NeuMF',
  config: {
    mf_embedding_size: 64,
    mlp_embedding_size: 64,
    mlp_hidden_size: [128, 64],
    dropout_prob: 0,
    train_neg_sample_args: { distribution: 'uniform', sample_num: 1 },
  },
};
const recboleSizes = { layers: [128, 128, 64], batchSize: 2048 }; // pairs, the sampled ones included
const neumfModels = [
  {
    rival: { name: 'recbole', words: 'RecBole, Adam of all rows' },
    ...recboleSizes,
    theirs: recbole(recboleNeumf),
  },
  {
    rival: { name: 'sparse', words: 'RecBole with sparse tables and SparseAdam' },
    ...recboleSizes,
    theirs: recbole({ ...recboleNeumf, sparse: true }),
  },
  {
    rival: { name: 'cornac', words: 'Cornac (torch), Adam of all rows' },
    layers: [128, 64],
    batchSize: 4096,
    theirs: cornac({ model: 'NeuMF' }),
  },
];

export const neumf = {
  name: 'neumf',
  seconds: 75,
  about: 'NeuMF training: seconds per epoch',
  prepare,
  rows: rows(
    neumfModels.map(({ rival, layers, batchSize, theirs }) => ({
      rival,
      what: 'NeuMF training, 64-d, 1 negative',
      unit: 'pairs/s',
      agree: firstStepAgrees,
      ours: ours('neumf', { layers, batchSize }),
      theirs,
    })),
  ),
};

export const ranking = {
  name: 'ranking',
  seconds: 15,
  about: 'full ranking of all users, BPR 64-d, HR@10 and NDCG@10',
  prepare: prepareVectors,
  rows: rows([
    {
      rival: { words: "RecBole's batched full sort" },
      what: 'full ranking of all users',
      unit: 'users/s',
      ours: ours('ranking', { factors: FACTORS, rounds: 4 }),
      theirs: recbole({ model: 'BPR', config: { embedding_size: FACTORS }, rank: true }),
      agree: { hr: 1e-3, ndcg: 1e-3 },
    },
  ]),
};
