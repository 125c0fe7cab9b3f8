import { InterruptedError } from '../base/index.js';
import type { SplitName } from '../data/index.js';
import { openEngine } from '../engine/index.js';
import { evaluate, type MetricValues, predictionsFormat, writePredictions } from '../evaluation/index.js';
import { buildModel, isTrainable } from '../models/index.js';
import { openRun } from '../runs/index.js';
import { loadCheckpointWeights } from './saving.js';
import { openData, requireSameData, type Surroundings } from './session.js';

export interface EvaluationRequest {
  readonly run: string;
  readonly split: SplitName;
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
  readonly engine: { readonly name: string; readonly device: string; readonly threads: number };
  readonly split: SplitName;
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
  const { split, checkpoint } = request;
  if (request.predictions) predictionsFormat(request.predictions); // a wrong ending fails before the work
  const run = await openRun(surroundings.settings.resultsDir, request.run);
  const experiment = await run.experiment();
  const { name, threads } = run.record.provenance.engine;
  const engine = await openEngine({ name: request.engine ?? (name as 'auto'), threads });
  const data = await openData(experiment, surroundings);
  requireSameData(run, data);
  const model = buildModel(experiment.model, data, experiment.seed);
  if (isTrainable(model)) await loadCheckpointWeights(run, model, checkpoint);

  const began = performance.now();
  const { rows, scores, metrics } = await evaluate(
    model,
    data,
    split,
    request.metrics ?? experiment.evaluate.metrics,
    {
      contextsPerBatch: experiment.evaluate.contextsPerBatch,
      onBatch: (done) => {
        if (surroundings.signal.aborted) throw new InterruptedError();
        surroundings.reporter.counting({ what: `scoring ${split}`, done, rows: data.split[split].length });
      },
    },
  );
  const seconds = (performance.now() - began) / 1000;
  if (request.predictions) {
    const { userIds, itemIds, interactions } = data.store;
    await writePredictions(request.predictions, {
      row: rows,
      user: Array.from(rows, (row) => userIds[interactions.user[row]!]!),
      item: Array.from(rows, (row) => itemIds[interactions.item[row]!]!),
      label: Float32Array.from(rows, (row) => data.label[row]!),
      score: scores,
    });
  }
  return {
    run: run.id,
    status: (await run.status()).state,
    engine: { name: engine.name, device: engine.device, threads: engine.threads },
    split,
    checkpoint,
    rows: rows.length,
    seconds,
    examplesPerSecond: rows.length / seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    metrics: { [split]: metrics },
    predictions: request.predictions,
    caveat: data.store.caveat,
  };
}
