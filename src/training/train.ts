import { existsSync } from 'node:fs';
import { InterruptedError, UserError } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import { type Candidates, type PreparedData, planEpoch, type SplitName } from '../data/index.js';
import { DivergedError, Optimizer, requireFinite, weightArrays } from '../engine/index.js';
import { evaluate, reportedName } from '../evaluation/index.js';
import { type MetricValues, metricDirection } from '../metrics/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';
import type { MetricsRecord, Run } from '../runs/index.js';
import { type FinalEvaluation, finalEvaluation } from './final.js';
import { afterEpoch, afterStep, type Progress, startProgress } from './progress.js';
import { CheckpointClock, loadCheckpointWeights, restoreLast, saveBest, saveLast } from './saving.js';
import { plannedSteps, type Steps, sweepSteps } from './step.js';

/** What a training run works on. */
export interface Session {
  /** Freshly built; its weights are replaced by those of the run's last checkpoint, if there is one. */
  readonly model: Model | FittedModel;
  readonly experiment: Experiment;
  readonly data: PreparedData;
  /** What positives are ranked among. */
  readonly candidates: Candidates;
  /** Locked by this process. */
  readonly run: Run;
  readonly reporter: Reporter;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly prune?: Prune | undefined;
  /** Told of each epoch. */
  readonly tracker?: { epoch(record: MetricsRecord): void } | null;
  /** Gives the model other weights to begin with than it was built with, where there is no checkpoint. */
  readonly begin?: (model: Model) => Promise<void>;
}

/** Told of every epoch's metrics on validation; true ends the run, which is then no finished one. */
export type Prune = (epoch: number, validation: MetricValues) => Promise<boolean>;

/** The run was stopped early because others do better (`Prune`). */
export class RunPruned extends Error {
  override readonly name = 'RunPruned';
}

/** Who is told how it goes. */
export interface Reporter {
  /** Something worth a line: which engine runs, that data is being imported. */
  note(text: string): void;
  step(info: {
    readonly progress: Progress;
    readonly steps: number;
    readonly examplesPerSecond: number;
  }): void;
  epoch(info: { readonly progress: Progress; readonly line: string }): void;
  /** Rows done of a known number, for work that is not training. */
  counting(info: { readonly what: string; readonly done: number; readonly rows: number }): void;
}

export interface TrainingResult extends FinalEvaluation {
  /** Pairs trained a second by this process, saving and evaluation left out; null when it trained none. */
  readonly examplesPerSecond: number | null;
}

/** Trains from the beginning or from the run's last checkpoint, then evaluates the chosen epoch. */
export async function train(session: Session): Promise<TrainingResult> {
  const { model, run } = session;
  let examplesPerSecond: number | null = null;
  let progress: Progress | null = null;
  if (isTrainable(model)) {
    ({ progress, examplesPerSecond } = await fitModel(model, session));
    if (progress.stopped === 'pruned') throw new RunPruned(`pruned after epoch ${progress.epoch}`);
    await loadCheckpointWeights(run, model, 'best');
  }
  const { evaluation, users } = await finalEvaluation(model, session, progress, onScoring(session));
  if (users) await run.saveUsers(users);
  await run.saveEvaluation(evaluation);
  return { ...evaluation, examplesPerSecond };
}

async function fitModel(
  model: Model,
  session: Session,
): Promise<{ progress: Progress; examplesPerSecond: number | null }> {
  const { experiment, run, reporter, signal } = session;
  const { train: config } = experiment;
  if (!existsSync(run.checkpointFile('last'))) await session.begin?.(model);
  const optimizer = new Optimizer(model.parameters, { ...config.optimizer, clipNorm: config.clipNorm });
  const clock = new CheckpointClock({ seconds: config.checkpointSeconds, steps: config.checkpointSteps });
  const speed = new Speed();
  let progress = (await restoreLast(run, optimizer)) ?? startProgress(config);
  try {
    while (!progress.stopped) {
      const { epoch } = progress;
      const steps = stepsOf(model, optimizer, epoch, session);
      if (epoch === 0 && steps.count === 1 && !model.sweep) {
        reporter.note(`note: train.batchSize ${config.batchSize} holds all pairs: an epoch is a single step`);
      }
      while (progress.step < steps.count) {
        const { loss, pairs } = await steps.take(progress);
        progress = afterStep(progress, loss, pairs);
        reporter.step({ progress, steps: steps.count, examplesPerSecond: speed.add(pairs) });
        await new Promise(setImmediate); // signals are heard between steps
        if (signal.aborted) throw new InterruptedError();
        if (clock.isDue(progress.step)) {
          await saveLast(run, optimizer, progress);
          speed.pause();
        }
      }
      progress = await closeEpoch(model, progress, session);
      await saveLast(run, optimizer, progress);
      speed.pause();
    }
  } catch (error) {
    const failure =
      error instanceof InterruptedError ? await failureOf(saveLast(run, optimizer, progress)) : error;
    throw failure instanceof DivergedError ? explainDivergence(failure, progress, run) : (failure ?? error);
  } finally {
    optimizer.dispose();
  }
  return { progress, examplesPerSecond: speed.perSecond };
}

