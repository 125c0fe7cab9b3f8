import { join } from 'node:path';
import { InterruptedError } from '../base/index.js';
import type { LoadedSweep } from '../config/index.js';
import { identityOf, mvrecVersion, RunIndex } from '../runs/index.js';
import type { KnownGrounds } from '../training/index.js';
import { type CellResult, cellName, isLost, type Job, SweepFolder } from './cell.js';
import { CellRunner, type Work, waitingCell } from './cellRunner.js';
import { estimateOf } from './estimate.js';
import { Inquiry } from './inquiry.js';
import { planSweep, type SweepPlan, sameGrounds } from './jobs.js';
import { claimSeeds, isOpen, type Judgement, judge, mostSeeds } from './judge.js';
import { type Looks, looksSoFar, plannedLooks } from './looks.js';
import { publishedFor, publishedNotesFor, requirePapersData } from './published.js';
import { recordOf } from './records.js';
import { statedNow } from './restated.js';
import { requireSlurm } from './slurm/commands.js';
import { SlurmStage } from './slurm/stage.js';
import { type NewSubmission, Submission } from './slurm/submission.js';
import { runHere, type StageWatch } from './stage.js';
import { SweepProgress, type SweepView } from './sweepProgress.js';
import type { SweepOptions, SweepResult, SweepSurroundings } from './sweepTypes.js';
import { candidatesOf, floorsOf, tableOf } from './table.js';

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
  const seeds = claimSeeds(loaded, options.seeds);
  await requirePapersData(loaded, settings.dataDir);
  const asTold = async () => {
    const record = await folder.read();
    const looks = plannedLooks(options, seeds, record?.looks ?? null);
    const stated = statedNow(loaded, record?.stated, folder.cells);
    const seen = looksIn(await folder.judgement());
    return { record, stated, claimed: { seeds, looks, seen, restated: stated.restated } };
  };
  const whole = ({ claimed }: Awaited<ReturnType<typeof asTold>>): Sweep =>
    new Sweep(loaded, plan, options, surroundings, folder, claimed);
  const found = await asTold();
  if (options.dryRun) return whole(found).survey();
  if (options.cluster) await requireSlurm();
  await folder.open();
  try {
    const now = await asTold(); // another process may have written it
    await folder.begin({
      ...recordOf(loaded, plan, now.claimed.looks, now.stated),
      mvrec: await mvrecVersion(),
      created: now.record?.created ?? new Date().toISOString(),
    });
    const result = await whole(now).run();
    if (signal.aborted) throw new InterruptedError();
    return result;
  } finally {
    await folder.close();
  }
}

/** Sets of seeds that claims were judged by. */
const looksIn = (judged: Judgement | null): (readonly number[])[] =>
  judged ? [...(judged.before ?? []), judged.seeds] : [];

class Sweep {
  private readonly index: RunIndex;
  private readonly runner: CellRunner;
  private progress: SweepProgress;
  private readonly inquiry: Inquiry;
  private grounds: Promise<Map<string, KnownGrounds>> | null = null;
  private readonly watch: StageWatch;
  /** Those that all cells are trained with; null where each has its own, and nothing is claimed. */
  private seeds: readonly number[] | null;
  private readonly looks: Looks | null;
  private readonly seen: readonly (readonly number[])[];
  private readonly restated: number;
  /** With `--retry` when that began. */
  private readonly since: string | null;

