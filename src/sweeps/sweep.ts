import { join } from 'node:path';
import { InterruptedError, UserErrors } from '../base/index.js';
import type { LoadedSweep } from '../config/index.js';
import { identityOf, mvrecVersion, RunIndex } from '../runs/index.js';
import type { KnownGrounds, Probed } from '../training/index.js';
import { ask, errorOf } from './ask.js';
import { type CellResult, cellName, isLost, type Job, SweepFolder } from './cell.js';
import { CellRunner, type CellSurroundings, type Work, waitingCell } from './cellRunner.js';
import { laneEnvironment, visibleGpus } from './devices.js';
import { estimateOf } from './estimate.js';
import { inLanes } from './executor.js';
import { planSweep, type SweepPlan, sameGrounds } from './jobs.js';
import { claimSeeds, isOpen, type Judgement, judge, mostSeeds } from './judge.js';
import { type Looks, plannedLooks } from './looks.js';
import { checkPublished, publishedFor } from './published.js';
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
  checkPublished(loaded, plan.metrics);
  const claimed = claimSeeds(loaded, options.seeds, plan.metrics);
  const record = await folder.read();
  const looks = plannedLooks(options, claimed, record?.looks ?? null);
  const whole = new Sweep(loaded, plan, options, surroundings, folder, { seeds: claimed, looks });
  if (options.dryRun) return whole.survey();
  await folder.open();
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
      published: publishedFor(loaded),
      looks,
    });
    const result = await whole.run();
    if (signal.aborted) throw new InterruptedError();
    return result;
  } finally {
    await folder.close();
  }
}

class Sweep {
  private readonly index: RunIndex;
  private readonly runner: CellRunner;
  private progress: SweepProgress;
  private knownGrounds: Promise<Map<string, KnownGrounds>> | null = null;
  private readonly probed = new Map<string, Probed>();
  /** Those that all cells are trained with; null where each has its own, and nothing is claimed. */
  private seeds: readonly number[] | null;
  private readonly looks: Looks | null;

  constructor(
    private readonly loaded: LoadedSweep,
    private plan: SweepPlan,
    private readonly options: SweepOptions,
    private readonly surroundings: SweepSurroundings,
    private readonly folder: SweepFolder,
    claimed: { readonly seeds: readonly number[] | null; readonly looks: Looks | null },
  ) {
    const { settings, command, reporter } = surroundings;
    const note = (text: string): void => reporter.note(text);
    const { dryRun, retry } = options;
    this.seeds = claimed.seeds;
    this.looks = claimed.looks;
    if (options.untilDecided) this.take(claimed.looks!.at[0]!);
    this.index = new RunIndex(settings.resultsDir, !dryRun);
    this.progress = this.newProgress();
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
    await this.probe(left.map(({ job }) => job));
    const results = this.results();
    const estimates = results.map((cell) =>
      cell.state === 'waiting' ? estimateOf(cell, results, this.probed) : null,
    );
    return { ...this.result(), estimates };
  }

  /** All cells; and where it is until the claims are decided, once more with more seeds at each look. */
  async run(): Promise<SweepResult> {
    const { untilDecided, failFast } = this.options;
    let result = await this.stage();
    for (const seeds of untilDecided ? this.looks!.at.slice(1) : []) {
      const { claims, cells } = result;
      const lost = cells.some(isLost);
      if (this.surroundings.signal.aborted || !claims || !isOpen(claims) || (failFast && lost)) break;
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
    return new SweepProgress(this.plan.jobs, this.options.jobs, (job, results) =>
      estimateOf(job, results, this.probed),
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
      if (!work) return null;
      return async (stop) => {
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
      };
    });
  }

  /** Looks up every cell; those without a result are left. */
  private async known(): Promise<{ left: Work[]; unknown: Job[] }> {
    this.knownGrounds ??= this.grounds();
    const grounds = await this.knownGrounds;
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

  /** Tries out the first of the jobs of each label, where none has finished. What is wrong with any of them is told before one is trained. */
  private async probe(jobs: readonly Job[]): Promise<void> {
    const results = this.results();
    const done = new Set(results.flatMap(({ label, state }) => (state === 'finished' ? [label] : [])));
    const untried = jobs.filter(({ label }) => !done.has(label) && !this.probed.has(label));
    const first = [...new Map(untried.toReversed().map((job) => [job.label, job])).values()].reverse();
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
    const known = new Map(this.folder.cells.map((cell) => [cellName(cell), cell]));
    return this.plan.jobs.map((job) => known.get(cellName(job)) ?? waitingCell(job, null));
  }

  private view(): SweepView {
    return this.progress.view(this.results());
  }

  private tell(): void {
    this.surroundings.reporter.cells(this.view());
  }

  /** Claims are about the whole table. */
  private judged(cells: readonly CellResult[]): Judgement | null {
    if (!this.seeds || this.options.only.length > 0) return null;
    const { loaded, plan, seeds, looks } = this;
    const most = this.options.untilDecided ? looks!.seeds.length : mostSeeds;
    return judge(loaded, plan, cells, { seeds, looks: looks?.at.length ?? 1, most });
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
      rows: tableOf(plan.jobs, cells, plan.metrics, publishedFor(loaded)),
      floors: floorsOf(plan.jobs, cells, plan.metrics),
      caveats: [...new Set(cells.flatMap(({ data }) => data?.caveat ?? []))],
      candidates: candidatesOf(plan.jobs),
      cells,
      claims: this.judged(cells),
      reused: cells.filter(({ run }) => run !== null && !run.startsWith(`${plan.name}/`)).length,
    };
  }
}
