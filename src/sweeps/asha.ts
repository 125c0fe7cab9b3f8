import type { TuneConfig } from '../config/index.js';
import type { Study } from './study.js';

/**
 * Asynchronous successive halving, the variant that stops trials instead of pausing them: Li et al., "A system for
 * massively parallel hyperparameter tuning", 2020, section 3. Nobody waits: a trial is held against those that reached the
 * same epoch before it.
 */
export type AshaConfig = Extract<TuneConfig['prune'], { readonly kind: 'asha' }>;

/** A decision, with what it was made on. */
export interface Rung {
  readonly epoch: number;
  /** What the trial had to show by then, or null where that is undefined. */
  readonly value: number | null;
  /** Trials that have come so far by then, this one among them. */
  readonly among: number;
  /** How many of them are better. */
  readonly better: number;
  readonly goesOn: boolean;
}

/** Whether a decision is due: at epochs minEpochs, minEpochs * eta, minEpochs * eta^2, ... */
export function isRung(epoch: number, { eta, minEpochs }: AshaConfig): boolean {
  let rung = minEpochs;
  while (rung < epoch) rung *= eta;
  return rung === epoch;
}

/**
 * A trial goes on when it is among the best 1/eta, rounded down, of those that have come so far, and when it is the best:
 * as long as there are fewer than eta, one may. Of equal values all are among the best.
 *
 * @param others values of the other trials at this epoch
 */
export function judge(
  epoch: number,
  value: number | null,
  others: readonly (number | null)[],
  { eta }: AshaConfig,
  goal: 'higher' | 'lower',
): Rung {
  const better = others.filter((other) => isBetter(other, value, goal)).length;
  const among = others.length + 1;
  return { epoch, value, among, better, goesOn: better < Math.max(1, Math.floor(among / eta)) };
}

/** A trial that has come to a rung. */
interface Arrival {
  readonly number: number;
  readonly epoch: number;
  /** What it has to show. */
  readonly shown: () => Promise<number | null>;
}

/** Whether a trial ends at this rung, which is put down; what was once decided stays. */
export async function ends(
  study: Pick<Study, 'trials' | 'put'>,
  { number, epoch, shown }: Arrival,
  config: AshaConfig,
  goal: 'higher' | 'lower',
): Promise<boolean> {
  const at = ({ rungs }: Study['trials'][number]) => rungs.find((rung) => rung.epoch === epoch);
  const before = at(study.trials[number - 1]!);
  if (before) return !before.goesOn;
  const value = await shown();
  // From here to `put` nothing waits, so that of two trials one is held against the other.
  const own = study.trials[number - 1]!;
  const others = study.trials.flatMap((trial) => {
    const rung = trial.number === number ? undefined : at(trial);
    return rung ? [rung.value] : [];
  });
  const rung = judge(epoch, value, others, config, goal);
  await study.put({ ...own, rungs: [...own.rungs, rung] });
  return !rung.goesOn;
}

/** Undefined values are worse than all others. */
export function isBetter(a: number | null, b: number | null, goal: 'higher' | 'lower'): boolean {
  if (a === null) return false;
  if (b === null) return true;
  return goal === 'higher' ? a > b : a < b;
}
