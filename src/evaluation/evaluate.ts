import type { PreparedData, SplitName } from '../data/index.js';
import { evaluateMetrics } from '../metrics/index.js';
import type { FittedModel, Model } from '../models/index.js';
import { type ScoreOptions, scoreRows } from './score.js';

/** Value of each metric, or null where the part does not define it (one class only, no user with both). */
export type MetricValues = Readonly<Record<string, number | null>>;

export interface Evaluation {
  readonly metrics: MetricValues;
  readonly rows: Int32Array;
  /** Predicted probability of each of `rows`. */
  readonly scores: Float64Array;
}

/** Scores one part of the split and computes the named metrics on it. */
export async function evaluate(
  model: Model | FittedModel,
  data: PreparedData,
  part: SplitName,
  metrics: readonly string[],
  options: ScoreOptions,
): Promise<Evaluation> {
  const rows = data.split[part];
  const scores = await scoreRows(model, data, rows, options);
  return { metrics: metricsOfScores(data, rows, scores, metrics), rows, scores };
}

/** The named metrics of given scores; serves the simulator's oracle as well as models. */
export function metricsOfScores(
  data: PreparedData,
  rows: Int32Array,
  scores: Float64Array,
  metrics: readonly string[],
): MetricValues {
  const { user } = data.store.interactions;
  const values = evaluateMetrics(metrics, {
    user: Int32Array.from(rows, (row) => user[row]!),
    label: Float32Array.from(rows, (row) => data.label[row]!),
    score: scores,
  });
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );
}
