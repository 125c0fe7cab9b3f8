import { writeThacilInputs } from './thacilInputs.mjs';
import { againstTwins } from './twins.mjs';

const AGAINST = 'PyTorch, one history per example';

/** Logs of MicroVideo-1.7M's shape; enough users for neighbours in a batch to be strangers, as in the whole log. */
const many = { users: 10_986, items: 100_000, pairsPerUser: 200, clicks: 160 };
const active = { users: 400, items: 100_000, pairsPerUser: 816, clicks: 160 };
const tiny = { users: 60, items: 3_000, pairsPerUser: 200, clicks: 160 };
/** The shape of KuaiRand-27K's selected subset: short histories, many clicks. */
const short = { users: 664, items: 9_359, pairsPerUser: 63, clicks: 30 };
/**
 * MicroVideo-1.7M at a tenth: 377,000 rows of the test part, 72,000 videos in them, the clicks of 1,099 users before
 * them (the train part has clicks alone, which is what histories are made of).
 */
const tenth = {
  users: 1_099,
  items: 98_000,
  pairsPerUser: 160,
  clicks: 160,
  test: { items: 72_000, pairsPerUser: 343 },
};
const tinyTest = { ...tenth, users: 60, items: 10_000, test: { items: 2_000, pairsPerUser: 100 } };
const inputs =
  (size, quickSize = tiny) =>
  (folder, { quick }) =>
    writeThacilInputs(folder, quick ? quickSize : size);

const long = { historyLength: 160, blockSize: 20 };
const include = { ...long, historyTarget: 'include' };
const causal = { ...long, historyTarget: 'causal' };
const side = { ours: { script: 'ours/thacil.mjs' }, theirs: { script: 'theirs/thacil.py', venv: 'torch' } };

/** Torch takes the batch size that suits it best, for whatever ours takes. */
function training(name, what, model, { batchSizes = [128, 512, 2048], examples = 2_560, ...ours }) {
  const settings = { mode: 'train', model, checked: 64 };
  return {
    name,
    what: `THACIL training, ${what}`,
    against: AGAINST,
    unit: 'examples/s',
    ours: {
      ...side.ours,
      settings: { ...settings, ...ours },
      quick: { batchSize: Math.min(ours.batchSize, 512), steps: 2 },
    },
    theirs: {
      ...side.theirs,
      settings: { ...settings, batchSizes, examples },
      quick: { batchSizes: [128], examples: 256 },
    },
    agree: { firstLoss: 1e-5, gradientNorm: 1e-3 },
  };
}

const byUser = (pairsPerUser, batchSize, steps) => ({ batching: 'byUser', batchSize, pairsPerUser, steps });

const shuffled = training('thacil', 'shuffled, 128 a step on both sides', include, {
  batching: 'shuffled',
  batchSize: 128,
  steps: 20,
  batchSizes: [128],
});

const evaluation = {
  name: 'thacil',
  what: 'THACIL evaluation',
  against: AGAINST,
  unit: 'pairs/s',
  ours: {
    ...side.ours,
    settings: { mode: 'eval', model: include, contextsPerBatch: 64, checked: 8192 },
    quick: { checked: 256 },
  },
  theirs: {
    ...side.theirs,
    settings: { mode: 'eval', model: include, batchSizes: [64, 256, 2048], checked: 8192 },
    quick: { checked: 256 },
  },
  agree: { meanLogit: 1e-4, meanSquare: 1e-3 },
};

export const thacil = [
  {
    name: 'thacil-train-byuser',
    about: 'THACIL training, byUser, three ways',
    seconds: 20,
    prepare: inputs(active),
    rows: [
      training(
        'thacil',
        'one history a user, 1,024 pairs of a user kept together',
        include,
        byUser(1024, 4096, 40),
      ),
      training(
        'include32',
        'one history a user, 32 pairs of a user kept together',
        include,
        byUser(32, 512, 60),
      ),
      training(
        'causal32',
        'history before each impression, 32 pairs kept together',
        causal,
        byUser(32, 512, 60),
      ),
    ],
  },
  {
    name: 'thacil-train-short',
    about: "THACIL training, byUser, on a log of KuaiRand's shape",
    seconds: 6,
    prepare: inputs(short),
    rows: [
      training(
        'causal32',
        'history of 60 before each impression, 32 pairs kept together, 63 a user',
        { historyLength: 60, blockSize: 10, historyTarget: 'causal' },
        { ...byUser(32, 512, 60), examples: 7_680 },
      ),
    ],
  },
  {
    name: 'thacil-train-shuffled',
    about: 'THACIL training, shuffled, 128 a step on both sides',
    seconds: 12,
    prepare: inputs(many),
    rows: [shuffled, againstTwins(shuffled)],
  },
  {
    name: 'thacil-train-wasm',
    about: 'THACIL training on wasm, byUser',
    seconds: 6,
    prepare: inputs(active),
    rows: [
      training('thacil', 'byUser on wasm, 1,024 pairs of a user kept together', include, {
        ...byUser(1024, 4096, 5),
        engine: 'wasm',
      }),
    ],
  },
  {
    name: 'thacil-eval',
    about: 'THACIL evaluation',
    seconds: 18,
    prepare: inputs(tenth, tinyTest),
    rows: [evaluation, againstTwins(evaluation)],
  },
];
