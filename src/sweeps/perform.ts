import { InterruptedError, UserError, WriteError } from '../base/index.js';
import { groundsOf, probeRun, RunPruned, resumeRun, type Surroundings, startRun } from '../training/index.js';
import type { Answer, Task, TaskEnd } from './messages.js';

/**
 * Does a task in this process. What happens is its end and never thrown.
 *
 * @param say told each answer
 */
export async function perform(
  task: Task,
  surroundings: Surroundings,
  say: (number: number, answer: Answer<unknown>) => Promise<void>,
): Promise<TaskEnd> {
  try {
    await work(task, surroundings, say);
    return { kind: 'done' };
  } catch (error) {
    return endOf(error);
  }
}

async function work(
  task: Task,
  surroundings: Surroundings,
  say: (number: number, answer: Answer<unknown>) => Promise<void>,
): Promise<void> {
  switch (task.kind) {
    case 'ask':
      for (const [number, experiment] of task.experiments.entries()) {
        if (surroundings.signal.aborted) throw new InterruptedError();
        const answer = await answerTo<unknown>(() =>
          task.what === 'probe'
            ? probeRun(experiment, surroundings, task.make)
            : groundsOf(experiment, surroundings, task.make),
        );
        await say(number, answer);
      }
      break;
    case 'run':
      await startRun(task.experiment, task.origins, surroundings, task.part);
      break;
    case 'resume':
      await resumeRun(task.run, surroundings);
  }
}

/** A mistake of the user in one experiment says nothing of the others. */
async function answerTo<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { problem, fix, place } = error;
    return { mistake: { problem, fix, place } };
  }
}

function endOf(error: unknown): TaskEnd {
  if (error instanceof RunPruned) return { kind: 'done' };
  if (error instanceof InterruptedError) return { kind: 'interrupted' };
  if (error instanceof UserError) {
    const { problem, fix, place } = error;
    return { kind: 'failed', problem, fix, place, blameless: error instanceof WriteError };
  }
  const { message, stack } = error as Error;
  return { kind: 'failed', problem: message, stack };
}
