// @ts-check
/** Reads and writes bench/results/*.json and the tables of docs/performance.md. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { between, resultsTable, targetsTable } from './report.mjs';

/**
 * @typedef {import('./report.mjs').Result} Result
 * @typedef {import('./report.mjs').Target} Target
 */

export const folder = new URL('../results/', import.meta.url);
const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

/** @param {Result} result */
export async function writeResult(result) {
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${result.name}.json`, folder), `${JSON.stringify(result, rounded, 1)}\n`);
}

/**
 * @param {string} _
 * @param {unknown} value
 */
export const rounded = (_, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

/** @returns {Promise<Result[]>} all measurements of speed, by name; those of quality are others (../quality.mjs) */
export async function readResults() {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((file) => file.endsWith('.json') && !file.startsWith('quality-')).sort();
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(new URL(file, folder), 'utf8'))));
}

/** @param {readonly Target[]} targets */
export async function writeTables(targets) {
  const results = await readResults();
  const before = await readFile(page, 'utf8');
  const withTargets = between(before, 'targets', targetsTable(targets, results));
  const after = between(withTargets, 'results', resultsTable(results));
  if (after !== before) await writeFile(page, after);
}
