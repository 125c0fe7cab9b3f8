// Does it matter for quality how the pairs of a step are put together (train.batching, train.pairsPerUser)?
//
//   node experiments/quality/batching.mjs [--engine NAME] [SETUP...]
//
// Every variant of a set-up sees the same pairs equally often: the epochs are fixed, and the best on validation is
// measured. Prints a table of means and standard deviations over the seeds. What has been run before is not run again.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

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
const seeds = [1, 2, 3];
const metrics = ['auc', 'gauc', 'logloss'];

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const bin = here('../../bin/mvrec.js');
const { values, positionals } = parseArgs({
  options: { engine: { type: 'string', default: 'auto' } },
  allowPositionals: true,
});

for (const setup of positionals.length > 0 ? positionals : Object.keys(setups)) {
  process.stdout.write(`\n| ${setup}, test | ${metrics.join(' | ')} | best epoch | seconds an epoch |\n`);
  process.stdout.write(`|---|${metrics.map(() => '---').join('|')}|---|---|\n`);
  for (const variant of Object.keys(variants)) {
    const runs = seeds.map((seed) => run(setup, variant, seed));
    const columns = [
      ...metrics.map((name) => spread(runs.map(({ evaluation }) => evaluation.metrics.test[name]))),
      runs.map(({ evaluation }) => evaluation.selection.epoch).join(', '),
      mean(runs.map(({ seconds, epochs }) => seconds / epochs)).toFixed(1),
    ];
    process.stdout.write(`| ${variant} | ${columns.join(' | ')} |\n`);
  }
}

/** What `mvrec runs show` says about one finished run, which is trained unless it is there. */
function run(setup, variant, seed) {
  const name = `batching-${values.engine}-${setup}-${variant.replaceAll(/[ ,]+/g, '')}-s${seed}`;
  const before = finished(name);
  if (before) return before;
  const { file, rate, set = [] } = setups[setup];
  const { factor = 1, set: own } = variants[variant];
  const always = ['engine.threads=1', 'train.patience=null', `train.optimizer.learningRate=${rate * factor}`];
  const assignments = [...set, ...always, ...own].flatMap((one) => ['--set', one]);
  const words = ['train', here(file), '--engine', values.engine, '--seed', seed, '--name', name];
  execFileSync(process.execPath, [bin, ...words, ...assignments, '--quiet'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return finished(name);
}

function finished(name) {
  const { status, stdout } = spawnSync(process.execPath, [bin, 'runs', 'show', `${name}/latest`, '--json'], {
    encoding: 'utf8',
  });
  const shown = status === 0 ? JSON.parse(stdout) : null;
  return shown?.status === 'finished' ? shown : null;
}

function mean(numbers) {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

function spread(numbers) {
  const middle = mean(numbers);
  const deviation = Math.sqrt(
    mean(numbers.map((x) => (x - middle) ** 2)) * (numbers.length / (numbers.length - 1)),
  );
  return `${middle.toFixed(4)} ± ${deviation.toFixed(4)}`;
}
