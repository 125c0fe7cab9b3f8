import { UserError } from '../base/index.js';
import type { LoadedExperiment, TuneConfig } from '../config/index.js';
import type { MetricValues } from '../metrics/index.js';
import type { Run } from '../runs/index.js';
import { ends, isRung } from './asha.js';
import { attempt, released } from './attempt.js';
import type { Task } from './messages.js';
import { bestOf, compareTrials, epochValues, type Outcome, outcomeOf } from './outcome.js';
import { variationsOf } from './space.js';
import type { Study, StudyRecord, Trial } from './study.js';
import type { Plan, TuneSurroundings } from './tune.js';

/** Runs trials of a study as tasks and puts down what came of them. */
export class TrialRunner {
  constructor(
    private readonly loaded: LoadedExperiment,
    private readonly plan: Plan,
    private readonly search: TuneConfig,
    private readonly study: Study,
    private readonly record: StudyRecord,
    private readonly surroundings: TuneSurroundings,
    /** Tell of every epoch. */
    private readonly verbose: boolean,
  ) {}

  /** Begins a trial or goes on with it. When it is stopped, it stays `running` for the next time. */
  async run({ number }: Trial, total: number, signal: AbortSignal): Promise<void> {
    const { study } = this;
    const before = await study.runOf(number);
    await study.put({ ...this.trial(number), state: 'running', reason: null });
    const outcome = await this.outcome(number, before, signal);
    if (outcome.state === 'running') return;
    await study.put({ ...this.trial(number), ...outcome });
    this.tell(number, total);
  }

  private trial(number: number): Trial {
    return this.study.trials[number - 1]!;
  }

  private async outcome(number: number, before: Run | null, signal: AbortSignal): Promise<Outcome> {
    const none: Outcome = { state: 'failed', value: null, epochs: 0, seconds: 0, run: null, reason: null };
    if (before) {
      const then = await outcomeOf(before, this.record);
      // A failed run is here because it is to be tried again.
      if (then.state !== 'running' && then.state !== 'failed') return then;
      await released(`trial ${number}`, before, signal);
      if (signal.aborted) return then;
    }
    let task: Task;
    try {
      task = before ? { kind: 'resume', run: before.directory } : this.taskOf(number);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { ...none, reason: error.problem }; // values that do not go together, which only now were drawn
    }
    const { settings, command, reporter } = this.surroundings;
    const onEpoch = (epoch: number, metrics: MetricValues) => this.judged(number, epoch, metrics);
    const { stopped, how } = await attempt(
      `trial ${number}`,
      task,
      { settings, command, signal, onEpoch },
      (text) => reporter.note(text),
    );
    const run = await this.study.runOf(number);
    if (run) return outcomeOf(run, this.record, stopped ? null : how);
    return stopped ? { ...none, state: 'running' } : { ...none, reason: how };
  }

  private taskOf(number: number): Task {
    const varied = this.loaded.vary(variationsOf(this.trial(number).assignment));
    return {
      kind: 'run',
      ...this.plan.experimentOf(varied),
      part: { trial: { study: this.plan.study, number } },
    };
  }

  /** Whether a trial ends at this epoch; what was once decided stays. */
  private async judged(number: number, epoch: number, metrics: MetricValues): Promise<boolean> {
    const { prune } = this.search;
    const { metric, goal } = this.plan;
    const now = metrics[metric] ?? null;
    if (this.verbose) {
      this.surroundings.reporter.note(
        `trial ${number}  epoch ${epoch}  ${metric} ${now?.toFixed(4) ?? 'undefined'}`,
      );
    }
    if (prune.kind === 'none' || !isRung(epoch, prune)) return false;
    return ends(this.study, { number, epoch, shown: () => this.soFar(number, now) }, prune, goal);
  }

  /** What the trial would have to show if it ended now: the best epoch's value, unless the last epoch counts. */
  private async soFar(number: number, now: number | null): Promise<number | null> {
    if (this.loaded.experiment.train.selectOn === 'last') return now;
    const values = epochValues((await this.study.runOf(number))!, this.plan.metric);
    return bestOf([...values, now], this.plan.goal);
  }

  private tell(number: number, total: number): void {
    const { metric, goal } = this.plan;
    const { state, value, reason, epochs, assignment } = this.trial(number);
    const ended = this.study.trials.filter((trial) => trial.state !== 'running');
    const best = [...ended].sort(compareTrials(goal))[0]!;
    const values = Object.entries(assignment).map(([path, one]) => `${path}=${valueText(one)}`);
    const length = `${epochs} epoch${epochs === 1 ? '' : 's'}`;
    const shown = value === null ? reason?.split('\n')[0] : `${metric} ${value.toFixed(4)} in ${length}`;
    const top = best.value === null ? '' : `  (best ${best.value.toFixed(4)}, trial ${best.number})`;
    this.surroundings.reporter.note(
      `trial ${number}/${total}  ${state}  ${shown}${top}  ${values.join(' ')}`,
    );
  }
}

/** Numbers short enough to be compared; the files have them in full. */
export function valueText(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(4)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}
