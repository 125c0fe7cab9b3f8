import type { Run } from '../runs/index.js';
import { isBetter } from './asha.js';
import type { StudyRecord, Trial } from './study.js';

/** What a trial has to show. */
export type Outcome = Pick<Trial, 'state' | 'value' | 'epochs' | 'seconds' | 'run' | 'reason'>;

/**
 * The outcome that a run's folder tells of; `running` where it has not come to its end.
 *
 * @param otherwise how its process ended, which the folder of a killed one cannot know
 */
export async function outcomeOf(
  run: Run,
  { metric, goal }: Pick<StudyRecord, 'metric' | 'goal'>,
  otherwise: string | null = null,
): Promise<Outcome> {
  const { state, reason, epochs, seconds } = await run.status();
  const shared = { epochs, seconds, run: run.id, reason };
  switch (state) {
    case 'finished': {
      const value = (await run.readEvaluation())?.metrics.validation?.[metric] ?? null;
      return { ...shared, state, value };
    }
    case 'pruned': {
      return { ...shared, state, value: bestOf(epochValues(run, metric), goal) };
    }
    case 'diverged':
    case 'failed':
      return { ...shared, state, value: null };
    default:
      return otherwise === null
        ? { ...shared, state: 'running', value: null }
        : { ...shared, state: 'failed', value: null, reason: otherwise };
  }
}

/** The metric on validation after each epoch that the run has recorded. */
export function epochValues(run: Run, metric: string): (number | null)[] {
  return run.readMetrics().map(({ metrics }) => metrics.validation?.[metric] ?? null);
}

/** Null where all are undefined. */
export function bestOf(values: readonly (number | null)[], goal: 'higher' | 'lower'): number | null {
  return values.reduce((one, other) => (isBetter(other, one, goal) ? other : one), null);
}

/** Best first: finished ones by their value, pruned ones by how far and how well they came, then the others. */
export function compareTrials(goal: 'higher' | 'lower'): (a: Trial, b: Trial) => number {
  const byValue = (a: Trial, b: Trial): number =>
    isBetter(a.value, b.value, goal) ? -1 : isBetter(b.value, a.value, goal) ? 1 : a.number - b.number;
  const order = ['finished', 'pruned', 'diverged', 'failed', 'running'];
  return (a, b) => {
    if (a.state !== b.state) return order.indexOf(a.state) - order.indexOf(b.state);
    return a.state === 'pruned' && a.epochs !== b.epochs ? b.epochs - a.epochs : byValue(a, b);
  };
}
