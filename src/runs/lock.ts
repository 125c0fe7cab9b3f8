import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { explainWriteFailure, UserError, writeFileAtomically } from '../base/index.js';
import { readIfThere } from './json.js';

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the system's own terms: tells it from a later process of the same number. */
  readonly began: string | null;
  /** Tells two holds of one process apart. */
  readonly token: string;
}

/** Writing a lock or taking one over takes milliseconds; what is older was left by a process killed meanwhile. */
const freshMilliseconds = 5_000;

/**
 * One writer at a time, across processes. The file is made exclusively; that of a process which is no more (a
 * kill -9, a crash) is taken over at once. Of processes on another host we cannot know, so theirs stays.
 */
export class Lock {
  private held: string | null = null;

  constructor(private readonly path: string) {}

  get isHeld(): boolean {
    return this.held !== null;
  }

  /** @throws UserError when a living process holds it; the message says which */
  async acquire(): Promise<void> {
    if (this.held !== null) throw new Error(`${this.path} is held by this object already`);
    const holder = { ...thisProcess(), token: randomBytes(8).toString('hex') };
    const mine = `${JSON.stringify(holder)}\n`;
    while (!(await createExclusively(this.path, mine))) {
      const found = await readIfThere(this.path);
      if (found === null) continue; // released meanwhile
      const other = parseHolder(found);
      if (other && isAlive(other)) throw this.heldBy(other);
      // A lock without a holder is being written, unless it has been so for long.
      if (!other && (await isFresh(this.path))) await pause();
      else if (await this.takeOver(found, mine)) break;
    }
    this.held = mine;
  }

  async release(): Promise<void> {
    if (this.held !== null && (await readIfThere(this.path)) === this.held) await rm(this.path);
    this.held = null;
  }

  /** The living holder, or null. */
  async holder(): Promise<LockHolder | null> {
    const found = await readIfThere(this.path);
    const holder = found === null ? null : parseHolder(found);
    return holder && isAlive(holder) ? holder : null;
  }

  /** Replaces a dead process's lock. Two that try are told apart by an exclusive guard file. */
  private async takeOver(stale: string, mine: string): Promise<boolean> {
    const guard = `${this.path}.takeover`;
    if (!(await createExclusively(guard, ''))) {
      if (!(await isFresh(guard))) await rm(guard, { force: true });
      await pause();
      return false;
    }
    try {
      if ((await readIfThere(this.path)) !== stale) return false;
      await writeFileAtomically(this.path, mine);
      return true;
    } finally {
      await rm(guard, { force: true });
    }
  }

  private heldBy({ pid, host }: LockHolder): UserError {
    return host === hostname()
      ? new UserError(
          `the run is in use by process ${pid}`,
          'Wait for it to end, or stop it with Ctrl-C there.',
        )
      : new UserError(
          `the run is in use by process ${pid} on ${host}`,
          `Wait for it to end. If it is no more, delete ${this.path}.`,
        );
  }
}

function thisProcess(): Omit<LockHolder, 'token'> {
  return { pid: process.pid, host: hostname(), began: beginning(process.pid)?.began ?? null };
}

function isAlive(holder: LockHolder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
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

/** False when the file is there already. */
async function createExclusively(path: string, contents: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(contents);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw explainWriteFailure(error, path);
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function isFresh(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs < freshMilliseconds;
  } catch {
    return false;
  }
}
