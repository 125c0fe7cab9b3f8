import { afterAll, beforeAll } from '@jest/globals';
import { executor } from '../../src/sweeps/executor.js';
import { perform } from '../../src/sweeps/perform.js';

let last: Promise<unknown> = Promise.resolve();

/**
 * Has the tests of a file do tasks within their process, one after another: what a sweep does about its tasks needs no process
 * for each.
 */
export function doTasksHere(): void {
  const { runTask } = executor;
  beforeAll(() => void Object.assign(executor, { runTask: runTaskHere }));
  afterAll(() => void Object.assign(executor, { runTask }));
}

const runTaskHere: typeof executor.runTask = (
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
