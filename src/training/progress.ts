import type { TrainConfig } from '../config/index.js';

/**
 * Where a training run stands. Together with the weights and the optimiser's state it is all that a resume needs:
 * the data order, samples and dropout masks are functions of the seed, the epoch and the step.
 */
export interface Progress {
  /** Epoch under way, from 0. */
  readonly epoch: number;
  /** Steps done within it. */
  readonly step: number;
  /** Steps done since training began. */
  readonly updates: number;
  /** Sum of the losses of those steps, each weighted by its pairs. */
  readonly lossSum: number;
  readonly pairs: number;
  readonly learningRate: number;
  /** Mean training loss of the epoch before. */
  readonly previousLoss: number | null;
  readonly stalls: number;
  readonly best: { readonly epoch: number; readonly monitor: number | null } | null;
  /** Why training is over; null while it goes on. */
  readonly stopped: StopReason | null;
}

export type StopReason = 'all epochs done' | 'no better monitor' | 'training loss stalled' | 'pruned';

export function startProgress(config: TrainConfig): Progress {
  return {
    epoch: 0,
    step: 0,
    updates: 0,
    lossSum: 0,
    pairs: 0,
    learningRate: config.optimizer.learningRate,
    previousLoss: null,
    stalls: 0,
    best: null,
    stopped: null,
  };
}

export function afterStep(progress: Progress, loss: number, pairs: number): Progress {
  return {
    ...progress,
    step: progress.step + 1,
    updates: progress.updates + 1,
    lossSum: progress.lossSum + loss * pairs,
    pairs: progress.pairs + pairs,
  };
}

/**
 * Closes an epoch: chooses the best one so far, moves the learning rate, decides whether to stop.
 *
 * @param monitor value of `train.monitor` on the part that selects, null where it is undefined
 * @param direction whether a higher or a lower monitor is better
 */
export function afterEpoch(
  progress: Progress,
  monitor: number | null,
  direction: 'higher' | 'lower',
  config: TrainConfig,
): Progress {
  const loss = progress.lossSum / progress.pairs;
  const best =
    config.selectOn === 'last' || isBetter(monitor, progress.best?.monitor, direction)
      ? { epoch: progress.epoch, monitor }
      : progress.best;
  const { learningRate, stalls } = afterLoss(progress, loss, config.schedule);
  const epoch = progress.epoch + 1;
  const waited = epoch - 1 - (best?.epoch ?? -1);
  const stopped =
    config.schedule.kind === 'plateau' && stalls > config.schedule.maxStalls
      ? 'training loss stalled'
      : config.patience !== null && waited >= config.patience
        ? 'no better monitor'
        : epoch >= config.epochs
          ? 'all epochs done'
          : null;
  return {
    ...progress,
    epoch,
    step: 0,
    lossSum: 0,
    pairs: 0,
    learningRate,
    previousLoss: loss,
    stalls,
    best,
    stopped,
  };
}

/** Undefined monitors never win; the first defined one does. */
function isBetter(
  value: number | null,
  best: number | null | undefined,
  direction: 'higher' | 'lower',
): boolean {
  if (best === undefined) return true;
  if (value === null) return false;
  if (best === null) return true;
  return direction === 'higher' ? value > best : value < best;
}

/** THACIL's released solver: a gain of at least `minImprovement` takes a stall back, anything less halves the rate. */
function afterLoss(
  { learningRate, stalls, previousLoss }: Progress,
  loss: number,
  schedule: TrainConfig['schedule'],
): { learningRate: number; stalls: number } {
  if (schedule.kind === 'constant' || previousLoss === null) return { learningRate, stalls };
  return previousLoss - loss >= schedule.minImprovement
    ? { learningRate, stalls: Math.max(0, stalls - 1) }
    : { learningRate: learningRate * schedule.factor, stalls: stalls + 1 };
}
