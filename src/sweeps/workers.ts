import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';

/** Milliseconds after which a process that nobody wants ends. */
const PATIENCE = 5000;

interface Idle {
  readonly child: ChildProcess;
  readonly leave: NodeJS.Timeout;
}

/** Processes that wait for a task, by what they can do. */
const idle = new Map<string, Idle[]>();

/** A process for a task, and whether it has done others. */
export interface Worker {
  readonly child: ChildProcess;
  readonly isUsed: boolean;
}

/**
 * One that has done tasks of this kind, or a new one.
 *
 * @param kind what tasks of one process must have in common; null: it is to be a new one
 */
export function takeWorker(kind: string | null, file: string, env: NodeJS.ProcessEnv): Worker {
  const all = kind === null ? [] : (idle.get(kind) ?? []);
  for (let left = all.pop(); left; left = all.pop()) {
    clearTimeout(left.leave);
    const { child } = left;
    for (const event of ['error', 'close']) child.removeAllListeners(event);
    if (!child.connected || child.exitCode !== null || child.signalCode !== null) continue;
    hold(child, true);
    return { child, isUsed: true };
  }
  if (kind !== null) idle.delete(kind);
  const child = fork(file, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // Out of reach of Ctrl-C in the terminal, which would end it while it loads: it is told to stop.
    detached: process.platform !== 'win32',
    env,
  });
  return { child, isUsed: false };
}

/** Keeps a process that has done its task for the next one of this kind, for a moment. It does not keep this one alive. */
export function leaveWorker(kind: string, child: ChildProcess): void {
  for (const event of ['message', 'error', 'close']) child.removeAllListeners(event);
  child.stderr!.removeAllListeners('data');
  const forget = (): void => {
    clearTimeout(leave);
    const others = (idle.get(kind) ?? []).filter((one) => one.child !== child);
    if (others.length > 0) idle.set(kind, others);
    else idle.delete(kind);
  };
  const leave = setTimeout(() => {
    forget();
    if (child.connected) child.disconnect();
  }, PATIENCE);
  leave.unref();
  idle.set(kind, [...(idle.get(kind) ?? []), { child, leave }]);
  child.on('error', () => {}); // of one that is no more `close` tells
  child.once('close', forget);
  hold(child, false);
}

/** Whether this process goes on as long as that one does. */
function hold(child: ChildProcess, isHeld: boolean): void {
  for (const held of [child, child.channel, child.stderr as Socket]) isHeld ? held?.ref() : held?.unref();
}
