import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import {
  explainWriteFailure,
  isAlive,
  moveFolder,
  removeUnfinished,
  UserError,
  unfinishedPath,
} from '../base/index.js';
import { type ClusterTask, clusterTask, isLaterTry } from './clusterTask.js';
import { readIfThere } from './json.js';

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the system's own terms: tells it from a later process of the same number. */
  readonly began: string | null;
  /** The task of Slurm that it is of. */
  readonly task?: ClusterTask | null;
}

/** A living process holds the lock, or one on another host, of which we cannot know. */
export class LockHeld extends UserError {}

/**
 * One writer at a time, across processes. A lock is a folder with one file, which says who holds it and whose name
 * nobody else chooses. The folder comes into being with its file, by a rename that fails while another's file is
 * there. What a process left that is no more (a kill -9, a crash) is removed by the file's name: whoever does that
 * late, because it was suspended, finds that file gone and takes nobody else's. Of processes on another host we
 * cannot know whether they live, so theirs stays, unless Slurm has begun their task anew, here, or the caller knows more
 * (`abandon`).
 */
export class Lock {
  /** Name of our file. */
  private held: string | null = null;

  /** @param what it is the lock of, for messages */
  constructor(
    readonly path: string,
    private readonly what = 'the run',
  ) {}

  get isHeld(): boolean {
    return this.held !== null;
  }

  /** @throws LockHeld when a living process holds it; the message says which */
  async acquire(): Promise<void> {
    if (this.held !== null) throw new Error(`${this.path} is held by this object already`);
    const name = randomBytes(8).toString('hex');
    const made = unfinishedPath(this.path);
    try {
      await this.clear();
      await removeUnfinished(dirname(this.path));
      await mkdir(made);
      await writeFile(join(made, name), `${JSON.stringify(thisProcess())}\n`);
      while (!(await moveFolder(made, this.path))) await this.clear();
      this.held = name;
    } catch (error) {
      await rm(made, { recursive: true, force: true });
      throw explainWriteFailure(error, this.path);
    }
  }

  /** False, and nothing is done, when a living process holds it. */
  async tryAcquire(): Promise<boolean> {
    try {
      await this.acquire();
      return true;
    } catch (error) {
      if (error instanceof LockHeld) return false;
      throw error;
    }
  }

  async release(): Promise<void> {
    if (this.held !== null) await this.remove(this.held);
    this.held = null;
  }

  /** The living holder, or null. */
  async holder(): Promise<LockHolder | null> {
    const found = await this.read();
    return found?.holder && isWriting(found.holder) ? found.holder : null;
  }

  /** Takes away what a process left of which the caller knows that it is no more. */
  async abandon(isGone: (holder: LockHolder) => boolean): Promise<void> {
    const found = await this.read();
    if (found?.holder && isGone(found.holder)) await this.remove(found.name);
  }

  /** Takes away what a dead process left. Throws when a living one holds the lock. */
  private async clear(): Promise<void> {
    const found = await this.read();
    if (!found) return;
    if (found.holder && isWriting(found.holder)) throw this.heldBy(found.holder);
    await this.remove(found.name);
  }

  private async read(): Promise<{ name: string; holder: LockHolder | null } | null> {
    const [name] = await readdir(this.path).catch(unless(['ENOENT'], [] as string[]));
    const text = name === undefined ? null : await readIfThere(join(this.path, name));
    return name === undefined || text === null ? null : { name, holder: parseHolder(text) };
  }

  private async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
    // Another's file may be there by now.
    await rmdir(this.path).catch(unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], undefined));
  }

  private heldBy(holder: LockHolder): LockHeld {
    const { pid, host } = holder;
    return isHere(holder)
      ? new LockHeld(
          `${this.what} is in use by process ${pid}`,
          'Wait for it to end, or stop it with Ctrl-C there.',
        )
      : new LockHeld(
          `${this.what} is in use by process ${pid} on ${host}`,
          `Wait for it to end. If it is no more, delete ${this.path}.`,
        );
  }
}

function thisProcess(): LockHolder {
  return {
    pid: process.pid,
    host: hostname(),
    began: beginning(process.pid)?.began ?? null,
    task: clusterTask(),
  };
}

/** Whether it is, or was, a process of this machine. */
export const isHere = ({ host }: LockHolder): boolean => host === hostname();

/** `process 17`, or `process 17 on HOST`, where what to do if it is no more is said. */
export function holderText(holder: LockHolder, path: string): string {
  const { pid, host } = holder;
  return isHere(holder) ? `process ${pid}` : `process ${pid} on ${host} (if it is no more, delete ${path})`;
}

/** True where it is on another host, of which we cannot know. */
function isWriting(holder: LockHolder): boolean {
  if (!isHere(holder)) return !isLaterTry(clusterTask(), holder.task ?? null);
  if (!isAlive(holder.pid)) return false;
  const now = beginning(holder.pid);
  return !now || (!now.ended && (holder.began === null || holder.began === now.began));
}

/**
 * Start of a process, as boot and ticks since; `ended` of one that only waits to be reaped. Null where the
 * system does not tell (it has no /proc), so that the process number alone must do.
 */
function beginning(pid: number): { began: string; ended: boolean } | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold blanks; start time is field 22.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return { began: `${boot}:${fields[19]}`, ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return null;
  }
}

function parseHolder(text: string): LockHolder | null {
  try {
    const holder = JSON.parse(text) as LockHolder | null;
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? holder : null;
  } catch {
    return null;
  }
}

/** For `catch`: a value in place of the system's errors of these codes. */
function unless<T>(codes: readonly string[], value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (codes.includes(error.code ?? '')) return value;
    throw error;
  };
}
