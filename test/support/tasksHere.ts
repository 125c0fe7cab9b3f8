import type { runTask } from '../../src/sweeps/executor.js';
import { perform } from '../../src/sweeps/perform.js';

let last: Promise<unknown> = Promise.resolve();

/** `runTask` within this process, one task after another: what a sweep does about its tasks needs no process for each. */
export const runTaskHere: typeof runTask = (
  task,
  { settings, command, signal, onNote, onEpoch, onAnswer },
) => {
  const reporter = { note: (text: string) => onNote?.(text), step() {}, epoch() {}, counting() {} };
  const prune = async (...epoch: Parameters<NonNullable<typeof onEpoch>>): Promise<boolean> =>
    (await onEpoch?.(...epoch)) ?? false;
  const done = last.then(() =>
    perform(task, { settings, command, signal, reporter, prune }, async (...answer) => onAnswer?.(...answer)),
  );
  last = done;
  return done;
};
