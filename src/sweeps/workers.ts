import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';

/** Milliseconds after which a process that nobody wants ends. */
const PATIENCE = 1000;

interface Idle {
  readonly child: ChildProcess;
  readonly leave: NodeJS.Timeout;
}

/** Processes that wait for a task, by what they can do. */
const idle = new Map<string, Idle[]>();

/**
 * A process for a task: one that has done others of its kind, or a new one.
 *
 * @param kind what tasks of one process must have in common; null: it is to be a new one
 */
export function takeWorker(kind: string | null, file: string, env: NodeJS.ProcessEnv): ChildProcess {
  const left = kind === null ? undefined : idle.get(kind)?.pop();
  if (!left) return start(file, env);
  clearTimeout(left.leave);
  left.child.removeAllListeners('close');
  hold(left.child, true);
  return left.child;
}

function start(file: string, env: NodeJS.ProcessEnv): ChildProcess {
  return fork(file, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // Out of reach of Ctrl-C in the terminal, which would end it while it loads: it is told to stop.
    detached: process.platform !== 'win32',
    env,
  });
}

/** Keeps a process that has done its task for the next one of this kind, for a moment. It does not keep this one alive. */
export function leaveWorker(kind: string, child: ChildProcess): void {
  for (const event of ['message', 'error', 'close']) child.removeAllListeners(event);
  child.stderr!.removeAllListeners('data');
  const all = idle.get(kind) ?? [];
  idle.set(kind, all);
  const forget = (): void => {
    const at = all.findIndex((one) => one.child === child);
    if (at >= 0) all.splice(at, 1);
  };
  const leave = setTimeout(() => {
    forget();
    child.disconnect();
  }, PATIENCE);
  all.push({ child, leave });
  child.once('close', () => {
    clearTimeout(leave);
    forget();
  });
  hold(child, false);
  leave.unref();
}

/** Whether this process goes on as long as that one does. */
function hold(child: ChildProcess, isHeld: boolean): void {
  for (const held of [child, child.channel, child.stderr as Socket]) isHeld ? held?.ref() : held?.unref();
}
