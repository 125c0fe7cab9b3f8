import {
  type Breakdown,
  type BreakdownKind,
  breakdownKinds,
  type Evaluation,
  evaluate,
  metricsOfScores,
} from '../evaluation/index.js';
import type { MetricValues, UserValues } from '../metrics/index.js';
import { buildModel, type FittedModel, type Model } from '../models/index.js';
import type { Progress } from './progress.js';
import type { Session } from './train.js';

/** Test is left out where the experiment says so (`evaluate.test`). */
export type PartMetrics = {
  readonly validation: MetricValues;
  readonly test?: MetricValues;
};

export interface FinalEvaluation {
  readonly [more: string]: unknown;
  /** Of the chosen epoch's weights. */
  readonly metrics: PartMetrics;
  /** The same metrics of warm and cold items, and by the length of the history. */
  readonly breakdown: { readonly validation: Breakdown; readonly test?: Breakdown };
  /** What the numbers must be held against, on the same rows: those of test, or of validation where test is left out. */
  readonly floors: Readonly<Record<string, MetricValues>>;
  /** How the epoch was chosen; null for floors. */
  readonly selection: { readonly on: string; readonly monitor: string; readonly epoch: number | null } | null;
  /** What to bear in mind about the data, or null. */
  readonly caveat: string | null;
}

/**
 * Evaluates on validation and, unless the experiment leaves it out, on test, beside the floors and, for simulated data, the
 * simulator's own probabilities.
 *
 * @returns also what the metrics of test are means of, where test is evaluated
 */
export async function finalEvaluation(
  model: Model | FittedModel,
  { experiment, data, candidates }: Pick<Session, 'experiment' | 'data' | 'candidates'>,
  progress: Progress | null,
  onScoring: (part: 'validation' | 'test') => (done: number) => void,
): Promise<{ evaluation: FinalEvaluation; users: ReadonlyMap<string, UserValues> | null }> {
  const { evaluate: options, train, seed } = experiment;
  const on = (
    scored: Model | FittedModel,
    part: 'validation' | 'test',
    by: readonly BreakdownKind[],
  ): Promise<Evaluation> =>
    evaluate(scored, data, part, options.metrics, {
      ...options,
      candidates,
      by,
      onBatch: onScoring(part),
    });
  const validation = await on(model, 'validation', breakdownKinds);
  const test = options.test ? await on(model, 'test', breakdownKinds) : null;
  const last = test ? 'test' : 'validation';
  const floors: Record<string, MetricValues> = {};
  for (const name of ['random', 'popularity'] as const) {
    floors[name] = (await on(buildModel({ name }, data, seed), last, [])).metrics;
  }
  const truth = data.store.truth[experiment.data.label];
  if (truth && candidates.kind === 'impressions') {
    const rows = data.split[last];
    const scores = Float64Array.from(rows, (row) => truth[row]!);
    floors.oracle = metricsOfScores(data, rows, scores, options.metrics);
  }
  const evaluation = {
    metrics: { validation: validation.metrics, ...(test && { test: test.metrics }) },
    breakdown: { validation: validation.breakdown, ...(test && { test: test.breakdown }) },
    floors,
    selection: progress && {
      on: train.selectOn,
      monitor: train.monitor,
      epoch: progress.best && progress.best.epoch + 1,
    },
    caveat: data.store.caveat,
  };
  return { evaluation, users: test?.perUser ?? null };
}
