// @ts-check
/** Our metrics of what a peer predicts of the test part, and a check against what its library says itself. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeNpy } from '../../dist/base/index.js';
import { evaluateMetrics, measureRanks } from '../../dist/metrics/index.js';
import { logs } from './logs.mjs';
import { exportOf } from './peers.mjs';

/**
 * @typedef {Record<string, number>} Metrics by our names
 * @typedef {import('./comparisons.mjs').Row} Row
 */

/** How far a library's own value may lie from ours: it orders ties and clips probabilities in its own way. */
const TOLERANCE = 2e-3;

/**
 * @param {Row} row
 * @param {{ folder: string, answer: Record<string, any> }} peer
 * @returns {Promise<{ metrics: Metrics, warm?: Metrics, cold?: Metrics }>} warm, cold: test rows of items with and without
 *   a train row
 */
export async function measurePeer({ name, log, theirs }, { folder, answer }) {
  const { protocol, metrics } = logs[log];
  const measured =
    protocol === 'labels'
      ? await ofLabels(log, metrics, folder)
      : { metrics: await ofRanks(metrics, folder) };
  // AFN's log loss of cold rows hangs on where probabilities are clipped.
  const checked = Object.entries(answer.own ?? {}).filter(
    ([metric]) => !(theirs.settings.model === 'AFN' && metric === 'logloss'),
  );
  for (const [metric, value] of checked) {
    const ours = measured.metrics[metric];
    if (!(Math.abs(ours - value) <= TOLERANCE)) {
      throw new Error(`${name}: ${metric} is ${ours} by our metrics and ${value} by ${theirs.library}'s`);
    }
  }
  return measured;
}

/** @param {string} folder @param {readonly string[]} names */
async function arrays(folder, names) {
  const read = async (/** @type {string} */ name) =>
    decodeNpy(await readFile(join(folder, `${name}.npy`)), name).data;
  return Promise.all(names.map(read));
}

/** @param {readonly string[]} metrics @param {string} folder */
async function ofRanks(metrics, folder) {
  const [user, candidates, offsets, above, tied] = /** @type {Int32Array[]} */ (
    await arrays(folder, ['user', 'candidates', 'offsets', 'above', 'tied'])
  );
  const found = measureRanks(metrics, { user, candidates, offsets, above, tied });
  return Object.fromEntries(Object.entries(found).map(([name, { value }]) => [name, value]));
}

/**
 * @param {Row['log']} log
 * @param {readonly string[]} metrics
 * @param {string} folder
 */
async function ofLabels(log, metrics, folder) {
  const [score] = await arrays(folder, ['score']);
  const { folder: from } = await exportOf(log);
  const train = await readTable(join(from, 'train.csv'), ['item_id']);
  const test = await readTable(join(from, 'test.csv'), ['user_id', 'item_id', 'is_click']);
  if (score.length !== test.length) throw new Error(`${score.length} predictions of ${test.length} rows`);
  const known = new Set(train.map(([item]) => item));
  /** @type {Map<string, number>} */
  const users = new Map();
  const rows = test.map(([user, item, label], i) => {
    if (!users.has(user)) users.set(user, users.size);
    return { user: users.get(user), label: Number(label), score: Number(score[i]), warm: known.has(item) };
  });
  const of = (/** @type {typeof rows} */ some) =>
    evaluateMetrics(metrics, {
      user: Int32Array.from(some, (row) => row.user ?? 0),
      label: Float32Array.from(some, (row) => row.label),
      score: Float64Array.from(some, (row) => row.score),
    });
  return {
    metrics: of(rows),
    warm: of(rows.filter(({ warm }) => warm)),
    cold: of(rows.filter(({ warm }) => !warm)),
  };
}

/**
 * Columns of a csv file without quotes.
 *
 * @param {string} path
 * @param {readonly string[]} columns
 */
async function readTable(path, columns) {
  const [head, ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const at = columns.map((column) => head.split(',').indexOf(column));
  return lines.map((line) => {
    const cells = line.split(',');
    return at.map((k) => cells[k]);
  });
}