  constructor(
    private readonly loaded: LoadedSweep,
    private plan: SweepPlan,
    private readonly options: SweepOptions,
    private readonly surroundings: SweepSurroundings,
    private readonly folder: SweepFolder,
    claimed: {
      readonly seeds: readonly number[] | null;
      readonly looks: Looks | null;
      /** That they were judged by in earlier runs. */
      readonly seen: readonly (readonly number[])[];
      readonly restated: number;
    },
  ) {
    const { settings, command, reporter } = surroundings;
    const note = (text: string): void => reporter.note(text);
    const { dryRun, retry } = options;
    this.since = retry ? new Date().toISOString() : null;
    this.seeds = claimed.seeds;
    this.looks = claimed.looks;
    this.seen = claimed.seen;
    this.restated = claimed.restated;
    if (options.untilDecided) this.take(claimed.looks!.at[0]!);
    this.index = new RunIndex(settings.resultsDir, !dryRun);
    this.inquiry = new Inquiry(surroundings, !dryRun);
    this.progress = this.newProgress();
    this.watch = this.newWatch();
    const onEpoch = this.watch.epoch.bind(this.watch);
    this.runner = new CellRunner(folder, this.index, { settings, command, note, onEpoch }, this.since);
  }

  /** What is done, and what the rest would cost. */
  async survey(): Promise<SweepResult> {
    const { left } = await this.known();
    await this.inquiry.probe(
      left.map(({ job }) => job),
      this.results(),
    );
    const results = this.results();
    const estimates = results.map((cell) =>
      cell.state === 'waiting' ? estimateOf(cell, results, this.inquiry.probed) : null,
    );
    const script = await this.writeScript(left);
    return { ...this.result(), estimates, ...(this.options.cluster && { script }) };
  }

  /** All cells; and where it is until the claims are decided, once more with more seeds at each look. */
  async run(): Promise<SweepResult> {
    const { untilDecided, failFast } = this.options;
    let result = await this.stage();
    for (const seeds of untilDecided ? this.looks!.at.slice(1) : []) {
      const { claims, cells } = result;
      const lost = cells.some(isLost);
      const left = cells.some(({ state }) => state === 'waiting'); // taken out of a cluster's queue
      if (this.surroundings.signal.aborted || !claims || !isOpen(claims)) break;
      if (left || (failFast && lost)) break;
      const open = claims.results.filter(({ verdict }) => verdict === 'undecided').length;
      this.surroundings.reporter.note(
        `${claims.seeds.length} seeds: ${open} of ${claims.results.length} claims undecided; on to ${seeds}`,
      );
      this.take(seeds);
      this.progress = this.newProgress();
      result = await this.stage();
    }
    if (!this.surroundings.signal.aborted && this.options.only.length === 0) {
      await this.folder.judged(result.claims);
    }
    return result;
  }

  /** Plans so many of the seeds of the looks. */
  private take(seeds: number): void {
    this.seeds = this.looks!.seeds.slice(0, seeds);
    this.plan = planSweep(this.loaded, { ...this.options, seeds: this.seeds });
  }

  private newProgress(): SweepProgress {
    const { jobs, cluster } = this.options;
    const lanes = cluster ? (cluster.atOnce ?? Number.POSITIVE_INFINITY) : jobs;
    return new SweepProgress(this.plan.jobs, lanes, (job, results) =>
      estimateOf(job, results, this.inquiry.probed),
    );
  }

  private async stage(): Promise<SweepResult> {
    const { reporter, signal } = this.surroundings;
    const { left, unknown } = await this.known();
    if (unknown.length > 0) throw new Error('a cell without an identity'); // its data are there by now
    await this.folder.save();
    if (left.length === 0) return this.result();
    const done = this.plan.jobs.length - left.length;
    reporter.note(
      `sweep ${this.plan.name}: ${left.length} of ${this.plan.jobs.length} cells to run${done > 0 ? `, ${done} done before` : ''}`,
    );
    await this.inquiry.probe(
      left.map(({ job }) => job),
      this.results(),
    );
    await this.train(left, signal);
    return this.result();
  }

  private async train(left: Work[], signal: AbortSignal): Promise<void> {
    this.tell();
    if (!this.options.cluster) return runHere(left, this.options.jobs, this.runner, this.watch, signal);
    const { reporter } = this.surroundings;
    const { index, runner, watch, plan } = this;
    const surroundings = {
      index,
      runner,
      watch,
      note: reporter.note.bind(reporter),
      submission: this.submission(),
      label: plan.name,
      queued: (cells: number) => {
        this.progress.queued = cells;
        this.tell();
      },
    };
    await new SlurmStage(surroundings, signal).run(left);
  }

