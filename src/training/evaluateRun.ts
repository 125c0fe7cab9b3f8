import { gather, UserError } from '../base/index.js';
import { type CandidateSpec, catalogueLists, type PreparedData, type SplitName } from '../data/index.js';
import { openEngine } from '../engine/index.js';
import {
  checkMetric,
  type Evaluation,
  evaluate,
  type Predictions,
  tableFormat,
  topOfCatalogue,
  writePredictions,
  writeRecommendations,
} from '../evaluation/index.js';
import { type MetricValues, parseMetric } from '../metrics/index.js';
import { buildModel, type FittedModel, isTrainable, type Model } from '../models/index.js';
import { type AuditRecord, openRun } from '../runs/index.js';
import { loadCheckpointWeights } from './saving.js';
import { openData, openLists, requireSameData, requireSameLists, type Surroundings } from './session.js';
import { onScoring } from './train.js';

export interface EvaluationRequest {
  readonly run: string;
  readonly splits: readonly SplitName[];
  readonly checkpoint: 'best' | 'last';
  /** Names of metrics; null: those of the run's experiment. */
  readonly metrics: readonly string[] | null;
  /** Engine to use instead of the run's own. */
  readonly engine: 'auto' | 'tensorflow' | 'webgpu' | 'wasm' | 'cpu' | null;
  /** What to rank instead of the experiment's candidates. */
  readonly candidates: CandidateSpec | null;
  /** CSV or Parquet file for the score of every row, or the best items of every user; or null. */
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
  /** From when the run began; null for runs of versions that did not audit. */
  readonly audit: AuditRecord | null;
}

/** Measures a run's weights again: another part, other metrics, or every score in a file. Changes nothing in the run. */
export async function evaluateRun(
  request: EvaluationRequest,
  surroundings: Omit<Surroundings, 'command'>,
): Promise<EvaluationResult> {
  const { splits, checkpoint, predictions } = request;
  if (predictions) tableFormat(predictions); // a wrong ending fails before the work
  const run = await openRun(surroundings.settings.resultsDir, request.run);
  const experiment = await run.experiment();
  const names = request.metrics ?? experiment.evaluate.metrics;
  const spec = request.candidates ?? experiment.evaluate.candidates;
  checkMetric(spec, names); // and so does a wrong name
  if (predictions && (spec.kind === 'sampled' || spec.kind === 'file')) {
    throw new UserError(
      `scores of ${spec.kind === 'file' ? 'given' : 'sampled'} candidates are not written`,
      'Write those of logged impressions or the best items of the catalogue: --candidates impressions or catalogue.',
    );
  }
  const { name, threads } = run.record.provenance.engine;
  const engine = await openEngine({ name: request.engine ?? (name as 'auto'), threads });
  const data = await openData(experiment, surroundings);
  requireSameData(run, data);
  const candidates = await openLists(spec, data, surroundings);
  if (!request.candidates) requireSameLists(run, candidates);
  const model = buildModel(experiment.model, data, experiment.seed);
  if (isTrainable(model)) await loadCheckpointWeights(run, model, checkpoint);

  const { contextsPerBatch } = experiment.evaluate;
  const began = performance.now();
  const evaluated = new Map<SplitName, Evaluation>();
  for (const split of splits) {
    const options = { contextsPerBatch, candidates, onBatch: onScoring({ data, ...surroundings })(split) };
    evaluated.set(split, await evaluate(model, data, split, names, options));
  }
  const seconds = (performance.now() - began) / 1000;
  if (predictions && candidates.kind === 'catalogue') {
    const length = Math.max(...names.map((name) => parseMetric(name).k)) || 10;
    await recommend(predictions, model, data, splits, { contextsPerBatch, length });
  } else if (predictions) await writePredictions(predictions, predictionsOf(evaluated, data));
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
    audit: run.record.provenance.audit ?? null,
  };
}

/** Writes the best items of every user of the parts. */
async function recommend(
  path: string,
  model: Model | FittedModel,
  data: PreparedData,
  splits: readonly SplitName[],
  options: { readonly contextsPerBatch: number; readonly length: number },
): Promise<void> {
  const parts = [];
  for (const split of splits) {
    const lists = catalogueLists(data, split);
    parts.push({ split, lists, top: await topOfCatalogue(model, data, lists, options) });
  }
  await writeRecommendations(path, data.store, parts);
}

/** Every scored row, with the identifiers of the source. */
function predictionsOf(
  evaluated: ReadonlyMap<SplitName, Evaluation>,
  { store, label }: PreparedData,
): Predictions {
  const { userIds, itemIds, interactions } = store;
  const parts = [...evaluated].flatMap(([split, { scored }]) => (scored ? [[split, scored] as const] : []));
  const row = Int32Array.from(parts.flatMap(([, { rows }]) => [...rows]));
  return {
    split: parts.flatMap(([split, { rows }]) => Array(rows.length).fill(split)),
    row,
    user: Array.from(row, (at) => userIds[interactions.user[at]!]!),
    item: Array.from(row, (at) => itemIds[interactions.item[at]!]!),
    label: gather(label, row),
    score: Float64Array.from(parts.flatMap(([, { scores }]) => [...scores])),
  };
}
