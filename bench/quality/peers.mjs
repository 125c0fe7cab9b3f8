// @ts-check
/**
 * The other side of a comparison: a library trains its model on our split, in a process of its own. What a seed has given is
 * kept in the cache folder and not computed again; another setting, split or list of packages is another folder.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeMachine } from '../lib/machine.mjs';
import { benchFolder } from '../lib/python.mjs';
import { commandOf } from '../lib/settings.mjs';
import { shared } from '../lib/sharedLog.mjs';
import { AbsentError, Side } from '../lib/side.mjs';
import { logs } from './logs.mjs';

/**
 * @typedef {import('./comparisons.mjs').Row} Row
 * @typedef {import('./logs.mjs').QualityLog} QualityLog
 * @typedef {Record<string, any>} Answer of a script of theirs/quality
 * @typedef {{ threads: number, install: boolean, quick: boolean, train: boolean, onInstall: (text: string) => void }} Context
 *   train: else only what is finished counts
 */

const project = fileURLToPath(new URL('../..', import.meta.url));
export const experimentFile = (/** @type {string} */ name) =>
  join(project, 'experiments', 'real', `${name}.yaml`);
/** Where an experiment of that log reads it. */
export const dataFrom = (/** @type {QualityLog} */ log) => `data.source.from=${join(shared, log.folder)}`;
export const digest = (/** @type {unknown} */ value) =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
const readJson = async (/** @type {string} */ path) => JSON.parse(await readFile(path, 'utf8'));

/**
 * Our split of a log as the libraries read it, written once.
 *
 * @param {keyof typeof logs} name
 * @returns {Promise<{ folder: string, origin: any }>} origin: what export.json says
 * @throws {AbsentError} without the log
 */
export async function exportOf(name) {
  const log = logs[name];
  if (!existsSync(join(shared, log.folder))) {
    throw new AbsentError(`the shared data ${log.folder} is not here (set MVREC_SHARED_DATA to its folder)`);
  }
  const file = experimentFile(log.experiment);
  const key = digest([log.exporting, await readFile(file, 'utf8')]);
  const folder = join(benchFolder(), 'quality', 'exports', `${name}-${key}`);
  if (!existsSync(folder)) {
    const made = `${folder}.${process.pid}`; // another process may be at it
    const words = ['data', 'export', file, '--set', dataFrom(log), ...log.exporting, '--out', made];
    await promisify(execFile)(process.execPath, [join(project, 'bin', 'mvrec.js'), ...words]);
    if (existsSync(folder)) await rm(made, { recursive: true });
    else await rename(made, folder);
  }
  const origin = await readJson(join(folder, 'export.json'));
  requireRows(name, origin.rows);
  return { folder, origin };
}

/**
 * @param {keyof typeof logs} name
 * @param {Record<string, number>} found by part; `valid` is validation
 */
function requireRows(name, { train, validation, valid = validation, test }) {
  const { rows } = logs[name];
  if (train !== rows.train || valid !== rows.validation || test !== rows.test) {
    const wanted = Object.values(rows).join(', ');
    throw new Error(`${name}: ${[train, valid, test].join(', ')} rows, not ${wanted}`);
  }
}

/**
 * Folder of what the peer gives with that seed: `answer.json` once it is there, beside it what it predicts.
 *
 * @param {Row} row
 * @param {number} seed
 * @param {any} origin of the export
 * @param {Context} context
 */
async function folderOf({ name, theirs }, seed, { fingerprint, rows, request }, { quick }) {
  const packages = join(project, 'bench', 'theirs', `requirements-${theirs.venv}.txt`);
  const { label, split } = request.data;
  const key = digest([
    theirs.script,
    theirs.settings,
    fingerprint,
    rows,
    label,
    split,
    request.historyLength,
    await readFile(packages, 'utf8'),
  ]);
  return join(benchFolder(), 'quality', quick ? 'trials' : 'peers', `${name}-${key}`, `seed-${seed}`);
}

/**
 * @param {Row} row
 * @param {number} seed
 * @param {Context} context
 * @returns {Promise<{ folder: string, answer: Answer }>}
 * @throws {AbsentError} where the library cannot run here, or has not and should not
 */
export async function runPeer(row, seed, context) {
  const { folder: from, origin } = await exportOf(row.log);
  const folder = await folderOf(row, seed, origin, context);
  const answerFile = join(folder, 'answer.json');
  if (existsSync(answerFile) && !context.quick) return { folder, answer: await readJson(answerFile) };
  if (!context.train) throw new AbsentError('not trained yet');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { theirs } = row;
  const settings = {
    ...theirs.settings,
    ...(context.quick && { epochs: 1, trainRows: 2000, validationUsers: 50, testUsers: 100 }),
    seed,
    export: from,
  };
  const side = new Side(
    await commandOf(
      { script: `theirs/quality/${theirs.script}`, venv: theirs.venv, settings },
      { ...context, folder },
    ),
  );
  try {
    const ready = await side.ready();
    const { examples, ...found } = /** @type {Answer} */ (await side.run());
    requireRows(row.log, found.parts);
    const answer = {
      ...ready,
      ...found,
      machine: describeMachine(),
      date: new Date().toISOString().slice(0, 10),
    };
    await writeFile(`${answerFile}.part`, JSON.stringify(answer));
    await rename(`${answerFile}.part`, answerFile);
    return { folder, answer };
  } finally {
    side.end();
  }
}
