import { setTimeout } from 'node:timers/promises';
import type { SlurmConfig } from '../../config/index.js';
import { type Work, waitingCell } from '../cellRunner.js';
import { cancel, SlurmBusy, tasksOf } from './commands.js';
import { FollowedTask, type FollowSurroundings, outcomeOf } from './follow.js';
import { hasEnded, isLoss, type TaskState, verdictOf } from './states.js';
import { type NewSubmission, Submission } from './submission.js';

/** What `--executor slurm` asks for. */
export interface Cluster {
  readonly config: SlurmConfig;
  /** Most cells at once; null: as many as Slurm lets. */
  readonly atOnce: number | null;
}

/** Tasks of one array: what Slurm takes by default (MaxArraySize). */
const mostTasks = 1000;
/** Milliseconds between two looks at the queue: at first, and when nothing changes. */
const politely = { first: 1000, growth: 1.2, most: 15_000 };

export interface SlurmSurroundings extends FollowSurroundings {
  /** All of new submissions but their tasks. */
  readonly submission: Omit<NewSubmission, 'tasks'>;
  /** Name of the sweep, for those of jobs. */
  readonly label: string;
  /** Called with the number of cells that wait in the queue, whenever something may have changed. */
  readonly queued: (cells: number) => void;
}

/** Has cells run as tasks of array jobs, and follows them. */
export class SlurmStage {
  private readonly said = new Set<string>();
  private readonly surroundings: SlurmSurroundings;
  private readonly note: (text: string) => void;
  private stopping = false;

  constructor(
    surroundings: SlurmSurroundings,
    private readonly signal: AbortSignal,
    private readonly pauses = politely,
  ) {
    this.note = surroundings.note;
    this.surroundings = { ...surroundings, note: (text) => this.once(text) };
  }

  /**
   * Until all cells have come to an end, or the signal is aborted: then they stay in the queue. Those that are there already
   * are not submitted again.
   *
   * @throws UserError when Slurm does not take them
   */
  async run(left: readonly Work[]): Promise<void> {
    const { tasks, settled } = await this.attach(left);
    const queued = new Set(tasks.map(({ work }) => work));
    const fresh = left.filter((work) => !queued.has(work) && !settled.has(work));
    if (!this.signal.aborted && !this.stopping) tasks.push(...(await this.submit(fresh)));
    await this.follow(tasks);
  }

  /** Cells whose tasks an earlier command has submitted: those that wait or run, and those that have come to an end since. */
  private async attach(left: readonly Work[]): Promise<{ tasks: FollowedTask[]; settled: Set<Work> }> {
    const { submission: fresh, watch, index } = this.surroundings;
    const wanted = new Map(left.map((work) => [work.identity, work]));
    const tasks: FollowedTask[] = [];
    const settled = new Set<Work>();
    const open = await this.patiently(() => Submission.open(fresh.sweep));
    for (const submission of open ?? []) {
      const states = await this.patiently(() => tasksOf(submission.job, submission.list.tasks.length));
      if (!states) break;
      await index.refresh();
      let followed = 0;
      for (const [number, task] of submission.list.tasks.entries()) {
        const work = wanted.get(task.identity);
        const state = states.get(number) ?? null;
        if (state && !hasEnded(state)) {
          if (!work) continue;
          tasks.push(new FollowedTask(work, submission, number, this.surroundings));
          wanted.delete(task.identity);
          followed++;
          continue;
        }
        const outcome = await outcomeOf(task, submission, number, state?.state ?? null, this.surroundings);
        // What fails once more is begun once more with `--retry` only; all else goes on.
        if (!work || fresh.retry !== null) continue;
        const loss = state && isLoss(state) && outcome === null;
        const result = loss
          ? {
              ...waitingCell(task.job, task.identity),
              ...verdictOf(state.state, await submission.lastWords(number)),
            }
          : outcome;
        if (!result || result.state === 'waiting') continue;
        settled.add(work);
        wanted.delete(task.identity);
        this.stopping = (await watch.result(result)) || this.stopping;
      }
      if (isOver(submission, states)) await submission.end();
      if (followed > 0) {
        const cells = followed === 1 ? '1 cell' : `${followed} cells`;
        this.once(`following ${cells} of job ${submission.job.id} in Slurm's queue`);
      }
    }
    return { tasks, settled };
  }

