import { type Batch, type PreparedData, scoreBatches } from '../data/index.js';
import { contextSpecOf, type FittedModel, isTrainable, type Model } from '../models/index.js';
import { logitScorer } from './scorers.js';

export interface ScoreOptions {
  /** Contexts (users) encoded at a time: memory and speed only. */
  readonly contextsPerBatch: number;
  /** Called between batches with the number of rows scored so far; what it throws ends the scoring. */
  readonly onBatch?: (scored: number) => void;
}

/** Of the batches of an evaluation, in bytes, as long as which they are kept for the next one. */
const KEPT = 2 ** 26;

interface LaidOut {
  readonly data: PreparedData;
  readonly rows: Int32Array;
  readonly contextsPerBatch: number;
  readonly batches: readonly Batch[];
}

/** What each model was evaluated on last: training looks at the same rows of validation after every epoch. */
const laidOut = new WeakMap<Model | FittedModel, LaidOut>();

function* batchesOf(
  model: Model | FittedModel,
  data: PreparedData,
  rows: Int32Array,
  contextsPerBatch: number,
): Generator<Batch> {
  const before = laidOut.get(model);
  if (
    before &&
    before.data === data &&
    before.rows === rows &&
    before.contextsPerBatch === contextsPerBatch
  ) {
    return yield* before.batches;
  }
  laidOut.delete(model);
  const batches: Batch[] = [];
  let bytes = 0;
  for (const batch of scoreBatches(data, rows, { ...contextSpecOf(model), contextsPerBatch })) {
    bytes += bytesOf(batch);
    if (bytes <= KEPT) batches.push(batch);
    else batches.length = 0;
    yield batch;
  }
  if (bytes <= KEPT) laidOut.set(model, { data, rows, contextsPerBatch, batches });
}

function bytesOf({ items, contexts, histories, pairs }: Batch): number {
  const { context, item, label, row } = pairs;
  const ofHistories = histories.flatMap(({ sequences, sequence, length }) => [
    sequences.item,
    sequences.length,
    ...(sequences.time ? [sequences.time] : []),
    sequence,
    length,
  ]);
  return [items, contexts.user, ...contexts.places, ...ofHistories, context, item, label, row].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  );
}

/**
 * Predicted probability of every given row of the store, in the order of `rows`. Each context is encoded once, and each
 * item where it pays (`Model.encodeItems`).
 *
 * A trainable model's logit goes through the logistic function in double precision, so that confident predictions
 * do not fall together and keep their order. Rankers without calibration (BPR) are treated the same.
 */
export async function scoreRows(
  model: Model | FittedModel,
  data: PreparedData,
  rows: Int32Array,
  { contextsPerBatch, onBatch }: ScoreOptions,
): Promise<Float64Array> {
  const all = new Float64Array(rows.length);
  const score = isTrainable(model)
    ? probabilityScorer(model, data)
    : async (batch: Batch) => model.score(batch);
  let scored = 0;
  for (const batch of batchesOf(model, data, rows, contextsPerBatch)) {
    all.set(await score(batch), scored);
    scored += batch.pairs.count;
    onBatch?.(scored);
    await new Promise(setImmediate); // signals are heard between batches
  }
  return all;
}

function probabilityScorer(model: Model, data: PreparedData) {
  const logitsOf = logitScorer(model, data);
  return async (batch: Batch): Promise<Float64Array> => {
    const logits = await logitsOf(batch);
    const scores = new Float64Array(logits.length);
    for (let i = 0; i < scores.length; i++) scores[i] = 1 / (1 + Math.exp(-logits[i]!));
    return scores;
  };
}
