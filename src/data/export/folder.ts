import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainWriteFailure, removeUnfinished, UserError, unfinishedPath } from '../../base/index.js';
import { replaceFolder } from '../saveStore.js';

/** The file that tells an export from other folders, and where it comes from. */
export const EXPORT = 'export.json';
const FORMAT = 'mvrec-export';

/**
 * An export takes the place of an export that may be replaced, or of nothing.
 *
 * @throws UserError when something else lies there, or an export and `replace` is not said
 */
export async function requireFree(folder: string, replace: boolean): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR')
      throw new UserError(`${folder} is a file, or lies in one`, 'Name a folder.');
    throw explainWriteFailure(error, folder);
  });
  if (entries.length === 0) return;
  if (!(await isExport(folder))) {
    throw new UserError(`${folder} holds other things than an export`, 'Choose another folder, or empty it.');
  }
  if (!replace)
    throw new UserError(`${folder} holds an export already`, 'Choose another folder, or say --replace.');
}

async function isExport(folder: string): Promise<boolean> {
  try {
    const found = JSON.parse(await readFile(join(folder, EXPORT), 'utf8')) as { format?: unknown } | null;
    return found?.format === FORMAT;
  } catch {
    return false;
  }
}

/**
 * Makes a folder whole or not at all; what was there before is replaced only once the new one is complete.
 *
 * @param write fills the empty folder that it is given, and returns what `export.json` should say
 * @throws UserError when the place is taken, full or not writable
 */
export async function writeFolder<T extends Readonly<Record<string, unknown>>>(
  folder: string,
  replace: boolean,
  write: (into: string) => Promise<T>,
): Promise<T> {
  const temporary = unfinishedPath(folder);
  try {
    await requireFree(folder, replace);
    await mkdir(dirname(folder), { recursive: true });
    await removeUnfinished(dirname(folder));
    await mkdir(temporary);
    const said = await write(temporary);
    await writeFile(
      join(temporary, EXPORT),
      `${JSON.stringify({ format: FORMAT, version: 1, ...said }, null, 2)}\n`,
      { flush: true },
    );
    await requireFree(folder, replace); // another program may have written there meanwhile
    await replaceFolder(temporary, folder);
    return said;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw explainWriteFailure(error, folder);
  }
}
