// @ts-check
/**
 * What is compared: a line a row. `ours` is an experiment of experiments/real with assignments on top; `theirs` a peer, its
 * settings and, where they were chosen, among what on validation. Rows whose experiment is not there yet have only theirs.
 */

/**
 * @typedef {object} Peer
 * @property {string} library in words
 * @property {string} script of bench/theirs/quality
 * @property {string} venv Python environment, `requirements-VENV.txt`
 * @property {Record<string, unknown>} settings `epochs` is a cap
 * @typedef {object} Row
 * @property {string} name
 * @property {keyof typeof import('./logs.mjs').logs} log
 * @property {string} model in words
 * @property {{ experiment: string, set?: readonly string[] }} ours
 * @property {Peer} theirs
 * @property {'warm'} [judged] the verdict is of test rows whose item has a train row, where the peer is not sound on the others
 * @property {boolean} [fixed] the peer computes the same whatever the seed
 * @typedef {Record<string, unknown>} Settings
 */

/** FuxiCTR 2.3.10 at the setting of one validation search over L2 {0, 1e-4, 1e-3, 1e-2} and dropout {0, 0.2}, which was flat. */
const fuxictr = (/** @type {string} */ model, /** @type {Settings} */ config = {}) => ({
  library: 'FuxiCTR',
  script: 'fuxictr_peer.py',
  venv: 'fuxictr',
  settings: {
    model,
    epochs: 30,
    patience: 3,
    batchSize: 512,
    config: { learning_rate: 1e-3, embedding_dim: 16, embedding_regularizer: 1e-3, ...config },
  },
});
const layers = { hidden_units: [64, 32], net_dropout: 0.2 };
const dnnLayers = { dnn_hidden_units: [64, 32], net_dropout: 0.2 };

const recbole = (/** @type {string} */ model, /** @type {Settings} */ settings) => ({
  library: 'RecBole',
  script: 'recbole_peer.py',
  venv: 'recbole',
  settings: { model, ...settings },
});
const cornac = (/** @type {string} */ model, /** @type {Settings} */ settings, venv = 'cornac') => ({
  library: 'Cornac',
  script: 'cornac_peer.py',
  venv,
  settings: { model, ...settings },
});

/**
 * @param {Row['log']} log
 * @param {string} ours the experiment is LOG-OURS
 * @param {string} model
 * @param {Peer} theirs
 * @param {{ suffix?: string, set?: readonly string[], fixed?: boolean, judged?: 'warm' }} more suffix: of the name, where a model has two peers
 * @returns {Row}
 */
const row = (log, ours, model, theirs, more = {}) => ({
  name: `${log}-${ours}${more.suffix ?? ''}`,
  log,
  model,
  ours: { experiment: `${log}-${ours}`, ...(more.set && { set: more.set }) },
  theirs,
  ...(more.fixed && { fixed: true }),
  ...(more.judged && { judged: more.judged }),
});

const clicks = [
  row('kuairand', 'fm', 'FM', fuxictr('FM', { embedding_regularizer: undefined, regularizer: 1e-3 })),
  row('kuairand', 'deepfm', 'DeepFM', fuxictr('DeepFM', layers)),
  row('kuairand', 'widedeep', 'Wide & Deep', fuxictr('WideDeep', layers)),
  row('kuairand', 'nfm', 'NFM', fuxictr('NFM', layers)),
  row(
    'kuairand',
    'autoint',
    'AutoInt',
    fuxictr('AutoInt', { ...dnnLayers, attention_dim: 16, num_heads: 2 }),
  ),
  row(
    'kuairand',
    'afn',
    'AFN',
    fuxictr('AFN', {
      dnn_hidden_units: [64, 32],
      dnn_dropout: 0.2,
      afn_hidden_units: [64, 32],
      afn_dropout: 0.2,
      logarithmic_neurons: 16,
    }),
    { judged: 'warm' },
  ),
  row('kuairand', 'difm', 'DIFM', {
    library: 'DeepCTR-Torch', // FuxiCTR has none
    script: 'deepctr_peer.py',
    venv: 'deepctr',
    settings: {
      model: 'DIFM',
      epochs: 30,
      patience: 3,
      batchSize: 512,
      learningRate: 1e-3,
      embedding: 16,
      config: {
        dnn_hidden_units: [64, 32],
        dnn_dropout: 0.2,
        att_head_num: 4,
        l2_reg_embedding: 0.256, // 512 / 2 * 1e-3
        l2_reg_linear: 0.256,
      },
    },
  }),
  row(
    'kuairand',
    'din',
    'DIN',
    fuxictr('DIN', { ...dnnLayers, din_target_field: ['item_id'], din_sequence_field: ['history'] }),
  ),
];

