import type { PreparedData, SplitName } from '../data/index.js';
import { openEngine } from '../engine/index.js';
import {
  type Evaluation,
  evaluate,
  type MetricValues,
  type Predictions,
  predictionsFormat,
  writePredictions,
} from '../evaluation/index.js';
import { parseMetric } from '../metrics/index.js';
import { buildModel, isTrainable } from '../models/index.js';
import { openRun } from '../runs/index.js';
import { loadCheckpointWeights } from './saving.js';
import { openData, requireSameData, type Surroundings } from './session.js';
import { onScoring } from './train.js';

export interface EvaluationRequest {
  readonly run: string;
  readonly splits: readonly SplitName[];
  readonly checkpoint: 'best' | 'last';
  /** Names of metrics; null: those of the run's experiment. */
  readonly metrics: readonly string[] | null;
  /** Engine to use instead of the run's own. */
  readonly engine: 'auto' | 'tensorflow' | 'webgpu' | 'wasm' | 'cpu' | null;
  /** CSV or Parquet file for the score of every row, or null. */
  readonly predictions: string | null;
}

export interface EvaluationResult {
  readonly run: string;
  readonly status: string;
  readonly engine: string;
  readonly device: string;
  readonly threads: number;
  readonly checkpoint: 'best' | 'last';
  readonly rows: number;
  readonly seconds: number;
  /** Rows scored a second, metrics included. */
  readonly examplesPerSecond: number;
  readonly peakMemoryBytes: number;
  readonly metrics: Readonly<Partial<Record<SplitName, MetricValues>>>;
  readonly predictions: string | null;
  readonly caveat: string | null;
}

/** Measures a run's weights again: another part, other metrics, or every score in a file. Changes nothing in the run. */
export async function evaluateRun(
  request: EvaluationRequest,
  surroundings: Omit<Surroundings, 'command'>,
): Promise<EvaluationResult> {
  const { splits, checkpoint, predictions } = request;
  if (predictions) predictionsFormat(predictions); // a wrong ending fails before the work
  const run = await openRun(surroundings.settings.resultsDir, request.run);
  const experiment = await run.experiment();
  const names = request.metrics ?? experiment.evaluate.metrics;
  names.map(parseMetric); // and so does a wrong name
  const { name, threads } = run.record.provenance.engine;
  const engine = await openEngine({ name: request.engine ?? (name as 'auto'), threads });
  const data = await openData(experiment, surroundings);
  requireSameData(run, data);
  const model = buildModel(experiment.model, data, experiment.seed);
  if (isTrainable(model)) await loadCheckpointWeights(run, model, checkpoint);

  const began = performance.now();
  const evaluated = new Map<SplitName, Evaluation>();
  for (const split of splits) {
    const options = {
      contextsPerBatch: experiment.evaluate.contextsPerBatch,
      onBatch: onScoring({ data, ...surroundings })(split),
    };
    evaluated.set(split, await evaluate(model, data, split, names, options));
  }
  const seconds = (performance.now() - began) / 1000;
  if (predictions) await writePredictions(predictions, predictionsOf(evaluated, data));
  const rows = splits.reduce((sum, split) => sum + data.split[split].length, 0);
  return {
    run: run.id,
    status: (await run.status()).state,
    engine: engine.name,
    device: engine.device,
    threads: engine.threads,
    checkpoint,
    rows,
    seconds,
    examplesPerSecond: rows / seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    metrics: Object.fromEntries([...evaluated].map(([split, { metrics }]) => [split, metrics])),
    predictions,
    caveat: data.store.caveat,
  };
}

/** Every scored row, with the identifiers of the source. */
function predictionsOf(
  evaluated: ReadonlyMap<SplitName, Evaluation>,
  { store, label }: PreparedData,
): Predictions {
  const { userIds, itemIds, interactions } = store;
  const parts = [...evaluated];
  const row = Int32Array.from(parts.flatMap(([, { rows }]) => [...rows]));
  return {
    split: parts.flatMap(([split, { rows }]) => Array(rows.length).fill(split)),
    row,
    user: Array.from(row, (at) => userIds[interactions.user[at]!]!),
    item: Array.from(row, (at) => itemIds[interactions.item[at]!]!),
    label: Float32Array.from(row, (at) => label[at]!),
    score: Float64Array.from(parts.flatMap(([, { scores }]) => [...scores])),
  };
}
