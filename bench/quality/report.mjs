// @ts-check
/** bench/results/quality-*.json and the tables of docs/baselines.md. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { between, table } from '../lib/report.mjs';
import { folder, rounded } from '../lib/results.mjs';
import { comparisons } from './comparisons.mjs';
import { logs } from './logs.mjs';
import { deviation, mean, verdictOf, worst } from './verdict.mjs';

/**
 * @typedef {Record<string, any> & { seed: number, metrics: Record<string, number> }} SeedRun
 * @typedef {{ name: string, model: string, fixed?: boolean, judged?: 'warm',
 *   ours: { experiment: string, set?: readonly string[], absent?: string, runs: SeedRun[] },
 *   theirs: { library: string, settings: Record<string, unknown>, absent?: string, runs: SeedRun[] } }} Compared
 */

const page = fileURLToPath(new URL('../../docs/baselines.md', import.meta.url));
const fileOf = (/** @type {string} */ log) => new URL(`quality-${log}.json`, folder);

/** @returns {Promise<Compared[]>} */
async function readRows(/** @type {string} */ log) {
  const file = fileOf(log);
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')).rows : [];
}

/**
 * Puts a row beside the others of its log, in the order of the comparisons. Seeds that it lacks, since they ran elsewhere, are
 * kept where they had the same settings.
 *
 * @param {keyof typeof logs} log
 * @param {Compared} row
 */
export async function writeRow(log, row) {
  const order = comparisons.map(({ name }) => name);
  const before = await readRows(log);
  const merged = merge(
    before.find(({ name }) => name === row.name),
    row,
  );
  const rows = [...before.filter(({ name }) => name !== row.name), merged]
    .filter(({ name }) => order.includes(name))
    .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const { rows: split, metrics } = logs[log];
  await writeFile(
    fileOf(log),
    `${JSON.stringify({ name: `quality-${log}`, split, metrics, rows }, rounded, 1)}\n`,
  );
}

/** @param {Compared | undefined} before @param {Compared} now @returns {Compared} */
export function merge(before, now) {
  if (!before) return now;
  const same = (/** @type {unknown} */ a, /** @type {unknown} */ b) =>
    JSON.stringify(a, rounded) === JSON.stringify(b, rounded);
  const joined = (/** @type {SeedRun[]} */ runs, /** @type {SeedRun[]} */ earlier) =>
    [...earlier.filter(({ seed }) => runs.every((run) => run.seed !== seed)), ...runs].sort(
      (a, b) => a.seed - b.seed,
    );
  const [options] = now.ours.runs.map((run) => run.options);
  const ours = before.ours.runs.filter((run) => options === undefined || run.options === options);
  const theirs = same(before.theirs.settings, now.theirs.settings) ? before.theirs.runs : [];
  return {
    ...now,
    ours: {
      ...now.ours,
      runs: same(before.ours.set, now.ours.set) ? joined(now.ours.runs, ours) : now.ours.runs,
    },
    theirs: { ...now.theirs, runs: joined(now.theirs.runs, theirs) },
  };
}

const HEAD = ['model', 'peer'];

/** @param {SeedRun[]} runs @param {string} metric @param {string} [group] */
const valuesOf = (runs, metric, group = 'metrics') =>
  runs.map((run) => run[group]?.[metric]).filter((value) => typeof value === 'number');

function spread(/** @type {readonly number[]} */ values) {
  if (values.length === 0) return '';
  if (values.length === 1) return mean(values).toFixed(4);
  return `${mean(values).toFixed(4)} ± ${deviation(values).toFixed(4)}`;
}

/** @param {readonly string[]} metrics @param {Compared} row */
export function overall(metrics, { ours, theirs, fixed, judged }) {
  const of = (/** @type {SeedRun[]} */ runs, /** @type {string} */ metric) => valuesOf(runs, metric, judged);
  return worst(
    metrics.map((metric) => verdictOf(metric, of(ours.runs, metric), of(theirs.runs, metric), { fixed })),
  );
}

/** @param {readonly string[]} metrics @param {readonly Compared[]} rows */
export function qualityTable(metrics, rows) {
  const head = [...HEAD, ...metrics.flatMap((name) => [`${name}, ours`, 'theirs']), 'verdict', 'seeds'];
  const lines = rows.map((row) => {
    const { model, ours, theirs, fixed, judged } = row;
    const verdict = overall(metrics, row);
    const counts = [ours.runs.length, theirs.runs.length].join(' / ');
    const version = theirs.runs[0]?.versions?.[theirs.library.toLowerCase()];
    return [
      model,
      `${theirs.library}${version ? ` ${version}` : ''} ${theirs.settings.model}`,
      ...metrics.flatMap((metric) => [
        spread(valuesOf(ours.runs, metric)),
        spread(valuesOf(theirs.runs, metric)),
      ]),
      verdict && judged ? `${verdict} (${judged} rows)` : (verdict ?? ''),
      `${counts}${fixed ? ', no chance in it' : ''}`,
    ];
  });
  return table(head, lines);
}

/** Where an item has no train row, and where it has. */
export function warmTable(/** @type {readonly Compared[]} */ rows) {
  const columns = ['warm', 'cold'].flatMap((group) =>
    ['auc', 'logloss'].map((metric) => ({ group, metric })),
  );
  return table(
    ['model', ...columns.flatMap(({ group, metric }) => [`${group} ${metric}, ours`, 'theirs'])],
    rows.map(({ model, ours, theirs }) => [
      model,
      ...columns.flatMap(({ group, metric }) => [
        spread(valuesOf(ours.runs, metric, group)),
        spread(valuesOf(theirs.runs, metric, group)),
      ]),
    ]),
  );
}

export async function writePage() {
  const before = await readFile(page, 'utf8');
  let after = before;
  for (const [log, { metrics }] of Object.entries(logs)) {
    const rows = await readRows(log);
    const nothing = 'Not measured yet.';
    after = between(after, log, rows.length > 0 ? qualityTable(metrics, rows) : nothing);
    if (log === 'kuairand')
      after = between(after, 'kuairand-warm', rows.length > 0 ? warmTable(rows) : nothing);
  }
  if (after !== before) await writeFile(page, after);
}
