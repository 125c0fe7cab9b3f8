import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../config/index.js';
import type { MetricValues } from '../metrics/index.js';
import { sorted } from '../runs/index.js';
import type { Answer, Order, Report, Task, TaskEnd } from './messages.js';
import { leaveWorker, takeWorker } from './workers.js';

/** What a task is given, and who is told how it goes. */
export interface TaskSurroundings {
  readonly settings: Settings;
  /** Words of the command line, for the record of a run. */
  readonly command: readonly string[];
  /** Once it is aborted, the task saves what it has and ends. */
  readonly signal: AbortSignal;
  readonly onNote?: (text: string) => void;
  readonly onCount?: (count: { readonly what: string; readonly done: number; readonly rows: number }) => void;
  /** Says after an epoch whether to end the run there. Default: never. */
  readonly onEpoch?: (epoch: number, validation: MetricValues) => Promise<boolean>;
  readonly onAnswer?: (number: number, answer: Answer<unknown>) => void;
  /** Variables of the process beside ours, for example the GPU that it may use. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Does tasks. An object, so that a test can do them within its process. */
export const executor = { runTask };

const workerFile = fileURLToPath(new URL('./worker.js', import.meta.url));

/**
 * Does a task in another process, so that its death is nobody else's. Short runs with one engine take the same one, one after
 * another, since to start takes as long as what they do; every other task has a process of its own. What happens there is the
 * task's end and never thrown; what `onEpoch` throws is, once the task has ended.
 *
 * @param file what the process runs
 */
export function runTask(task: Task, surroundings: TaskSurroundings, file = workerFile): Promise<TaskEnd> {
  const { settings, command, signal, onNote, onCount, onEpoch, onAnswer, env: more } = surroundings;
  const env = { ...process.env, ...more };
  const kind = task.kind === 'run' ? sorted([file, env, task.experiment.engine]) : null;
  const { child, isUsed } = takeWorker(kind, file, env);
  const tell = (order: Order): void => {
    if (child.connected) child.send(order, () => {}); // of a process that is no more its end tells
  };
  const stop = (): void => tell({ kind: 'stop' });
  let end: TaskEnd | null = null;
  let failure: { readonly error: unknown } | null = null;
  let stderr = '';
  let spoke = false;
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    const judge = async (epoch: number, validation: MetricValues): Promise<void> =>
      tell({ kind: 'verdict', prune: (await onEpoch?.(epoch, validation)) ?? false });
    child.on('message', (report: Report) => {
      spoke = true;
      switch (report.kind) {
        case 'note':
          onNote?.(report.text);
          break;
        case 'counting':
          onCount?.(report);
          break;
        case 'epoch':
          judge(report.epoch, report.validation).catch((error: unknown) => {
            failure ??= { error };
            stop();
          });
          break;
        case 'answer':
          onAnswer?.(report.number, report.answer);
          break;
        case 'end':
          end = report.end;
          if (!report.again) break;
          if (kind === null || failure) child.disconnect();
          else {
            signal.removeEventListener('abort', stop);
            leaveWorker(kind, child);
            resolve(end);
          }
      }
    });
    signal.addEventListener('abort', stop);
    child.on('error', (error) => resolve({ kind: 'failed', problem: error.message }));
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      if (failure) reject(failure.error);
      else if (!end && signal.aborted) resolve({ kind: 'interrupted' });
      // It may have been ended while it waited for a task.
      else if (!end && isUsed && !spoke) resolve(runTask(task, surroundings, file));
      else resolve(end ?? died(code, killedBy, stderr));
    });
    tell({ kind: 'begin', task, settings, command });
    if (signal.aborted) stop();
  });
}

/** Signals of a process that has gone wrong itself; others come from outside. */
const crashes: readonly NodeJS.Signals[] = [
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
];

function died(code: number | null, signal: NodeJS.Signals | null, stderr: string): TaskEnd {
  const said = lastWords(stderr);
  const last = said === null ? '' : `: ${said}`;
  const how = signal === null ? `ended with code ${code}${last}` : `was ended by ${signal}`;
  return {
    kind: 'failed',
    problem: `its process ${how}`,
    blameless: signal !== null && !crashes.includes(signal),
  };
}

/** What a program said last; of an error that nobody caught its own line, not the stack below and Node's version. */
export function lastWords(output: string): string | null {
  const lines = output
    .trim()
    .split('\n')
    .map((line) => line.trim());
  const thrown = lines.findLast((line) => /^\w*Error\b/.test(line));
  const last = /^Node\.js v\d/.test(lines.at(-1)!) ? thrown : undefined;
  return (last ?? lines.at(-1)) || null;
}

/** Threads for each of several processes at once, so that together they have one a core. */
export function threadsFor(jobs: number, cores = availableParallelism()): number {
  return Math.max(1, Math.floor(cores / jobs));
}

/**
 * Works in so many lanes at once until `next` has nothing more to do or the signal is aborted. What one of them throws stops
 * the others too.
 *
 * @param next the work to do, which minds its signal, or null; called when a lane is free, one at a time, with its number
 */
export async function inLanes(
  jobs: number,
  signal: AbortSignal,
  next: (lane: number) => ((signal: AbortSignal) => Promise<void>) | null,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const run = async (lane: number): Promise<void> => {
    while (!stop.aborted) {
      const work = next(lane);
      if (!work) return;
      await work(stop).catch((error: unknown) => failed.abort(error));
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, lane) => run(lane)));
  failed.signal.throwIfAborted();
}
