/**
 * Whole models as `npm run bench -- quality` trains them, beside the same libraries: the same rows, sizes and steps, one
 * thread on both sides. What they reach is compared there; here it is how long an epoch and an evaluation take.
 */
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { comparisons } from '../quality/comparisons.mjs';
import { logs } from '../quality/logs.mjs';
import { exportOf } from '../quality/peers.mjs';

/** Puts our splits, as the libraries read them, into the folder of the inputs. */
const prepare =
  (...names) =>
  async (folder) => {
    for (const log of names) await symlink((await exportOf(log)).folder, join(folder, log), 'junction');
  };

const byName = new Map(comparisons.map((row) => [row.name, row]));

/**
 * A row of the quality comparisons against the clock.
 *
 * @param timed what both sides do: `epoch`, `evaluation` or `fit` (ours/experiment.mjs)
 * @param more `set`: assignments on top of the experiment; `ours`, `theirs`: more settings; `quick` of either side
 */
function row(quality, timed, { name, words, unit, agree, set = [], ours, theirs, quick = {} }) {
  const { log, model, ours: own, theirs: peer } = byName.get(quality);
  const { library, script, venv, settings } = peer;
  const shared = { timed, log, threads: 1 };
  return {
    name,
    what: `${model} ${words}, ${logs[log].folder}`,
    against: library,
    unit,
    ours: {
      script: 'ours/experiment.mjs',
      settings: { ...shared, experiment: own.experiment, set: [...(own.set ?? []), ...set], ...ours },
      quick: quick.ours,
    },
    theirs: {
      script: `theirs/quality/${script}`,
      venv,
      settings: { ...settings, ...shared, seed: 1, ...theirs },
      quick: quick.theirs,
    },
    agree,
  };
}

const sameRows = { rows: 0 };
/** FuxiCTR's names of our metrics. */
const fuxictrMetrics = { auc: 'AUC', logloss: 'logloss', gauc: 'gAUC', uauc: 'avgAUC' };

function click(model) {
  return row(`kuairand-${model}`, 'epoch', {
    name: model,
    words: 'training, an epoch of 512 a step',
    unit: 'rows/s',
    agree: sameRows,
  });
}

/**
 * After two epochs on either side, so that the scores are those of a model that knows something. Thirty evaluations are one
 * repetition but where the peer takes seconds for one: of 8,604 rows ours takes too little to be timed, and its first hundred or so
 * are slower by a third, while V8 compiles what it sees often.
 */
function clickEvaluation(model, metrics, laysOut = false) {
  const names = Object.fromEntries(metrics.map((metric) => [metric, fuxictrMetrics[metric]]));
  const perUser = metrics.length > 2;
  const shared = { epochsBefore: 2, evaluations: perUser ? 1 : 30 };
  return row(`kuairand-${model}`, 'evaluation', {
    name: `${model}-evaluation${perUser ? '-users' : ''}${laysOut ? '-first' : ''}`,
    words: `${laysOut ? 'first ' : ''}evaluation, AUC and log loss${perUser ? ', gAUC and user-mean AUC' : ''}`,
    unit: 'rows/s',
    agree: model === 'afn' ? {} : { auc: 0.02 }, // FuxiCTR's AFN is not sound on cold rows
    set: ['evaluate.contextsPerBatch=2048'], // theirs is measured at 512 and 4,096 rows, whichever is faster
    ours: { metrics, ...shared, ...(laysOut && { laysOut }) },
    theirs: { metrics: names, ...shared },
  });
}

const twoMetrics = ['auc', 'logloss'];
const clickModels = ['fm', 'deepfm', 'widedeep', 'nfm', 'autoint', 'afn', 'difm', 'din'];

/** DIFM's peer, DeepCTR-Torch, has no metrics per user. */
const perUser = clickModels.filter((model) => model !== 'difm');

export const ctr = {
  name: 'ctr',
  seconds: 85,
  about: 'models of clicks on KuaiRand: an epoch on one thread',
  prepare: prepare('kuairand'),
  rows: clickModels.map(click),
};

export const labelled = {
  name: 'labelled',
  seconds: 220,
  about: 'models of clicks on KuaiRand: evaluation of labelled rows on one thread',
  prepare: prepare('kuairand'),
  rows: [
    ...clickModels.map((model) => clickEvaluation(model, twoMetrics)),
    ...perUser.map((model) => clickEvaluation(model, Object.keys(fuxictrMetrics))),
    ...['deepfm', 'din'].map((model) => clickEvaluation(model, twoMetrics, true)),
  ],
};

