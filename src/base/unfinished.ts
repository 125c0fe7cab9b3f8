import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * A path beside `target` for something unfinished that is renamed to it, or thrown away. It tells which process of
 * which host is at work, so that `removeUnfinished` can clear what a killed one left.
 */
export function unfinishedPath(target: string): string {
  const name = `.${basename(target)}.${process.pid}@${hostname()}.${randomBytes(4).toString('hex')}.tmp`;
  return join(dirname(target), name);
}

/** Removes from a folder what processes of this host left unfinished. Others may be at work on a shared disk. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid, host] = /^\..+\.(\d+)@(.+)\.[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
    if (host !== hostname() || isAlive(Number(pid))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Renames a folder. An empty one may be in its place; false, and nothing is done, when a full one is. */
export async function moveFolder(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** True when a process of this number runs on this host, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
