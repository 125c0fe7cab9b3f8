import { writeFileSync } from 'node:fs';
import { InterruptedError } from '../base/index.js';
import { computesOnGpu, type Reporter } from '../training/index.js';
import type { Order, Report, Task } from './messages.js';
import { perform } from './perform.js';

/*
 * The process that does tasks for `runTask`. Ctrl-C reaches it too, but whoever gave the task decides; when that process is no
 * more, it saves and ends.
 */

/** Milliseconds of a task of which it matters that the next one need not start a process. */
const SHORT = 30_000;
/** Bytes that a process may still hold for its tasks. */
const LEFT_OVER = 2 ** 30;

/** Of the task that it is at. */
let controller: AbortController | null = null;
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
  if (!controller) process.exit(0);
  controller.abort();
  answer?.(null);
}

async function work({ task, settings, command }: Extract<Order, { kind: 'begin' }>): Promise<void> {
  const began = performance.now();
  controller = new AbortController();
  const { signal } = controller;
  const peakIsOwn = forgetPeakMemory();
  const surroundings = { settings, command, reporter: reporterOf(task), signal, prune };
  const end = await perform(task, surroundings, (number, answer) => say({ kind: 'answer', number, answer }));
  const isShort = performance.now() - began < SHORT && process.memoryUsage.rss() < LEFT_OVER;
  // What a run leaves on a graphics card nobody sees here.
  const leavesNothing = isShort && peakIsOwn && !computesOnGpu();
  const again = task.kind === 'run' && end.kind === 'done' && leavesNothing && !signal.aborted;
  controller = null;
  await say({ kind: 'end', end, again });
  if (!again || !process.connected) process.exit(0);
}

/** From now on the peak is that of the next task. Tells whether this system can. */
function forgetPeakMemory(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

/** An epoch without an answer is not over: it is judged when the run goes on. */
async function prune(
  epoch: number,
  validation: Extract<Report, { kind: 'epoch' }>['validation'],
): Promise<boolean> {
  const answered = new Promise<boolean | null>((resolve) => {
    answer = resolve;
  });
  if (controller!.signal.aborted) throw new InterruptedError();
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