  private async submit(works: readonly Work[]): Promise<FollowedTask[]> {
    const { submission: fresh, label } = this.surroundings;
    const tasks: FollowedTask[] = [];
    for (let start = 0; start < works.length; start += mostTasks) {
      const part = works.slice(start, start + mostTasks);
      const folder = await Submission.next(fresh.sweep);
      const submission = await Submission.write(folder, { ...fresh, tasks: part }, label);
      await submission.submit();
      this.once(`submitted as job ${submission.job.id}; logs and script in ${submission.directory}`);
      tasks.push(...part.map((work, i) => new FollowedTask(work, submission, i, this.surroundings)));
    }
    return tasks;
  }

  private async follow(tasks: readonly FollowedTask[]): Promise<void> {
    let open = [...tasks];
    const { first, growth, most } = this.pauses;
    let pause = first;
    if (this.stopping) await this.cancel(open);
    while (open.length > 0 && !this.signal.aborted) {
      this.surroundings.queued(open.filter(({ isQueued }) => isQueued).length);
      await this.rest(pause);
      if (this.signal.aborted) break;
      const before = open.length;
      open = await this.look(open);
      pause = open.length < before ? first : Math.min(pause * growth, most);
    }
    this.surroundings.queued(0);
    for (const { job } of submissionsOf(open)) {
      this.once(
        `job ${job.id} goes on without this command; \`scancel ${job.id}\` takes it out of the queue`,
      );
    }
  }

  /** @returns those that have not ended */
  private async look(open: readonly FollowedTask[]): Promise<FollowedTask[]> {
    const left = new Set(open);
    for (const submission of submissionsOf(open)) {
      const states = await tasksOf(submission.job, submission.list.tasks.length).catch(this.busy);
      if (!states) continue;
      for (const task of open) {
        if (task.submission !== submission) continue;
        const result = await task.see(states.get(task.number) ?? null);
        if (!result) continue;
        left.delete(task);
        if (!(await this.surroundings.watch.result(result)) || this.stopping) continue;
        this.stopping = true;
        await this.cancel(left);
      }
      const own = [...left].some((task) => task.submission === submission);
      if (!own && isOver(submission, states)) await submission.end();
    }
    return [...left];
  }

  private async cancel(tasks: Iterable<FollowedTask>): Promise<void> {
    for (const submission of submissionsOf([...tasks])) {
      const own = [...tasks].filter((task) => task.submission === submission);
      await cancel(
        submission.job,
        own.map(({ number }) => number),
      );
    }
  }

  /** Asks until Slurm answers; null once the signal is aborted. */
  private async patiently<T>(question: () => Promise<T>): Promise<T | null> {
    const { first, most } = this.pauses;
    for (let pause = first; !this.signal.aborted; pause = Math.min(pause * 2, most)) {
      const answer = await question().catch(this.busy);
      if (answer !== null) return answer;
      await this.rest(pause);
    }
    return null;
  }

  private readonly busy = (error: unknown): null => {
    if (!(error instanceof SlurmBusy)) throw error;
    this.once(`Slurm does not answer (${error.message}); asking again`);
    return null;
  };

  private async rest(milliseconds: number): Promise<void> {
    await setTimeout(milliseconds, undefined, { signal: this.signal }).catch(() => {}); // by the signal
  }

  private once(text: string): void {
    if (this.said.has(text)) return;
    this.said.add(text);
    this.note(text);
  }
}

const submissionsOf = (tasks: readonly FollowedTask[]): Submission[] => [
  ...new Set(tasks.map(({ submission }) => submission)),
];

/** Whether none of its tasks waits or runs, also of those that nobody follows. */
const isOver = ({ list }: Submission, states: ReadonlyMap<number, TaskState>): boolean =>
  list.tasks.every((_, i) => {
    const state = states.get(i);
    return !state || hasEnded(state);
  });
