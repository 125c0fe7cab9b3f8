import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy, randomStream } from '../../dist/base/index.js';

/** Scored rows of users of very different activity; the scores know something about the labels. */
async function writeScoredRows(folder, { quick }) {
  const rows = quick ? 100_000 : 3_800_000;
  const users = quick ? 300 : 10_986;
  const random = randomStream('bench', 'metrics');
  const user = new Int32Array(rows);
  const label = new Float32Array(rows);
  const score = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    user[row] = Math.floor(users * random.uniform() ** 2);
    const logit = random.normal() - 1.5;
    label[row] = random.uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    score[row] = 1 / (1 + Math.exp(-(logit + random.normal())));
  }
  for (const [name, data] of Object.entries({ user, label, score })) {
    await writeFile(join(folder, `${name}.npy`), encodeNpy(data, [rows]));
  }
}

const row = (name, what, against, ours, theirs, agree) => ({
  name,
  what: `${what}, 3.8 M rows, 10,986 users`,
  against,
  unit: 'rows/s',
  ours: { script: 'ours/metrics.mjs', settings: { metrics: ours } },
  theirs: { script: 'theirs/metrics.py', venv: 'fuxictr', settings: { metrics: theirs } },
  agree: Object.fromEntries(agree.map((name) => [name, 1e-9])),
});
const ours = ['logloss', 'auc', 'gauc', 'uauc'];
const fuxictr = ['logloss', 'AUC', 'gAUC', 'avgAUC'];

export const metrics = {
  name: 'metrics',
  seconds: 95,
  about: 'metrics of 3.8 M scored rows',
  prepare: writeScoredRows,
  rows: [
    row('same', 'logloss, AUC, gAUC and user-mean AUC', "FuxiCTR's evaluator", ours, fuxictr, ours),
    row(
      'pooled',
      'logloss and AUC alone',
      'scikit-learn',
      ours.slice(0, 2),
      fuxictr.slice(0, 2),
      ours.slice(0, 2),
    ),
    row('all', 'all our metrics, @10 and @50', "FuxiCTR's evaluator with its four", null, fuxictr, ours),
  ],
};