function stepsOf(model: Model, optimizer: Optimizer, epoch: number, { data, experiment }: Session): Steps {
  if (model.sweep) return sweepSteps(() => model.sweep!());
  const { train: config, seed } = experiment;
  const { histories, rowFields, pairing } = model;
  const plan = planEpoch(data, { ...config, histories, rowFields, pairing, seed, epoch });
  return plannedSteps(model, optimizer, plan, seed);
}

/** Measures the parts that the experiment asks for, writes the epoch's metrics and keeps the weights if they are the best. */
async function closeEpoch(model: Model, progress: Progress, session: Session): Promise<Progress> {
  const { experiment, data, candidates, run, reporter } = session;
  const { train: config, evaluate: options } = experiment;
  const weights = await weightArrays(model.parameters);
  requireFinite(weights); // else the scores say so, in words that help nobody
  const names = [...new Set([...options.metrics, config.monitor])];
  const part = config.selectOn === 'test' ? 'test' : 'validation';
  const { metrics } = await evaluate(model, data, part, names, {
    ...options,
    candidates,
    onBatch: onScoring(session)(part),
  });
  const monitor = metrics[reportedName(candidates, config.monitor)] ?? null;
  const closed = afterEpoch(progress, monitor, metricDirection(config.monitor), config);
  const pruned = !closed.stopped && part === 'validation' && (await session.prune?.(closed.epoch, metrics));
  const next: Progress = pruned ? { ...closed, stopped: 'pruned' } : closed;
  const loss = progress.lossSum / progress.pairs;
  const record: MetricsRecord = {
    epoch: next.epoch,
    step: next.updates,
    metrics: { train: { loss, learningRate: progress.learningRate }, [part]: metrics },
  };
  run.appendMetrics(record);
  session.tracker?.epoch(record);
  run.log.info({ epoch: next.epoch, loss, [part]: metrics, learningRate: progress.learningRate }, 'epoch');
  if (next.best?.epoch === progress.epoch) await saveBest(run, weights, next);
  await run.setStatus('running', { epochs: next.epoch });
  reporter.epoch({ progress: next, line: describe(loss, part, metrics) });
  return next;
}

/** Counts the scored rows for the reporter and ends the scoring when the process is asked to stop. */
export function onScoring({ data, reporter, signal }: Pick<Session, 'data' | 'reporter' | 'signal'>) {
  return (part: SplitName) => (done: number) => {
    if (signal.aborted) throw new InterruptedError();
    reporter.counting({ what: `scoring ${part}`, done, rows: data.split[part].length });
  };
}

function describe(loss: number, part: string, metrics: Readonly<Record<string, number | null>>): string {
  const values = Object.entries(metrics).map(
    ([name, value]) => `${name} ${value?.toFixed(4) ?? 'undefined'}`,
  );
  return `loss ${loss.toFixed(4)}  ${part}: ${values.join('  ')}`;
}

/** Training cannot go on: the numbers are no longer finite. */
export class TrainingDiverged extends UserError {}

async function failureOf(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

function explainDivergence(
  { message, when }: DivergedError,
  { epoch, step }: Progress,
  run: Run,
): TrainingDiverged {
  const last = run.checkpointFile('last');
  return new TrainingDiverged(
    `training diverged in epoch ${epoch + 1} at step ${when === 'before' ? step + 1 : step}: ${message}`,
    `${existsSync(last) ? `The last good checkpoint is ${last}. ` : 'No checkpoint was saved before. '}Lower train.optimizer.learningRate or set train.clipNorm, and start a new run.`,
  );
}

/** Training speed with the clock stopped while saving and evaluating. */
class Speed {
  private pairs = 0;
  private seconds = 0;
  private since = performance.now();

  add(pairs: number): number {
    const now = performance.now();
    this.pairs += pairs;
    this.seconds += (now - this.since) / 1000;
    this.since = now;
    return this.pairs / this.seconds;
  }

  pause(): void {
    this.since = performance.now();
  }

  get perSecond(): number | null {
    return this.pairs > 0 ? this.pairs / this.seconds : null;
  }
}
