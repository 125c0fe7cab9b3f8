/** Parts of models on tensors made up by each side. */
import { againstTwins } from './twins.mjs';

const lstm = (batch, steps) => ({
  name: `b${batch}`,
  what: `LSTM layer, forward + backward, B = ${batch}, I = H = 64, T = 50`,
  against: 'torch nn.LSTM, best thread setting',
  unit: 'sequences/s',
  ours: {
    script: 'ours/lstm.mjs',
    settings: { batch, size: 64, length: 50, steps },
    quick: { steps: 2 },
  },
  theirs: {
    script: 'theirs/lstm.py',
    venv: 'torch',
    settings: { batch, size: 64, length: 50, steps },
    quick: { steps: 2 },
  },
  agree: { outputSum: 0.05, gradientSum: 0.5 },
});

export const recurrent = {
  name: 'lstm',
  seconds: 10,
  about: 'a plain LSTM layer, forward + backward',
  rows: [lstm(64, 240), lstm(512, 40), againstTwins(lstm(64, 40))],
};

const tableSettings = { rows: 3_239_534, width: 64, touched: 4_096, steps: 150 };
const quickTable = { rows: 30_000, steps: 5 };

const tableRow = {
  name: 'table',
  what: 'a step of a 3,239,534 x 64 table, 4,096 rows touched',
  against: 'torch.optim.SparseAdam',
  unit: 'steps/s',
  ours: { script: 'ours/table.mjs', settings: tableSettings, quick: quickTable },
  theirs: { script: 'theirs/table.py', venv: 'torch', settings: tableSettings, quick: quickTable },
  agree: { loss: 0.01 },
};

export const table = {
  name: 'table',
  seconds: 20,
  about: 'a step of a large trainable table',
  rows: [tableRow, againstTwins(tableRow)],
};
