import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { explainWriteFailure } from '../base/index.js';
import type { Settings } from '../config/index.js';
import { holderText, isHere, Lock, type LockHolder, type Run, type RunIndex } from '../runs/index.js';
import { attempt, released } from './attempt.js';
import { type CellResult, cellName, type Job, type SweepFolder } from './cell.js';
import type { Task } from './messages.js';

/** Milliseconds between two looks at a cell that another process trains. */
const pause = 500;

/** A cell that is to be run. */
export interface Work {
  readonly job: Job;
  readonly identity: string;
  /** Name of the engine that computes. */
  readonly engine: string;
}

export interface CellSurroundings {
  readonly settings: Settings;
  readonly command: readonly string[];
  readonly note: (text: string) => void;
  readonly onEpoch: (job: Job, epoch: number, validation: Readonly<Record<string, number | null>>) => void;
}

/** Runs cells as tasks, unless another process does, and puts down what came of them. */
export class CellRunner {
  private readonly told = new Set<string>();
  /** Cells that failed here: with `retry` they are tried once. */
  private readonly failed = new Set<string>();

  /** @param retry results without numbers from before that time (ISO 8601) count as none */
  constructor(
    private readonly folder: Pick<SweepFolder, 'directory' | 'cellOf' | 'put'>,
    private readonly index: RunIndex,
    private readonly surroundings: CellSurroundings,
    private readonly retry: string | null,
  ) {}

  /** What is known of the cell without running it: by this sweep or by whoever ran the same; null where nothing is. */
  async known({ job, identity }: Work): Promise<CellResult | null> {
    const own = this.folder.cellOf(job);
    const mine = this.failed.has(cellName(job));
    if (own?.state === 'failed' && own.identity === identity && (this.retry === null || mine)) return own;
    for (const run of await this.index.find(identity)) {
      const result = await resultOf(job, identity, run);
      const old = this.retry !== null && run.record.created < this.retry;
      if (result?.state === 'finished' || (result?.state === 'diverged' && !old)) return result;
    }
    return null;
  }

  /**
   * Begins a cell or goes on with it. When it is stopped, by whatever, it stays `waiting` for the next time.
   *
   * @returns what came of it, or null where another process is at it
   */
  async run(
    work: Work,
    signal: AbortSignal,
    env: Readonly<Record<string, string>>,
  ): Promise<CellResult | null> {
    const { job, identity } = work;
    const lock = await this.lockOf(identity, job);
    if (!(await lock.tryAcquire())) return this.held(lock, lock.path, job);
    try {
      await this.index.refresh();
      const known = await this.known(work); // by now
      if (known) return known;
      const before = await this.unfinished(work);
      for (const run of await this.index.find(identity)) {
        const holder = await run.holder();
        if (holder && (run.id !== before?.id || !isHere(holder))) return this.held(run, run.lockPath, job);
      }
      // The processes of a sweep that was killed save and end.
      if (before) await released(cellName(job), before, signal);
      if (signal.aborted) return waitingCell(job, identity);
      return await this.attempt(work, before, signal, env);
    } finally {
      await lock.release();
    }
  }

  /** Takes away the locks of a process of which the caller knows that it is no more. */
  async abandon({ job, identity }: Work, isGone: (holder: LockHolder) => boolean): Promise<void> {
    await (await this.lockOf(identity, job)).abandon(isGone);
    for (const run of await this.index.find(identity)) await run.abandon(isGone);
  }

  /** The sweep's own run of the cell that can be gone on with. */
  private async unfinished({ identity, job }: Work): Promise<Run | undefined> {
    for (const run of await this.index.find(identity)) {
      if (!this.isOwn(run) || ['finished', 'diverged', 'pruned'].includes((await run.status()).state))
        continue;
      const { evaluate } = await run.experiment();
      if (job.experiment.evaluate.metrics.every((metric) => evaluate.metrics.includes(metric))) return run;
    }
    return undefined;
  }

  private isOwn(run: Run): boolean {
    return dirname(run.directory) === this.folder.directory;
  }

  private async attempt(
    { job, identity }: Work,
    before: Run | undefined,
    signal: AbortSignal,
    env: Readonly<Record<string, string>>,
  ): Promise<CellResult> {
    const { settings, command, note, onEpoch } = this.surroundings;
    const part = { cell: { sweep: basename(this.folder.directory), label: job.label } };
    const { experiment, origins } = job;
    const task: Task = before
      ? { kind: 'resume', run: before.directory }
      : { kind: 'run', experiment, origins, part };
    const began = new Date().toISOString();
    await this.folder.put({ ...waitingCell(job, identity), state: 'running' });
    const { stopped, how, blameless } = await attempt(
      cellName(job),
      task,
      {
        settings,
        command,
        signal,
        env,
        onEpoch: async (epoch, validation) => {
          onEpoch(job, epoch, validation);
          return false;
        },
      },
      note,
    );
    await this.index.refresh();
    const run = (await this.index.find(identity)).find(
      (one) => this.isOwn(one) && (one.id === before?.id || one.record.created >= began),
    );
    const result = run && (await resultOf(job, identity, run));
    if (result) return result;
    const { epochs, seconds } = (await run?.status()) ?? { epochs: 0, seconds: 0 };
    const waiting = { ...waitingCell(job, identity), run: run ? placeOf(run) : null, epochs, seconds };
    if (stopped) return waiting;
    if (blameless) return { ...waiting, reason: how };
    this.failed.add(cellName(job));
    return { ...waiting, state: 'failed', reason: how };
  }

  private async lockOf(identity: string, job: Job): Promise<Lock> {
    const folder = join(this.surroundings.settings.resultsDir, '.cells');
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw explainWriteFailure(error, folder);
    }
    return new Lock(join(folder, identity.slice(0, 32)), `the cell ${cellName(job)}`);
  }

  private async held(by: Pick<Lock, 'holder'>, path: string, job: Job): Promise<null> {
    const holder = await by.holder();
    const text =
      holder && `${cellName(job)} is trained by ${holderText(holder, path)}: its result will be taken`;
    if (text && !this.told.has(text)) this.surroundings.note(text);
    if (text) this.told.add(text);
    await setTimeout(pause);
    return null;
  }
}

export function waitingCell({ label, coordinates, seed }: Job, identity: string | null): CellResult {
  return {
    label,
    coordinates,
    seed,
    identity,
    state: 'waiting',
    run: null,
    reason: null,
    metrics: null,
    floors: null,
    data: null,
    epochs: 0,
    seconds: 0,
  };
}

/** What a run's folder tells of a cell; null where it has not come to its end or was not measured by what the cell needs. */
async function resultOf(job: Job, identity: string, run: Run): Promise<CellResult | null> {
  const { state, reason, epochs, seconds } = await run.status();
  const { fingerprint, name, caveat } = run.record.provenance.data;
  const shared = { ...waitingCell(job, identity), run: placeOf(run), reason, epochs, seconds };
  const cell: CellResult = { ...shared, data: { fingerprint, name, caveat } };
  if (state === 'diverged' || state === 'failed') return { ...cell, state };
  const evaluation = state === 'finished' ? await run.readEvaluation() : null;
  const metrics = evaluation?.metrics.test;
  if (!metrics || job.columns.some((metric) => !Object.hasOwn(metrics, metric))) return null;
  const floors = (evaluation.floors ?? null) as CellResult['floors'];
  return { ...cell, state: 'finished', metrics, floors };
}

const placeOf = (run: Run): string => `${basename(dirname(run.directory))}/${run.id}`;
