import { hostname } from 'node:os';
import type { LockHolder, RunIndex } from '../../runs/index.js';
import { type CellResult, cellName } from '../cell.js';
import { type CellRunner, type Work, waitingCell } from '../cellRunner.js';
import type { StageWatch } from '../stage.js';
import { hasEnded, isPending, type TaskState, verdictOf } from './states.js';
import type { Submission } from './submission.js';

/** Looks at which Slurm does not know a task before it counts as gone. */
const mostUnknown = 3;
/** Milliseconds until the result of a task that Slurm calls completed must be seen: shared disks tell others late. */
const diskPatience = 60_000;
/** Why a task waits where all is as it should be. */
const ordinary = ['Priority', 'Resources', 'JobArrayTaskLimit', 'BeginTime', 'Dependency', 'Cleaning'];

export interface FollowSurroundings {
  readonly index: RunIndex;
  readonly runner: CellRunner;
  readonly watch: StageWatch;
  readonly note: (text: string) => void;
}

/** One task of an array, and the cell that it is to run. */
export class FollowedTask {
  private last: string | null = null;
  private epoch = 0;
  private unknown = 0;
  private endedAt: number | null = null;

  constructor(
    readonly work: Work,
    readonly submission: Submission,
    readonly number: number,
    private readonly surroundings: FollowSurroundings,
  ) {}

  get isQueued(): boolean {
    return this.last === 'PENDING';
  }

  /**
   * Takes notice of where the task is.
   *
   * @param task null where Slurm does not know it
   * @returns what became of the cell once the task has ended, else null
   */
  async see(task: TaskState | null): Promise<CellResult | null> {
    if (task === null) {
      return ++this.unknown < mostUnknown ? null : this.settle(null);
    }
    this.unknown = 0;
    if (hasEnded(task)) return this.settle(task.state);
    await this.show(task);
    return null;
  }

  private async show(task: TaskState): Promise<void> {
    const { watch, note } = this.surroundings;
    const { job } = this.work;
    const runs = !isPending(task);
    const ran = this.last !== null && !this.isQueued;
    if (runs && !ran) watch.begin(job);
    if (!runs && ran) {
      watch.end(job);
      note(`${cellName(job)} is back in the queue, to go on from its checkpoint`);
    }
    this.last = task.state;
    if (task.reason !== null && !runs && !ordinary.includes(task.reason)) {
      note(`job ${this.submission.job.id} waits in the queue: Slurm says ${task.reason}`);
    }
    const progress = runs ? await this.submission.progress(this.number) : null;
    if (!progress || progress.epoch === this.epoch) return;
    this.epoch = progress.epoch;
    watch.epoch(job, progress.epoch, progress.validation);
  }

  /** What came of the cell; null where it may still come to be seen. */
  private async settle(state: string | null): Promise<CellResult | null> {
    this.endedAt ??= performance.now();
    const patient = state === 'COMPLETED' && performance.now() - this.endedAt < diskPatience;
    await this.surroundings.index.refresh();
    const result = await outcomeOf(this.work, this.submission, this.number, state, this.surroundings);
    if (result === null && patient) return null;
    this.surroundings.watch.end(this.work.job);
    const { job, identity } = this.work;
    return (
      result ?? {
        ...waitingCell(job, identity),
        ...verdictOf(state, await this.submission.lastWords(this.number)),
      }
    );
  }
}

/**
 * What is known of the cell of a task that has ended, as of the index's last look, other than by how it ended; null where nothing is. Locks that its
 * processes left on another machine are taken away: of those nobody else can know that they are no more.
 */
export async function outcomeOf(
  work: Work,
  submission: Submission,
  number: number,
  state: string | null,
  { runner }: Pick<FollowSurroundings, 'runner'>,
): Promise<CellResult | null> {
  const id = `${submission.job.id}_${number}`;
  await runner.abandon(work, ({ task, host }: LockHolder) => task?.id === id && host !== hostname());
  const said = await submission.result(number);
  const own = said?.identity === work.identity ? said : null;
  if (own && own.state !== 'waiting') return own;
  const known = await runner.known(work);
  if (known || !own) return known;
  const verdict = verdictOf(state, null);
  const reason = verdict.state === 'waiting' ? verdict.reason : (own.reason ?? 'it was told to stop');
  return { ...own, reason };
}
