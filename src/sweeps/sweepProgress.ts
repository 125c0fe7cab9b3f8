import { reportedName } from '../evaluation/index.js';
import type { MetricValues } from '../metrics/index.js';
import type { CellResult, Job } from './cell.js';
import type { Estimate } from './estimate.js';

/** How far a sweep is. */
export interface SweepView {
  readonly total: number;
  readonly finished: number;
  /** Failed and diverged. */
  readonly lost: number;
  readonly running: readonly RunningCell[];
  /** Cells that wait in the queue of a cluster. */
  readonly queued: number;
  /** Null as long as nothing tells. */
  readonly secondsLeft: number | null;
}

export interface RunningCell {
  readonly label: string;
  readonly seed: number;
  readonly epoch: number;
  readonly epochs: number;
  /** The experiment's monitor on validation, after the last epoch. */
  readonly metric: { readonly name: string; readonly value: number | null } | null;
  readonly seconds: number;
}

/** Follows the cells that are under way. */
export class SweepProgress {
  private readonly running = new Map<Job, { since: number; epoch: number; metric: RunningCell['metric'] }>();
  /** Cells that wait in the queue of a cluster. */
  queued = 0;

  constructor(
    private readonly jobs: readonly Job[],
    private readonly lanes: number,
    private readonly estimate: (job: Job, results: readonly CellResult[]) => Estimate | null,
  ) {}

  begin(job: Job): void {
    this.running.set(job, { since: performance.now(), epoch: 0, metric: null });
  }

  epoch(job: Job, epoch: number, validation: MetricValues): void {
    const { train, evaluate } = job.experiment;
    const name = reportedName(evaluate.candidates, train.monitor);
    const value = validation[name];
    const metric = value === undefined ? null : { name, value };
    this.running.set(job, { since: this.running.get(job)?.since ?? performance.now(), epoch, metric });
  }

  end(job: Job): void {
    this.running.delete(job);
  }

  /** @param results in the order of the jobs */
  view(results: readonly CellResult[]): SweepView {
    const count = (...states: readonly CellResult['state'][]) =>
      results.filter(({ state }) => states.includes(state)).length;
    const running = [...this.running].map(([job, { since, epoch, metric }]): RunningCell => {
      const { label, seed, experiment } = job;
      const seconds = (performance.now() - since) / 1000;
      return { label, seed, epoch, epochs: experiment.train.epochs, metric, seconds };
    });
    return {
      total: results.length,
      finished: count('finished'),
      lost: count('failed', 'diverged'),
      running,
      queued: this.queued,
      secondsLeft: this.secondsLeft(results),
    };
  }

  private secondsLeft(results: readonly CellResult[]): number | null {
    const left = this.jobs.filter((_, i) => ['waiting', 'running'].includes(results[i]!.state));
    const estimates = left.map((job) => {
      const whole = this.estimate(job, results)?.seconds ?? null;
      const own = this.running.get(job);
      if (!own) return whole;
      const elapsed = (performance.now() - own.since) / 1000;
      // A cell's own pace tells more than any estimate.
      const { epochs } = job.experiment.train;
      if (own.epoch > 0) return (elapsed / own.epoch) * Math.max(0, epochs - own.epoch);
      return whole === null ? null : Math.max(0, whole - elapsed);
    });
    const known = estimates.filter((seconds) => seconds !== null);
    if (known.length === 0) return null;
    // Of those of which nothing is known the mean of the others.
    const sum = (known.reduce((total, seconds) => total + seconds, 0) / known.length) * left.length;
    return sum / Math.max(1, Math.min(this.lanes, left.length));
  }
}