  private newWatch(): StageWatch {
    const changed = <A extends readonly unknown[]>(act: (...args: A) => void) => {
      return (...args: A): void => {
        act(...args);
        this.tell();
      };
    };
    return {
      begin: changed((job) => this.progress.begin(job)),
      epoch: changed((job, epoch, validation) => this.progress.epoch(job, epoch, validation)),
      end: (job) => this.progress.end(job),
      result: async (result) => {
        const saved = this.folder.put(result);
        const view = this.view(); // while it is saved, another cell may come to its end, and count as one more
        await saved;
        if (result.state === 'waiting') return false;
        this.surroundings.reporter.cell(result, view, this.isTaken(result));
        return result.state !== 'finished' && this.options.failFast;
      },
    };
  }

  /** What array jobs are made of, but for their tasks. */
  private submission(): Omit<NewSubmission, 'tasks'> {
    const { settings, command } = this.surroundings;
    const sweep = this.folder.directory;
    return { ...this.options.cluster!, sweep, settings, command, retry: this.since };
  }

  /** What would be submitted; null where nothing would. */
  private async writeScript(tasks: readonly Work[]): Promise<string | null> {
    if (!this.options.cluster || tasks.length === 0) return null;
    return (await Submission.write('dry-run', { ...this.submission(), tasks }, this.plan.name)).script;
  }

  /** Looks up every cell; those without a result are left. */
  private async known(): Promise<{ left: Work[]; unknown: Job[] }> {
    this.grounds ??= this.inquiry.grounds(this.plan.jobs);
    const grounds = await this.grounds;
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
      const identity = identityOf(job.experiment, { data, ...rest });
      const work = { job, identity, engine: rest.engine };
      const result = await this.runner.known(work);
      this.folder.set(result ?? waitingCell(job, work.identity));
      if (!result) left.push(work);
    }
    return { left, unknown };
  }

  private results(): CellResult[] {
    const known = new Map(this.folder.cells.map((cell) => [cellName(cell), cell]));
    return this.plan.jobs.map((job) => known.get(cellName(job)) ?? waitingCell(job, null));
  }

  private view(): SweepView {
    return this.progress.view(this.results());
  }

  /** Whether another sweep, study or run had the result. */
  private isTaken({ run }: CellResult): boolean {
    return run !== null && !run.startsWith(`${this.plan.name}/`);
  }

  private tell(): void {
    this.surroundings.reporter.cells(this.view());
  }

  /** Claims are about the whole table. */
  private judged(cells: readonly CellResult[]): Judgement | null {
    if (!this.seeds || this.options.only.length > 0) return null;
    const { loaded, plan, seeds, looks, seen, restated } = this;
    const { untilDecided } = this.options;
    const most = untilDecided ? looks!.seeds.length : mostSeeds;
    const looked = looksSoFar(looks, seen, seeds);
    const nextLooks = looked.looks + (untilDecided ? 0 : 1);
    return judge(loaded, plan, cells, { seeds, ...looked, restated, nextLooks, most });
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
      changes: [...loaded.changes, ...this.options.only.map((pattern) => `--only ${pattern}`)],
      axes: loaded.axes,
      metrics: plan.metrics,
      rows: tableOf(plan.jobs, cells, plan.metrics, publishedFor(loaded)),
      publishedNotes: publishedNotesFor(loaded),
      floors: floorsOf(plan.jobs, cells, plan.metrics),
      caveats: [...new Set(cells.flatMap(({ data }) => data?.caveat ?? []))],
      candidates: candidatesOf(plan.jobs),
      cells,
      claims: this.judged(cells),
      reused: cells.filter((cell) => this.isTaken(cell)).length,
    };
  }
}
