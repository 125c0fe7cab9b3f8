import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { parse } from 'yaml';
import { UserError } from '../base/index.js';
import { type Experiment, experimentSchema } from '../config/index.js';
import type { UserValues } from '../metrics/index.js';
import {
  type Checkpoint,
  type CheckpointKind,
  Checkpoints,
  type SavedCheckpoint,
  type StreamLengths,
} from './checkpoints.js';
import { readIfThere, readJson, readText, writeJson } from './json.js';
import {
  files,
  type MetricsRecord,
  type RunEvaluation,
  type RunRecord,
  type RunState,
  type RunStatus,
} from './layout.js';
import { Lock, type LockHolder } from './lock.js';
import { readJsonLines, Stream } from './streams.js';
import { encodeFileVersion, encodeScalars } from './tensorboard.js';
import { readUsers, writeUsers } from './users.js';

/**
 * A run folder. Reading needs no lock; whatever writes throws unless `lock()` was called before.
 * Made by `createRun` and `openRun`.
 */
export class Run {
  private readonly checkpoints: Checkpoints;
  private readonly writer: Lock;
  private readonly metrics: Stream;
  private readonly events: Stream;
  private logger: Logger | null = null;
  private logFile: ReturnType<typeof pino.destination> | null = null;

  constructor(
    readonly directory: string,
    readonly record: RunRecord,
  ) {
    this.checkpoints = new Checkpoints(join(directory, files.checkpoints));
    this.writer = new Lock(join(directory, files.lock));
    this.metrics = new Stream(join(directory, files.metrics));
    this.events = new Stream(join(directory, files.events));
  }

  get id(): string {
    return this.record.id;
  }

  /**
   * Makes this process the run's only writer, until `unlock` or its death.
   *
   * @throws UserError when another process writes the run
   */
  async lock(): Promise<void> {
    await this.writer.acquire();
    await removeLeftovers(this.directory);
    await removeLeftovers(join(this.directory, files.checkpoints));
    new Stream(join(this.directory, files.log)).cutTornLine();
  }

  async unlock(): Promise<void> {
    this.logFile?.end();
    [this.logger, this.logFile] = [null, null];
    await this.writer.release();
  }

  /** What to delete where a process that wrote the run is no more, and was on another host. */
  get lockPath(): string {
    return this.writer.path;
  }

  /** The living process that writes the run, or null. */
  async holder(): Promise<LockHolder | null> {
    return this.writer.holder();
  }

  /** Takes away the lock of a process of which the caller knows that it is no more. */
  async abandon(isGone: (holder: LockHolder) => boolean): Promise<void> {
    await this.writer.abandon(isGone);
  }

  /** The resolved experiment: every value, as the run was started with. */
  async experiment(): Promise<Experiment> {
    const file = join(this.directory, files.experiment);
    const parsed = experimentSchema.safeParse(parse(await readText(file)));
    if (parsed.success) return parsed.data;
    const { path, message } = parsed.error.issues[0]!;
    throw new UserError(
      `${path.join('.')}: ${message}; the run is from mvrec ${this.record.provenance.versions.mvrec}`,
      'Open the run with that version.',
      { file },
    );
  }

  /** Where each value of the experiment came from, by its dotted key. */
  async origins(): Promise<Readonly<Record<string, unknown>>> {
    return readJson(join(this.directory, files.origins));
  }

  /** A run whose process was killed cannot say so itself: it reads as `interrupted`. */
  async status(): Promise<RunStatus> {
    const status = await readJson<RunStatus>(join(this.directory, files.status));
    if (status.state !== 'running' || (await this.holder())) return status;
    return { ...status, state: 'interrupted', reason: 'the process was killed' };
  }

  /** Sets the state and what is given beside it; the rest stays, save for the reason, which belongs to a state. */
  async setStatus(
    state: RunState,
    change: Partial<Pick<RunStatus, 'reason' | 'epochs' | 'seconds' | 'cost'>> = {},
  ): Promise<void> {
    this.mustWrite();
    const file = join(this.directory, files.status);
    const old = await readJson<RunStatus>(file);
    const updated = new Date().toISOString();
    await writeJson(file, { ...old, reason: null, ...change, state, updated });
  }

