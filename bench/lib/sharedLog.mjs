// @ts-check
/** Real logs of positives with each user's last two rows left out. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSource, prepare } from '../../dist/data/index.js';
import { AbsentError } from './side.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Folder of the real logs. */
export const shared = resolve(process.env.MVREC_SHARED_DATA ?? join(project, '..', 'shared', 'data'));

/** Cards of folders that are not the published ones. */
const cards = /** @type {Record<string, string>} */ ({ 'microlens-50k': 'microlens-50k-subset' });

/**
 * Imports a log, or opens it where that has been done before.
 *
 * @param {string} name of its folder in the shared data
 * @param {string} folder for what is imported
 * @throws {AbsentError} without the log
 */
export async function openSharedLog(name, folder) {
  const from = join(shared, name);
  if (!existsSync(from)) {
    throw new AbsentError(`the shared data ${name} is not here (set MVREC_SHARED_DATA to its folder)`);
  }
  const store = await openSource(
    { card: join(project, 'datasets', `${cards[name] ?? name}.yaml`), from },
    { dataDir: folder },
  );
  return prepare(store, { label: 'is_positive', split: { kind: 'leaveOneOut' } });
}
