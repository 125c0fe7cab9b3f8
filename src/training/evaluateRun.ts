import { gather, UserError } from '../base/index.js';
import { type CandidateSpec, catalogueLists, type PreparedData, type SplitName } from '../data/index.js';
import {
  type Breakdown,
  type BreakdownKind,
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
import type { FittedModel, Model } from '../models/index.js';
import { type AuditRecord, openRun } from '../runs/index.js';
import { requireAnyLists } from './requirements.js';
import { openLists, requireSameLists, type Surroundings } from './session.js';
import { onScoring } from './train.js';
import { openTrained, type TrainedRequest } from './trained.js';

export interface EvaluationRequest extends TrainedRequest {
  readonly splits: readonly SplitName[];
  /** Names of metrics; null: those of the run's experiment. */
  readonly metrics: readonly string[] | null;
  /** What to rank instead of the experiment's candidates. */
  readonly candidates: CandidateSpec | null;
  /** What to break the metrics down by. */
  readonly by: readonly BreakdownKind[];
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
  /** The same metrics of groups of items or of histories; null where none were asked for. */
  readonly breakdown: Readonly<Partial<Record<SplitName, Breakdown>>> | null;
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
  const { splits, checkpoint, predictions, by } = request;
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
  const { engine, data, buildTrained } = await openTrained(run, experiment, request, surroundings);
  const candidates = await openLists(spec, data, surroundings, splits);
  requireAnyLists(splits, candidates);
  if (!request.candidates) requireSameLists(run, candidates);
  const model = await buildTrained();

  const { contextsPerBatch } = experiment.evaluate;
  const began = performance.now();
  const evaluated = new Map<SplitName, Evaluation>();
  for (const split of splits) {
    const options = {
      contextsPerBatch,
      candidates,
      by,
      onBatch: onScoring({ data, ...surroundings })(split),
    };
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
    breakdown:
      by.length === 0
        ? null
        : Object.fromEntries([...evaluated].map(([split, { breakdown }]) => [split, breakdown])),
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
