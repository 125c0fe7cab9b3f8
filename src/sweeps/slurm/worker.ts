/**
 * The process of one task of an array job: runs the cell of that index, unless another process does, and puts down what came of
 * it. On SIGTERM (it has to make room, or was cancelled) and when its time limit is near it saves and ends; begun anew, it goes
 * on from the checkpoint.
 */
import { join } from 'node:path';
import { InterruptedError, UserError } from '../../base/index.js';
import { type ClusterTask, clusterTask, RunIndex, readJson, writeJson } from '../../runs/index.js';
import { type CellResult, cellName, type Job } from '../cell.js';
import { CellRunner, waitingCell } from '../cellRunner.js';
import { timeSignal } from './script.js';
import { forget, slurmFiles, type TaskList, type TaskProgress } from './submission.js';

/** Milliseconds between two notes of how far the cell is. */
const rest = 2000;

const controller = new AbortController();
let timeIsUp = false;
process.on('SIGTERM', () => controller.abort());
process.on('SIGINT', () => controller.abort());
process.on(timeSignal, () => {
  timeIsUp = true;
  controller.abort();
});

const say = (text: string): void => {
  process.stdout.write(`${new Date().toISOString()}  ${text}\n`);
};

async function work(directory: string, index: number): Promise<CellResult> {
  const { sweep, settings, command, retry, tasks } = await readJson<TaskList>(
    join(directory, slurmFiles.tasks),
  );
  const task = tasks[index];
  if (!task) throw new UserError(`there is no task ${index} in ${directory}`);
  await forget(directory, index);
  const job = withCores(task.job, process.env.SLURM_CPUS_PER_TASK);
  say(`${cellName(job)}${restartText(clusterTask())}`);
  const runner = new CellRunner(
    { directory: sweep, cellOf: () => undefined, put: async () => {} }, // its list belongs to who follows the sweep
    new RunIndex(settings.resultsDir, true),
    { settings, command, note: say, onEpoch: progressWriter(join(directory, slurmFiles.progress(index))) },
    retry,
  );
  let result: CellResult | null = null;
  while (!result && !controller.signal.aborted) {
    result = await runner.run({ ...task, job }, controller.signal, {});
  }
  result ??= waitingCell(job, task.identity);
  const reason = timeIsUp ? 'its time limit was near: give it more `time`, or let it go on' : result.reason;
  return result.state === 'waiting' ? { ...result, reason } : result;
}

/** The cores that Slurm has given it. */
function withCores(job: Job, cores: string | undefined): Job {
  const { engine } = job.experiment;
  if (engine.threads !== 'auto' || cores === undefined) return job;
  return { ...job, experiment: { ...job.experiment, engine: { ...engine, threads: Number(cores) } } };
}

const restartText = (task: ClusterTask | null): string =>
  task && task.restarts > 0 ? `, attempt ${task.restarts + 1}` : '';

function progressWriter(file: string) {
  let last = Number.NEGATIVE_INFINITY;
  let writing = Promise.resolve();
  return (job: Job, epoch: number, validation: TaskProgress['validation']): void => {
    say(`epoch ${epoch}/${job.experiment.train.epochs}`);
    if (performance.now() - last < rest) return;
    last = performance.now();
    // Who follows it can do without; training does not wait for it.
    writing = writing.then(() => writeJson(file, { epoch, validation })).catch(() => {});
  };
}

async function main([directory]: readonly string[], index: string | undefined): Promise<number> {
  try {
    if (!directory || !index)
      throw new UserError('this is the program of a task of Slurm: see docs/sweeps.md');
    const result = await work(directory, Number(index));
    await writeJson(join(directory, slurmFiles.result(Number(index))), result);
    say([result.state, result.reason].filter(Boolean).join(': '));
    return result.state === 'finished' || result.state === 'diverged' ? 0 : 1;
  } catch (error) {
    if (error instanceof InterruptedError) return 1;
    if (!(error instanceof UserError)) throw error;
    // On one line: the last of the log is what is told of a task that left nothing else.
    say(error.message.replaceAll(/\n */g, ' '));
    return 1;
  }
}

process.exit(await main(process.argv.slice(2), process.env.SLURM_ARRAY_TASK_ID));
