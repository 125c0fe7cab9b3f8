import { join } from 'node:path';
import { InterruptedError, UserErrors } from '../base/index.js';
import type { LoadedSweep, Settings } from '../config/index.js';
import { identityOf, mvrecVersion, RunIndex } from '../runs/index.js';
import type { KnownGrounds, Probed, Reporter } from '../training/index.js';
import { ask, errorOf } from './ask.js';
import { type CellResult, type Job, SweepFolder } from './cell.js';
import { CellRunner, type CellSurroundings, type Work, waitingCell } from './cellRunner.js';
import { laneEnvironment, visibleGpus } from './devices.js';
import { type Estimate, estimateOf } from './estimate.js';
import { inLanes } from './executor.js';
import { type JobRequest, planSweep, type SweepPlan, sameGrounds } from './jobs.js';
import { SweepProgress, type SweepView } from './sweepProgress.js';
import { candidatesOf, type FloorRow, floorsOf, type Row, tableOf } from './table.js';

export interface SweepOptions extends JobRequest {
  /** Stop at the first cell that fails or diverges. */
  readonly failFast: boolean;
  /** Run cells that failed or diverged again. */
  readonly retry: boolean;
  /** Say what would be done. Nothing is written. */
  readonly dryRun: boolean;
}

export interface SweepSurroundings {
  readonly settings: Settings;
  /** Words of the command line, for the record. */
  readonly command: readonly string[];
  readonly reporter: Pick<Reporter, 'note' | 'counting'> & {
    /** Told whenever something has changed. */
    cells(view: SweepView): void;
    /** A cell has ended. */
    cell(result: CellResult, view: SweepView): void;
  };
  readonly signal: AbortSignal;
}

export interface SweepResult {
  readonly sweep: string;
  readonly directory: string;
  readonly title: string | null;
  readonly table: { readonly paper: string; readonly table: string } | null;
  readonly on: LoadedSweep['on'];
  readonly axes: LoadedSweep['axes'];
  /** Columns, as the file names them. */
  readonly metrics: readonly string[];
  readonly rows: readonly Row[];
  readonly floors: readonly FloorRow[];
  /** Each caveat of the data once. */
  readonly caveats: readonly string[];
  /** Kinds of candidates among which positives were ranked; more than one must not be compared. */
  readonly candidates: readonly string[];
  /** In the order of the table, all cells with the first seed first. */
  readonly cells: readonly CellResult[];
  /** Cells whose results another sweep, study or run had. */
  readonly reused: number;
  /** What a dry run says of those that are left. */
  readonly estimates?: readonly (Estimate | null)[];
}

/**
 * Runs the cells of a sweep that have no result yet, or goes on with a sweep that was interrupted.
 *
 * @throws UserError when something is wrong with the sweep or with a cell's data; nothing is trained then
 * @throws InterruptedError when the signal is aborted; the same call goes on
 */
export async function sweep(
  loaded: LoadedSweep,
  options: SweepOptions,
  surroundings: SweepSurroundings,
): Promise<SweepResult> {
  const plan = planSweep(loaded, options);
  const { settings, signal } = surroundings;
  const folder = new SweepFolder(join(settings.resultsDir, plan.name));
  if (options.dryRun) {
    await folder.read();
    return new Sweep(loaded, plan, options, surroundings, folder).survey();
  }
  const record = await folder.open();
  try {
    const { title = null, table = null } = loaded.sweep;
    await folder.begin({
      sweep: plan.name,
      title,
      table,
      mvrec: await mvrecVersion(),
      created: record?.created ?? new Date().toISOString(),
      digest: plan.digest,
      on: loaded.on,
      axes: loaded.axes,
      metrics: plan.metrics,
    });
    const result = await new Sweep(loaded, plan, options, surroundings, folder).run();
    if (signal.aborted) throw new InterruptedError();
    return result;
  } finally {
    await folder.close();
  }
}

class Sweep {
  private readonly index: RunIndex;
  private readonly runner: CellRunner;
  private readonly progress: SweepProgress;
  private readonly probed = new Map<string, Probed>();

  constructor(
    private readonly loaded: LoadedSweep,
    private readonly plan: SweepPlan,
    private readonly options: SweepOptions,
    private readonly surroundings: SweepSurroundings,
    private readonly folder: SweepFolder,
  ) {
    const { settings, command, reporter } = surroundings;
    const note = (text: string): void => reporter.note(text);
    const { dryRun, retry, jobs } = options;
    this.index = new RunIndex(settings.resultsDir, !dryRun);
    this.progress = new SweepProgress(plan.jobs, jobs, (job) => estimateOf(job, this.results(), this.probed));
    const onEpoch: CellSurroundings['onEpoch'] = (job, epoch, validation) => {
      this.progress.epoch(job, epoch, validation);
      this.tell();
    };
    const since = retry ? new Date().toISOString() : null;
    this.runner = new CellRunner(folder, this.index, { settings, command, note, onEpoch }, since);
  }

  /** What is done, and what the rest would cost. */
  async survey(): Promise<SweepResult> {
    const { left } = await this.known();
    await this.probe(left.map(({ job }) => job).filter((job) => !estimateOf(job, this.results(), new Map())));
    const results = this.results();
    const estimates = results.map((cell) =>
      cell.state === 'waiting' ? estimateOf(cell, results, this.probed) : null,
    );
    return { ...this.result(), estimates };
  }

