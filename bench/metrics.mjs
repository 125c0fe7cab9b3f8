// How long all metrics take on a test part of the size of MicroVideo-1.7M's (3.8 M rows, 10,986 users), one thread,
// and against scikit-learn where `PYTHON` (default python3) has it:  node bench/metrics.mjs
import { spawnSync } from 'node:child_process';
import { randomStream } from '../dist/base/index.js';
import { measureMetrics, metricNames } from '../dist/metrics/index.js';

const ROWS = 3_800_000;
const USERS = 10_986;
const names = metricNames.flatMap(([name]) =>
  name.includes('@K') ? ['10', '50'].map((k) => name.replace('@K', `@${k}`)) : [name],
);

/** Users of very different activity; scores that know something about the labels; `levels` makes ties. */
function simulate(Scores, levels) {
  const random = randomStream('bench/metrics');
  const user = new Int32Array(ROWS);
  const label = new Float32Array(ROWS);
  const score = new Scores(ROWS);
  for (let row = 0; row < ROWS; row++) {
    user[row] = Math.floor(USERS * random.uniform() ** 2);
    const probability = 1 / (1 + Math.exp(-(random.normal() - 1.5)));
    label[row] = random.uniform() < probability ? 1 : 0;
    const noisy = 1 / (1 + Math.exp(-(Math.log(probability / (1 - probability)) + random.normal())));
    score[row] = levels ? Math.round(noisy * levels) / levels : noisy;
  }
  return { user, label, score };
}

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

function secondsOf(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

let pooledData;
for (const [title, Scores, levels] of [
  ['float32 scores', Float32Array, 0],
  ['float64 scores', Float64Array, 0],
  ['float64 scores in 100 levels', Float64Array, 100],
]) {
  const data = simulate(Scores, levels);
  pooledData ??= data;
  const times = [1, 2, 3].map(() => secondsOf(() => measureMetrics(names, data)));
  print(
    `${title}: ${names.length} metrics, first ${times[0].toFixed(2)} s, best ${Math.min(...times).toFixed(2)} s`,
  );
}

const ours = secondsOf(() => measureMetrics(['auc', 'logloss'], pooledData));
const script = `
import sys, time
import numpy as np
from sklearn.metrics import roc_auc_score, log_loss
raw = np.frombuffer(sys.stdin.buffer.read(), dtype=np.float32)
label, score = raw[: len(raw) // 2], raw[len(raw) // 2 :]
start = time.perf_counter()
values = roc_auc_score(label, score), log_loss(label, score.astype(np.float64))
print(time.perf_counter() - start, *values)
`;
const python = spawnSync(process.env.PYTHON ?? 'python3', ['-c', script], {
  input: Buffer.concat([pooledData.label, pooledData.score].map((array) => Buffer.from(array.buffer))),
  encoding: 'utf8',
});
if (python.status === 0) {
  const [theirs, auc, logloss] = python.stdout.trim().split(' ').map(Number);
  const mine = measureMetrics(['auc', 'logloss'], pooledData);
  print(
    `auc and logloss alone: ${ours.toFixed(2)} s, scikit-learn ${theirs.toFixed(2)} s, ratio ${(theirs / ours).toFixed(1)}`,
  );
  print(
    `differences: auc ${Math.abs(mine.auc.value - auc)}, logloss ${Math.abs(mine.logloss.value - logloss)}`,
  );
} else {
  print('scikit-learn: skipped, this Python has none');
}
