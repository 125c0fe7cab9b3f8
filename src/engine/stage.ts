import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainWriteFailure, moveFolder, removeUnfinished, unfinishedPath } from '../base/index.js';

/**
 * Makes a folder whole or not at all: `make` fills a neighbour, which is then renamed. Done already: nothing happens.
 * Of two processes that make the same folder at once the first wins and both go on with its result.
 */
export async function stage(target: string, make: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(target)) return;
  const folder = unfinishedPath(target);
  try {
    await mkdir(folder, { recursive: true });
    await removeUnfinished(dirname(target));
    await make(folder);
    await moveFolder(folder, target);
  } catch (error) {
    throw explainWriteFailure(error, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