/**
 * @param {Row['log']} log
 * @param {Settings} ranked what NeuMF, which scores pair by pair, is measured on
 */
const ncf = (log, ranked) =>
  row(
    log,
    'ncf',
    'NCF (NeuMF)',
    recbole('NeuMF', {
      epochs: 30,
      patience: 3,
      ...ranked,
      config: { mf_embedding_size: 64, mlp_embedding_size: 64, mlp_hidden_size: [128, 64] },
    }),
  );

/**
 * Of a log of positives.
 *
 * @param {Row['log']} log
 * @param {{ lightgcn?: Settings, sequential?: Settings }} [options] sequential: where the order means something
 */
const positives = (log, { lightgcn = {}, sequential } = {}) => [
  row(
    log,
    'ucf',
    'UCF (UserKNN)',
    recbole('ItemKNN', { epochs: 1, patience: 1, config: { knn_method: 'user', k: 100 } }),
    { fixed: true, set: ['model.neighbours=100'] },
  ),
  row(
    log,
    'bpr',
    'BPR',
    recbole('BPR', { epochs: 100, every: 2, patience: 5, config: { embedding_size: 64 } }),
  ),
  row(
    log,
    'bpr',
    'BPR',
    cornac('BPR', {
      epochs: 40,
      at_once: 10,
      patience: 3,
      config: { k: 64, learning_rate: 0.05, lambda_reg: 0.001 },
    }),
    { suffix: '-cornac' },
  ),
  row(
    log,
    'lightgcn',
    'LightGCN',
    recbole('LightGCN', {
      epochs: 200,
      every: 5,
      patience: 3,
      config: { embedding_size: 64, n_layers: 3, reg_weight: 1e-4, ...lightgcn },
    }),
  ),
  row(
    log,
    'wmf',
    'WMF',
    {
      library: 'implicit',
      script: 'implicit_peer.py',
      venv: 'implicit',
      settings: {
        model: 'ALS',
        epochs: 30,
        patience: 3,
        config: { factors: 64, regularization: 1, alpha: 11 }, // ours counts 1 + alpha, it alpha
      },
    },
    { suffix: '-als' },
  ),
  row(
    log,
    'wmf',
    'WMF',
    cornac(
      'WMF',
      {
        epochs: 6,
        at_once: 10,
        patience: 1,
        config: { k: 64, lambda_u: 0.01, lambda_v: 0.01, b: 0.01, learning_rate: 1e-3 },
      },
      'cornac-wmf',
    ),
  ),
  ...(sequential ? nextItem(log, sequential) : []),
];

/**
 * By default RecBole's next-item models have a loss over all items, which on one thread takes minutes an epoch on MicroLens-50k and
 * more on Kwai; with their other one, BPR with one negative, both sides are compared, too.
 *
 * @param {Row['log']} log
 * @param {Settings} config
 */
const nextItem = (log, config) => {
  const pairwise = { loss_type: 'BPR', train_neg_sample_args: { distribution: 'uniform', sample_num: 1 } };
  return [
    { suffix: '', words: '', more: {}, own: {} },
    {
      suffix: '-pairwise',
      words: ', BPR loss',
      more: pairwise,
      own: { set: ['model.loss=bpr', 'model.logQ=0', 'train.negatives.kind=uniform'] },
    },
  ].flatMap(({ suffix, words, more, own }) =>
    ['SASRec', 'GRU4Rec'].map((model) => {
      const settings = { epochs: 50, patience: 3, sequential: true, config: { ...config, ...more } };
      return row(log, model.toLowerCase(), `${model}${words}`, recbole(model, settings), { suffix, ...own });
    }),
  );
};

/** On the large logs LightGCN takes four times as many couples a step at four times the usual rate: an epoch costs as much as its steps. */
const quarterOfTheSteps = { train_batch_size: 8192, learning_rate: 4e-3 };

/** @type {readonly Row[]} */
export const comparisons = [
  ...clicks,
  ...positives('microlens', {
    lightgcn: quarterOfTheSteps,
    sequential: {},
  }),
  ...positives('kwai', {
    lightgcn: quarterOfTheSteps,
    sequential: { train_batch_size: 512 },
  }),
  ...positives('tiktok'),
  ncf('tiktok', { validationUsers: 500, testUsers: 1500 }),
  ncf('microlens-sampled', { negatives: 1000, validationUsers: 5000 }),
  ncf('kwai-sampled', { negatives: 1000 }),
];