  async run(): Promise<SweepResult> {
    const { reporter, signal } = this.surroundings;
    const { left, unknown } = await this.known();
    if (unknown.length > 0) throw new Error('a cell without an identity'); // its data are there by now
    await this.folder.save();
    if (left.length === 0) return this.result();
    const done = this.plan.jobs.length - left.length;
    reporter.note(
      `sweep ${this.plan.name}: ${left.length} of ${this.plan.jobs.length} cells to run${done > 0 ? `, ${done} done before` : ''}`,
    );
    await this.probe(left.map(({ job }) => job));
    await this.train(left, signal);
    return this.result();
  }

  private async train(left: Work[], signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const gpus = visibleGpus();
    const queue = [...left];
    this.tell();
    await inLanes(this.options.jobs, AbortSignal.any([signal, failed.signal]), (lane) => {
      const work = queue.shift();
      return work
        ? async (stop) => {
            this.progress.begin(work.job);
            this.tell();
            const result = await this.runner.run(work, stop, laneEnvironment(lane, gpus));
            this.progress.end(work.job);
            if (result === null) {
              queue.push(work); // another process is at it
              return;
            }
            await this.folder.put(result);
            if (result.state === 'waiting') return;
            this.surroundings.reporter.cell(result, this.view());
            if (result.state !== 'finished' && this.options.failFast) failed.abort();
          }
        : null;
    });
  }

  /** Looks up every cell; those without a result are left. */
  private async known(): Promise<{ left: Work[]; unknown: Job[] }> {
    const grounds = await this.grounds();
    await this.index.refresh();
    const left: Work[] = [];
    const unknown: Job[] = [];
    for (const job of this.plan.jobs) {
      const { data, ...rest } = grounds.get(sameGrounds(job.experiment))!;
      if (data === null) {
        unknown.push(job);
        this.folder.set(waitingCell(job, null));
        continue;
      }
      const work = { job, identity: identityOf(job.experiment, { data, ...rest }) };
      const result = await this.runner.known(work);
      this.folder.set(result ?? waitingCell(job, work.identity));
      if (!result) left.push(work);
    }
    return { left, unknown };
  }

  /** What the results are functions of, asked once for all cells that share it. */
  private async grounds(): Promise<Map<string, KnownGrounds>> {
    const experiments = new Map(
      this.plan.jobs.map(({ experiment }) => [sameGrounds(experiment), experiment]),
    );
    const answers = await ask<KnownGrounds>('grounds', [...experiments.values()], this.asking(), {
      make: !this.options.dryRun,
    });
    const mistakes = answers.flatMap((answer) => ('mistake' in answer ? [errorOf(answer.mistake)] : []));
    if (mistakes.length > 0) throw new UserErrors(mistakes);
    const values = answers.flatMap((answer) => ('value' in answer ? [answer.value] : []));
    return new Map([...experiments.keys()].map((key, i) => [key, values[i]!]));
  }

  /** Tries out the first of the jobs of each label. What is wrong with any of them is told before one is trained. */
  private async probe(jobs: readonly Job[]): Promise<void> {
    const first = [...new Map(jobs.toReversed().map((job) => [job.label, job])).values()].reverse();
    if (first.length === 0) return;
    this.surroundings.reporter.note(`trying out ${first.length === 1 ? 'a cell' : `${first.length} cells`}`);
    const experiments = first.map(({ experiment }) => experiment);
    const make = !this.options.dryRun;
    const answers = await ask<Probed>('probe', experiments, this.asking(), { make });
    const mistakes = answers.flatMap((answer, i) => {
      if ('value' in answer) {
        this.probed.set(first[i]!.label, answer.value);
        return [];
      }
      const { problem, ...rest } = answer.mistake;
      return [errorOf({ problem: `${first[i]!.label}: ${problem}`, ...rest })];
    });
    if (mistakes.length > 0) throw new UserErrors(mistakes);
  }

  private asking() {
    const { reporter, settings, command, signal } = this.surroundings;
    const onNote = (text: string): void => reporter.note(text);
    const onCount = reporter.counting.bind(reporter);
    return { settings, command, signal, onNote, onCount };
  }

  private results(): CellResult[] {
    return this.plan.jobs.map((job) => this.folder.cellOf(job) ?? waitingCell(job, null));
  }

  private view(): SweepView {
    return this.progress.view(this.results());
  }

  private tell(): void {
    this.surroundings.reporter.cells(this.view());
  }

  private result(): SweepResult {
    const { plan, loaded, folder } = this;
    const cells = this.results();
    const { title = null, table = null } = loaded.sweep;
    return {
      sweep: plan.name,
      directory: folder.directory,
      title,
      table,
      on: loaded.on,
      axes: loaded.axes,
      metrics: plan.metrics,
      rows: tableOf(plan.jobs, cells, plan.metrics),
      floors: floorsOf(plan.jobs, cells, plan.metrics),
      caveats: [...new Set(cells.flatMap(({ data }) => data?.caveat ?? []))],
      candidates: candidatesOf(plan.jobs),
      cells,
      reused: cells.filter(({ run }) => run !== null && !run.startsWith(`${plan.name}/`)).length,
    };
  }
}
