import { InterruptedError, UserError } from '../base/index.js';
import {
  groundsOf,
  probeRun,
  type Reporter,
  RunPruned,
  resumeRun,
  type Surroundings,
  startRun,
} from '../training/index.js';
import type { Answer, Order, Report, Task, TaskEnd } from './messages.js';

/**
 * The process that does one task for `runTask`. Ctrl-C reaches it too, but whoever gave the task decides; when that process is
 * no more, it saves and ends.
 */
const controller = new AbortController();
/** Answers the epoch that waits for one. */
let answer: ((prune: boolean | null) => void) | null = null;

process.on('SIGINT', () => {});
process.on('SIGTERM', stop);
process.on('disconnect', stop);
process.on('message', (order: Order) => {
  switch (order.kind) {
    case 'begin':
      void work(order);
      break;
    case 'verdict':
      answer?.(order.prune);
      break;
    case 'stop':
      stop();
  }
});

function stop(): void {
  controller.abort();
  answer?.(null);
}

async function work({ task, settings, command }: Extract<Order, { kind: 'begin' }>): Promise<void> {
  const surroundings = { settings, command, reporter: reporterOf(task), signal: controller.signal, prune };
  const end = await perform(task, surroundings).catch(endOf);
  await say({ kind: 'end', end });
  process.exit(0);
}

async function perform(task: Task, surroundings: Surroundings): Promise<TaskEnd> {
  switch (task.kind) {
    case 'ask':
      for (const [number, experiment] of task.experiments.entries()) {
        if (surroundings.signal.aborted) throw new InterruptedError();
        const answer = await answerTo<unknown>(() =>
          task.what === 'probe'
            ? probeRun(experiment, surroundings, task.make)
            : groundsOf(experiment, surroundings, task.make),
        );
        await say({ kind: 'answer', number, answer });
      }
      break;
    case 'run':
      await startRun(task.experiment, task.origins, surroundings, task.part);
      break;
    case 'resume':
      await resumeRun(task.run, surroundings);
  }
  return { kind: 'done' };
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
    return { kind: 'failed', problem, fix, place };
  }
  const { message, stack } = error as Error;
  return { kind: 'failed', problem: message, stack };
}

/** An epoch without an answer is not over: it is judged when the run goes on. */
async function prune(
  epoch: number,
  validation: Extract<Report, { kind: 'epoch' }>['validation'],
): Promise<boolean> {
  const answered = new Promise<boolean | null>((resolve) => {
    answer = resolve;
  });
  if (controller.signal.aborted) throw new InterruptedError();
  await say({ kind: 'epoch', epoch, validation });
  const verdict = await answered;
  if (verdict === null) throw new InterruptedError();
  return verdict;
}

function reporterOf({ kind }: Task): Reporter {
  let last = 0;
  return {
    note: (text) => void say({ kind: 'note', text }),
    step: () => {},
    epoch: () => {},
    counting: (count) => {
      // The import of data; of a run nobody would see it.
      if (kind !== 'ask' || performance.now() - last < 200) return;
      last = performance.now();
      void say({ kind: 'counting', ...count });
    },
  };
}

/** Resolves when it is sent, or when nobody is there any more. */
function say(report: Report): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(report, undefined, undefined, () => resolve());
    else resolve();
  });
}