const evaluation = { words: 'evaluation, full ranking, HR@10 and NDCG@10', unit: 'users/s' };
const ranked = { metrics: ['hr@10', 'ndcg@10'] };

/** RecBole's sizes and loss; 2,048 rows with a history a step, which of ours one in five has not. */
const asRecbole = [
  'model.historyLength=20',
  'model.contrast=catalogue',
  'model.logQ=0',
  'train.batchSize=2536',
];
const nextItemModels = {
  sasrec: [
    'model.heads=2',
    'model.innerSize=256',
    'model.activation=gelu',
    'model.norm=post',
    'model.outputProjection=true',
    'model.dropout=0.5',
  ],
  gru4rec: [
    'model.units=128',
    'model.reset=after',
    'model.bias=false',
    'model.projection=true',
    'model.itemBias=false',
    'model.inputDropout=0.3',
  ],
};

function nextItem(model) {
  const quality = `microlens-${model}`;
  const set = [...asRecbole, ...nextItemModels[model]];
  const training = (batching, words) =>
    row(quality, 'epoch', {
      name: batching === 'byUser' ? `${model}-by-user` : model,
      words: `training, ${words}softmax over all items`,
      unit: 'rows/s',
      set: [...set, `train.batching=${batching}`],
      ours: { steps: 10 },
      theirs: { trainRows: 20_480 },
      quick: { ours: { steps: 2 }, theirs: { trainRows: 4096 } },
    });
  return [
    training('shuffled', ''),
    training('byUser', "a user's rows kept together, "),
    row(quality, 'evaluation', {
      name: `${model}-evaluation`,
      ...evaluation,
      set: [...set, 'evaluate.contextsPerBatch=256'], // RecBole takes 512 users
      ours: { ...ranked, steps: 20, epochsBefore: 1 }, // how long a ranking takes depends on where the targets stand
    }),
  ];
}

export const retrieval = {
  name: 'retrieval',
  seconds: 240,
  about: 'models that rank the catalogue: training, fitting and evaluation on one thread',
  prepare: prepare('microlens', 'tiktok'),
  rows: [
    ...nextItem('sasrec'),
    ...nextItem('gru4rec'),
    row('tiktok-lightgcn', 'epoch', {
      name: 'lightgcn',
      words: 'training, 3 layers, 2,048 couples a step',
      unit: 'rows/s',
      agree: sameRows,
    }),
    row('tiktok-lightgcn', 'evaluation', {
      name: 'lightgcn-evaluation',
      ...evaluation,
      ours: { ...ranked, epochsBefore: 5 },
    }),
    row('tiktok-ucf', 'fit', {
      name: 'ucf',
      words: 'fit and full ranking, HR@10 and NDCG@10',
      unit: 'users/s',
      agree: { 'hr@10': 2e-3, 'ndcg@10': 2e-3 },
      ours: ranked,
    }),
  ],
};

/** RecBole's time of so many users: all would take minutes. Ours depends on where the targets stand, hence trains before. */
const pairByPair = {
  ours: { ...ranked, epochsBefore: 2 },
  theirs: { usersAtOnce: [4, 16, 64], testUsers: 256 },
};

export const pairwise = {
  name: 'pairwise',
  seconds: 100,
  about: 'NeuMF, which scores pair by pair: evaluation on one thread',
  prepare: prepare('kwai-sampled', 'tiktok'),
  rows: [
    row('kwai-sampled-ncf', 'evaluation', {
      name: 'among-1000',
      words: 'evaluation, each item among 1,000 others, HR@10 and NDCG@10',
      unit: 'users/s',
      ...pairByPair,
    }),
    row('tiktok-ncf', 'evaluation', { name: 'catalogue', ...evaluation, ...pairByPair }),
  ],
};

/** A sweep takes a tenth of a second. */
const sweeps = { sweeps: 20 };

function alternating(name, words, { set, config }) {
  return row('tiktok-wmf-als', 'epoch', {
    name,
    words: `by alternating least squares, ${words}`,
    unit: 'rows/s',
    agree: sameRows,
    set,
    ours: sweeps,
    theirs: { ...sweeps, config: { ...byName.get('tiktok-wmf-als').theirs.settings.config, ...config } },
  });
}

export const wmf = {
  name: 'wmf',
  seconds: 30,
  about: 'WMF by alternating least squares, on one thread',
  prepare: prepare('tiktok'),
  rows: [
    alternating('gradients', 'three steps of conjugate gradients a row', {
      set: ['model.solver=conjugateGradients'],
    }),
    alternating('exact', 'exact', { config: { use_cg: false } }),
  ],
};
