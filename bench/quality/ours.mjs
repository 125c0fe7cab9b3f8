// @ts-check
/** Our side of a comparison: runs of `mvrec train`, which are not repeated once they are finished. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished, runName, trained } from '../../experiments/quality/runs.mjs';
import { AbsentError } from '../lib/side.mjs';
import { logs } from './logs.mjs';
import { dataFrom, digest, experimentFile, exportOf } from './peers.mjs';

/**
 * @param {import('./comparisons.mjs').Row} row
 * @param {number} seed
 * @param {{ engine: string, threads: number, train: boolean }} context train: else only what is finished counts
 * @returns {Promise<Record<string, any>>} what is kept of the run
 * @throws {AbsentError} without the experiment, or the run
 */
export async function runOurs({ log, ours }, seed, { engine, threads, train }) {
  const file = experimentFile(ours.experiment);
  if (!existsSync(file)) throw new AbsentError(`experiments/real/${ours.experiment}.yaml is not there yet`);
  const options = digest([await readFile(file, 'utf8'), ours.set ?? []]); // a changed experiment is another run
  const set = [dataFrom(logs[log]), `engine.threads=${threads}`, ...(ours.set ?? [])];
  const cell = { name: `quality-${ours.experiment}-${options}`, file, set }; // rows may share it
  if (train) await trained(cell, seed, engine);
  const shown = finished(runName(cell, seed, engine));
  if (!shown) throw new AbsentError('not trained yet');
  await requireSameRows(log, shown);
  const { provenance, evaluation, epochs, seconds } = shown;
  const byItem = evaluation.breakdown?.test?.item ?? [];
  const groups = Object.fromEntries(
    byItem.map((/** @type {any} */ { group, metrics }) => [group, chosen(log, metrics)]),
  );
  return {
    seed,
    options,
    metrics: chosen(log, evaluation.metrics.test),
    ...(logs[log].protocol === 'labels' && groups),
    epochs,
    bestEpoch: evaluation.selection?.epoch,
    secondsPerEpoch: epochs > 0 ? seconds / epochs : undefined,
    commit: provenance.git?.commit.slice(0, 7) + (provenance.git?.dirty ? '+' : ''),
    date: shown.created.slice(0, 10),
    engine: `${provenance.engine.name}, ${provenance.versions.engine}`,
  };
}

/** The compared metrics, without the prefix that tells the kind of candidates. */
function chosen(/** @type {keyof typeof logs} */ log, /** @type {Record<string, number>} */ found) {
  const { protocol, metrics } = logs[log];
  const prefix = { labels: '', ranking: 'catalogue/', sampled: 'sampled1000/' }[protocol];
  return Object.fromEntries(metrics.map((name) => [name, found[`${prefix}${name}`]]));
}

/** Both sides must have been trained on the same rows of the same files. */
async function requireSameRows(/** @type {keyof typeof logs} */ log, /** @type {any} */ shown) {
  const { origin } = await exportOf(log);
  const { label, split, filter } = shown.experiment.data;
  const wanted = origin.request.data;
  const same = (/** @type {unknown} */ a, /** @type {unknown} */ b) =>
    JSON.stringify(a) === JSON.stringify(b);
  if (
    shown.provenance.data.fingerprint !== origin.fingerprint ||
    label !== wanted.label ||
    !same(split, wanted.split) ||
    !same(filter, wanted.filter)
  ) {
    throw new Error(`${shown.run} has another log, label or split than the peers`);
  }
}
