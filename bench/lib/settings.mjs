// @ts-check
/** Commands that start the sides of a row. */
import { fileURLToPath } from 'node:url';
import { interpreterOf } from './python.mjs';

/**
 * @typedef {{ script: string, venv?: string, settings?: Record<string, unknown>, quick?: Record<string, unknown> }} SideSpec
 *   `settings` may name `threads` of its own; `quick`: settings in place of others with --quick
 * @typedef {{ threads: number, quick: boolean, folder: string, install: boolean, onInstall: (text: string) => void }} Context
 */

const pathOf = (/** @type {string} */ script) => fileURLToPath(new URL(`../${script}`, import.meta.url));

/**
 * @param {SideSpec} side
 * @param {Context} context
 * @returns {Record<string, unknown> & { threads: number }}
 */
export function settingsOf({ settings, quick }, context) {
  return { threads: context.threads, ...settings, ...(context.quick ? quick : {}) };
}

/**
 * @param {SideSpec} side
 * @param {Context} context
 * @returns {Promise<import('./side.mjs').Command>}
 */
export async function commandOf(side, context) {
  const own = settingsOf(side, context);
  const settings = JSON.stringify({ ...own, quick: context.quick, folder: context.folder });
  const threads = String(own.threads);
  if (side.venv === undefined) return { command: process.execPath, args: [pathOf(side.script), settings] };
  return {
    cwd: context.folder, // some packages leave files where they are started
    command: await interpreterOf(side.venv, context),
    args: [pathOf(side.script), settings],
    env: { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, PYTHONDONTWRITEBYTECODE: '1' },
  };
}