  /** Adds a line to `metrics.jsonl` and the same numbers to TensorBoard's events. */
  appendMetrics({ epoch, step, metrics }: MetricsRecord): void {
    this.mustWrite();
    // JSON has no NaN: what is not finite becomes null.
    this.metrics.append(`${JSON.stringify({ epoch, step, metrics })}\n`);
    const scalars: Record<string, number> = {};
    for (const [part, values] of Object.entries(metrics)) {
      for (const [name, value] of Object.entries(values)) scalars[`${part}/${name}`] = value ?? Number.NaN;
    }
    const now = Date.now() / 1000;
    if (this.events.length === 0) this.events.append(encodeFileVersion(now));
    this.events.append(encodeScalars(now, step, scalars));
  }

  readMetrics(): MetricsRecord[] {
    return readJsonLines(this.metrics.path);
  }

  /**
   * Saves weights, and for `last` all that a resume needs. Save `best` before the `last` of the same moment: a
   * kill between the two then only repeats the work since the `last` before.
   */
  async saveCheckpoint(kind: CheckpointKind, checkpoint: Checkpoint): Promise<void> {
    this.mustWrite();
    this.metrics.flush();
    this.events.flush();
    const streams = { metrics: this.metrics.length, events: this.events.length };
    await this.checkpoints.save(kind, checkpoint, streams);
  }

  /**
   * Hands an open checkpoint to `use`; null where none was saved yet.
   *
   * @throws UserError when the file is damaged; the message names the last good one
   */
  async loadCheckpoint<T>(
    kind: CheckpointKind,
    use: (checkpoint: SavedCheckpoint) => Promise<T>,
  ): Promise<T | null> {
    return this.checkpoints.load(kind, use);
  }

  /** Path of a checkpoint, there or not. */
  checkpointFile(kind: CheckpointKind): string {
    return this.checkpoints.file(kind);
  }

  /**
   * Brings the folder back to the `last` checkpoint and hands that to `use`: metrics and events recorded after it
   * are cut off, since they will be computed again. Null, and all of them cut off, where none was saved yet.
   */
  async restore<T>(use: (checkpoint: SavedCheckpoint) => Promise<T>): Promise<T | null> {
    this.mustWrite();
    const cutBack = ({ metrics, events }: StreamLengths): void => {
      this.metrics.cutBackTo(metrics);
      this.events.cutBackTo(events);
    };
    const restored = await this.checkpoints.load('last', async (last) => {
      const value = await use(last);
      cutBack(last.streams); // a checkpoint that cannot be used leaves the folder as it was
      return { value };
    });
    if (!restored) cutBack({ metrics: 0, events: 0 });
    return restored?.value ?? null;
  }

  async saveEvaluation(evaluation: RunEvaluation): Promise<void> {
    this.mustWrite();
    await writeJson(join(this.directory, files.evaluation), evaluation);
  }

  /** What the metrics of test are means of. Save it before the evaluation: a run that has one then has the other. */
  async saveUsers(values: ReadonlyMap<string, UserValues>): Promise<void> {
    this.mustWrite();
    await writeUsers(join(this.directory, files.users), values);
  }

  /**
   * The value of every user of test that takes part in a metric, by its name in the evaluation; null where none were kept.
   * Users are numbered as in the store, so that runs on data with one fingerprint can be compared user by user.
   *
   * @throws UserError when the file is damaged
   */
  async readUsers(): Promise<ReadonlyMap<string, UserValues> | null> {
    return readUsers(join(this.directory, files.users));
  }

  /** Null where the run has not come to it. */
  async readEvaluation(): Promise<RunEvaluation | null> {
    const file = join(this.directory, files.evaluation);
    return (await readIfThere(file)) === null ? null : readJson<RunEvaluation>(file);
  }

  /** `log.jsonl`; written line by line, so that a kill loses nothing. */
  get log(): Logger {
    this.mustWrite();
    this.logFile ??= pino.destination({ dest: join(this.directory, files.log), sync: true });
    this.logger ??= pino(
      { base: null, level: 'debug', timestamp: pino.stdTimeFunctions.isoTime },
      this.logFile,
    );
    return this.logger;
  }

  private mustWrite(): void {
    if (!this.writer.isHeld) throw new Error(`run ${this.id} is not locked for writing`);
  }
}

/** What a killed writer left half-written. */
async function removeLeftovers(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    // A folder is of a process that asks for the lock.
    if (entry.isFile() && entry.name.endsWith('.tmp')) await rm(join(folder, entry.name), { force: true });
  }
}
