// Does it matter for quality how the pairs of a step are put together (train.batching, train.pairsPerUser)?
//
//   node experiments/quality/batching.mjs [--engine NAME] [SETUP...]
//
// Every variant of a set-up sees the same pairs equally often: the epochs are fixed, and the best on validation is
// measured. Prints a table of means and standard deviations over the seeds. What has been run before is not run again.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mean, printTable } from './runs.mjs';

/** `rate`: that the experiment was tuned with; large steps may multiply it. */
const setups = {
  'quickstart-thacil': { file: '../quickstart.yaml', rate: 0.003 },
  'quickstart-ncf': { file: 'quickstart-ncf.yaml', rate: 0.001 },
  'kuairand-thacil': { file: '../real/kuairand-thacil.yaml', rate: 0.001 },
  'kuairand-thacil-no-user': {
    file: '../real/kuairand-thacil.yaml',
    rate: 0.001,
    set: ['model.userSize=0', 'train.epochs=12'],
  },
  'kuairand-ncf': { file: '../real/kuairand-ncf.yaml', rate: 0.001 },
};
const shuffled = ['train.batching=shuffled'];
const byUser = (most) => ['train.batching=byUser', `train.pairsPerUser=${most}`];
const large = 'train.batchSize=4096';
const variants = {
  shuffled: { set: shuffled },
  'byUser 8': { set: byUser(8) },
  'byUser 32': { set: byUser(32) },
  'byUser 128': { set: byUser(128) },
  'shuffled, 4096 a step': { set: [...shuffled, large] },
  'shuffled, 4096 a step, rate x 3': { set: [...shuffled, large], factor: 3 },
  'byUser 1024, 4096 a step': { set: [...byUser(1024), large] },
  'byUser 1024, 4096 a step, rate x 3': { set: [...byUser(1024), large], factor: 3 },
  'byUser 1024, 4096 a step, rate x 10': { set: [...byUser(1024), large], factor: 10 },
};

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const { values, positionals } = parseArgs({
  options: { engine: { type: 'string', default: 'auto' } },
  allowPositionals: true,
});

for (const setup of positionals.length > 0 ? positionals : Object.keys(setups)) {
  const { file, rate, set = [] } = setups[setup];
  await printTable({
    title: `${setup}, test`,
    cells: Object.entries(variants).map(([label, { factor = 1, set: own }]) => ({
      label,
      name: `batching-${setup}-${label.replaceAll(/[ ,]+/g, '')}`,
      file: here(file),
      set: [
        ...set,
        'engine.threads=1',
        'train.patience=null',
        `train.optimizer.learningRate=${rate * factor}`,
        ...own,
      ],
    })),
    metrics: ['auc', 'gauc', 'logloss'],
    columns: {
      'best epoch': (runs) => runs.map(({ evaluation }) => evaluation.selection.epoch).join(', '),
      'seconds an epoch': (runs) => mean(runs.map(({ seconds, epochs }) => seconds / epochs)).toFixed(1),
    },
    seeds: [1, 2, 3],
    engine: values.engine,
  });
}
