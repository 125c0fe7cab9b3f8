import { InterruptedError, UserError } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import { sorted } from '../runs/index.js';
import { executor, type TaskSurroundings } from './executor.js';
import type { Answer, Mistake, Task } from './messages.js';

/**
 * Asks about experiments in processes of their own, one for each engine. A process that dies takes one answer with it: that of
 * the experiment that it was at.
 *
 * @returns an answer each
 * @throws InterruptedError when the signal is aborted; an Error for a bug of ours
 */
export async function ask<T>(
  what: Extract<Task, { kind: 'ask' }>['what'],
  experiments: readonly Experiment[],
  surroundings: Omit<TaskSurroundings, 'onEpoch' | 'onAnswer'>,
  { make = true }: { readonly make?: boolean } = {},
): Promise<Answer<T>[]> {
  const answers: Answer<T>[] = [];
  const unanswered = () => experiments.flatMap((_, i) => (answers[i] === undefined ? [i] : []));
  const said = new Set<string>();
  for (let left = unanswered(); left.length > 0; left = unanswered()) {
    const engine = sorted(experiments[left[0]!]!.engine);
    const asked = left.filter((i) => sorted(experiments[i]!.engine) === engine);
    const task: Task = { kind: 'ask', what, make, experiments: asked.map((i) => experiments[i]!) };
    const end = await executor.runTask(task, {
      ...surroundings,
      // What is worth saying of one is said of all.
      onNote: (text) => !said.has(text) && said.add(text) && surroundings.onNote?.(text),
      onAnswer: (number, answer) => {
        answers[asked[number]!] = answer as Answer<T>;
      },
    });
    if (end.kind === 'interrupted') throw new InterruptedError();
    if (end.kind === 'done') continue;
    if (end.stack !== undefined) throw Object.assign(new Error(end.problem), { stack: end.stack });
    const { problem, fix, place } = end;
    answers[asked.find((i) => answers[i] === undefined)!] = { mistake: { problem, fix, place } };
  }
  return answers;
}

export const errorOf = ({ problem, fix, place }: Mistake): UserError => new UserError(problem, fix, place);
