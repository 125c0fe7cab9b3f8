import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { explainWriteFailure } from '../base/index.js';

/**
 * Makes a folder whole or not at all: `make` fills a neighbour, which is then renamed. Done already: nothing happens.
 * Of two processes that make the same folder at once the first wins and both go on with its result.
 */
export async function stage(target: string, make: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(target)) return;
  const folder = `${target}.${hostname()}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await removeLeftovers(target);
    await mkdir(folder, { recursive: true });
    await make(folder);
    await rename(folder, target);
  } catch (error) {
    const overtaken = ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (!(overtaken && existsSync(target))) throw explainWriteFailure(error, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What processes of this machine left behind that were killed while they made `target`. */
async function removeLeftovers(target: string): Promise<void> {
  const parent = dirname(target);
  const prefix = `${basename(target)}.${hostname()}.`;
  const names = existsSync(parent) ? await readdir(parent) : [];
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (!isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // alive, but another user's
  }
}
