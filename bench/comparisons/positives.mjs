/** Comparisons on real logs of positives, left one out. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { leaveOneOut, readLog, writeLeaveOneOut } from '../lib/leaveOneOut.mjs';

const logs = { microlens: 'microlens-50k', kwai: 'kwai' };

/** Every log in a folder of its own within the comparison's. */
async function prepare(folder, { quick }) {
  for (const [name, source] of Object.entries(logs)) {
    await mkdir(join(folder, name));
    await writeLeaveOneOut(join(folder, name), leaveOneOut(readLog(source), quick ? 300 : undefined));
  }
}

const ours = (script, settings) => ({ script: `ours/${script}.mjs`, settings });
const cornac = (settings) => ({ script: 'theirs/cornac_models.py', venv: 'cornac', settings });
const recbole = (settings) => ({ script: 'theirs/recbole_models.py', venv: 'recbole', settings });

/** One row a log and rival. */
function rows(rivals) {
  return Object.entries(logs).flatMap(([log, source]) =>
    rivals.map(({ rival, what, ours, theirs, ...rest }) => ({
      name: rival.name ? `${log}-${rival.name}` : log,
      what: `${what}, ${source}`,
      against: rival.words,
      ours: { ...ours, settings: { log, ...ours.settings } },
      theirs: { ...theirs, settings: { log, ...theirs.settings } },
      ...rest,
    })),
  );
}

export const bpr = {
  name: 'bpr',
  about: 'BPR training, 64 factors',
  prepare,
  rows: rows([
    {
      rival: { name: 'cornac', words: "Cornac's C++ SGD, one thread" },
      what: 'BPR training, 64 factors',
      unit: 'pairs/s',
      ours: ours('bpr', { factors: 64, learningRate: 0.05, l2: 0.001 }),
      theirs: cornac({ model: 'BPR', factors: 64, learningRate: 0.05, l2: 0.001, epochs: 20 }),
    },
    {
      rival: { name: 'recbole', words: 'RecBole, Adam, batches of 2,048' },
      what: 'BPR training, 64 factors',
      unit: 'pairs/s',
      ours: ours('bpr', { factors: 64, learningRate: 0.05, l2: 0.001 }),
      theirs: recbole({ model: 'BPR', config: { embedding_size: 64 } }),
    },
  ]),
};

/** RecBole has one more hidden layer than Cornac for the same widths of embeddings; ours is built like the rival. */
const neumfModels = [
  {
    rival: { name: 'recbole', words: 'RecBole' },
    layers: [128, 128, 64],
    theirs: recbole({
      model: 'NeuMF',
      config: {
        mf_embedding_size: 64,
        mlp_embedding_size: 64,
        mlp_hidden_size: [128, 64],
        dropout_prob: 0,
        train_neg_sample_args: { distribution: 'uniform', sample_num: 1 },
      },
    }),
  },
  { rival: { name: 'cornac', words: 'Cornac (torch)' }, layers: [128, 64], theirs: cornac({ model: 'NeuMF' }) },
];

export const neumf = {
  name: 'neumf',
  about: 'NeuMF training: seconds per epoch',
  prepare,
  rows: rows(
    neumfModels.map(({ rival, layers, theirs }) => ({
      rival,
      what: 'NeuMF training, 64-d, 1 negative',
      unit: 'pairs/s',
      ours: ours('neumf', { layers }),
      theirs,
      repetitions: 3,
    })),
  ),
};

export const ranking = {
  name: 'ranking',
  about: 'full ranking of all users, BPR 64-d, HR@10 and NDCG@10',
  prepare,
  rows: rows([
    {
      rival: { words: "RecBole's batched full sort" },
      what: 'full ranking of all users',
      unit: 'users/s',
      ours: ours('ranking', { factors: 64 }),
      theirs: recbole({ model: 'BPR', config: { embedding_size: 64 }, mode: 'rank' }),
    },
  ]),
};
