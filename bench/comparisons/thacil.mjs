import { writeThacilInputs } from './thacilInputs.mjs';

const AGAINST = 'PyTorch, one history per example';
const quickModel = { steps: 2 };
const theirs = {
  script: 'theirs/thacil.py',
  venv: 'torch',
  settings: { mode: 'train', batchSize: 128, steps: 20 },
  quick: quickModel,
};

/** Enough users for neighbours in a batch to be strangers, as in the whole log. */
const many = { users: 10_986, items: 100_000, pairsPerUser: 200 };
const active = { users: 400, items: 100_000, pairsPerUser: 816 };
const tiny = { users: 60, items: 3_000, pairsPerUser: 200 };
/** MicroVideo-1.7M at a tenth: 377,000 rows of the test part, 72,000 videos in them, the clicks of 1,099 users before them. */
const tenth = { users: 1_099, items: 98_000, pairsPerUser: 160, test: { items: 72_000, pairsPerUser: 343 } };
const tinyTest = { users: 60, items: 10_000, pairsPerUser: 160, test: { items: 2_000, pairsPerUser: 100 } };
const inputs =
  (size, quickSize = tiny) =>
  (folder, { quick }) =>
    writeThacilInputs(folder, quick ? quickSize : size);

function training(name, about, { size, ours, quick }) {
  const row = { name: 'thacil', what: about, against: AGAINST, unit: 'examples/s' };
  const script = { script: 'ours/thacil.mjs', settings: { mode: 'train', ...ours }, quick };
  return { name, about, prepare: inputs(size), rows: [{ ...row, ours: script, theirs }] };
}

const byUser = { batching: 'byUser', batchSize: 4096, pairsPerUser: 1024, steps: 20 };
const quickByUser = { batchSize: 512, steps: 2 };

export const thacil = [
  training('thacil-train-byuser', 'THACIL training, byUser', {
    size: active,
    ours: byUser,
    quick: quickByUser,
  }),
  training('thacil-train-shuffled', 'THACIL training, shuffled', {
    size: many,
    ours: { batching: 'shuffled', batchSize: 128, steps: 20 },
    quick: quickModel,
  }),
  training('thacil-train-wasm', 'THACIL training on wasm, byUser', {
    size: active,
    ours: { ...byUser, engine: 'wasm', steps: 5 },
    quick: quickByUser,
  }),
  {
    name: 'thacil-eval',
    about: 'THACIL evaluation',
    prepare: inputs(tenth, tinyTest),
    rows: [
      {
        name: 'thacil',
        what: 'THACIL evaluation',
        against: AGAINST,
        unit: 'pairs/s',
        ours: {
          script: 'ours/thacil.mjs',
          settings: { mode: 'eval', contextsPerBatch: 64, checked: 8192 },
          quick: { checked: 256 },
        },
        theirs: {
          ...theirs,
          settings: { mode: 'eval', checked: 8192 },
          quick: { checked: 256 },
        },
        agree: { meanLogit: 1e-4, meanSquare: 1e-3 },
      },
    ],
  },
];
