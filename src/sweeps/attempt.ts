import { setTimeout } from 'node:timers/promises';
import { UserError } from '../base/index.js';
import type { Run } from '../runs/index.js';
import { executor, type TaskSurroundings } from './executor.js';
import type { Task } from './messages.js';

/** Milliseconds to wait for another process to leave a run. */
const patience = 60_000;

/**
 * Does the task of a trial or a cell.
 *
 * @param what the task is of, for messages
 * @returns whether it was stopped, and if it was not, how its process ended where its run cannot know, and whether that says
 *   nothing of the task
 */
export async function attempt(
  what: string,
  task: Task,
  surroundings: TaskSurroundings,
  note: (text: string) => void,
): Promise<{ readonly stopped: boolean; readonly how: string; readonly blameless: boolean }> {
  const end = await executor.runTask(task, surroundings);
  if (end.kind === 'failed' && end.stack !== undefined) note(`${what}: ${end.stack}`);
  const stopped = end.kind === 'interrupted' && surroundings.signal.aborted;
  if (end.kind !== 'failed')
    return { stopped, how: 'its process was stopped', blameless: end.kind === 'interrupted' };
  return { stopped, how: end.problem, blameless: end.blameless ?? false };
}

/**
 * Waits until nobody writes a run any more: the process that was killed may have left one that saves and ends, which may
 * take a moment.
 *
 * @throws UserError when it takes too long
 */
export async function released(what: string, run: Run, signal: AbortSignal): Promise<void> {
  const until = performance.now() + patience;
  for (let holder = await run.holder(); holder && !signal.aborted; holder = await run.holder()) {
    if (performance.now() > until) {
      throw new UserError(
        `${what} is still written by process ${holder.pid}`,
        'Wait for it to end, then run the command again.',
      );
    }
    await setTimeout(200);
  }
}
