import type { MetricValues } from '../metrics/index.js';
import type { CellResult, Job } from './cell.js';
import type { CellRunner, Work } from './cellRunner.js';
import { laneEnvironment, visibleGpus } from './devices.js';
import { inLanes } from './executor.js';

/** Who is told how the cells of a stage go. */
export interface StageWatch {
  begin(job: Job): void;
  epoch(job: Job, epoch: number, validation: MetricValues): void;
  /** It is not under way any more. */
  end(job: Job): void;
  /** @returns whether the others are to stop */
  result(result: CellResult): Promise<boolean>;
}

/** Runs the cells on this machine, so many at once, until all have come to an end or the signal is aborted. */
export async function runHere(
  left: readonly Work[],
  lanes: number,
  runner: CellRunner,
  watch: StageWatch,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const gpus = visibleGpus();
  const queue = [...left];
  await inLanes(lanes, AbortSignal.any([signal, failed.signal]), (lane) => {
    const work = queue.shift();
    if (!work) return null;
    return async (stop) => {
      watch.begin(work.job);
      const result = await runner.run(work, stop, laneEnvironment(lane, gpus));
      watch.end(work.job);
      if (result === null)
        queue.push(work); // another process is at it
      else if (await watch.result(result)) failed.abort();
    };
  });
}
