import { type Batch, type PreparedData, scoreBatches } from '../data/index.js';
import { contextSpecOf, type FittedModel, isTrainable, type Model } from '../models/index.js';
import { logitScorer } from './scorers.js';

export interface ScoreOptions {
  /** Contexts (users) encoded at a time: memory and speed only. */
  readonly contextsPerBatch: number;
  /** Called between batches with the number of rows scored so far; what it throws ends the scoring. */
  readonly onBatch?: (scored: number) => void;
}

/** Bytes up to which the batches of an evaluation are kept for the next one. */
const MOST_KEPT = 2 ** 26;

interface LaidOut {
  readonly data: PreparedData;
  readonly rows: Int32Array;
  readonly contextsPerBatch: number;
  /** Null: they are too large. */
  readonly batches: readonly Batch[] | null;
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
  const isKnown =
    before?.data === data && before.rows === rows && before.contextsPerBatch === contextsPerBatch;
  if (isKnown && before.batches) return yield* before.batches;
  const batches: Batch[] = [];
  let bytes = isKnown ? Number.POSITIVE_INFINITY : 0;
  for (const batch of scoreBatches(data, rows, { ...contextSpecOf(model), contextsPerBatch })) {
    bytes += bytesOf(batch);
    if (bytes <= MOST_KEPT) batches.push(batch);
    else batches.length = 0;
    yield batch;
  }
  laidOut.set(model, { data, rows, contextsPerBatch, batches: bytes <= MOST_KEPT ? batches : null });
}

/** With what models make of it once (places of events and of fields' values), about. */
function bytesOf({ items, contexts, histories, pairs }: Batch): number {
  const { context, item, label, row } = pairs;
  const ofHistories = histories.flatMap(({ sequences, sequence, length }) => [
    sequences.item,
    sequences.length,
    ...(sequences.time ? [sequences.time] : []),
    sequence,
    length,
  ]);
  const ofFields = [items, contexts.user, ...contexts.places];
  const bytes = (arrays: readonly { readonly byteLength: number }[]) =>
    arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const events = histories.reduce((sum, { length }) => sum + length.reduce((all, own) => all + own, 0), 0);
  return 3 * bytes(ofFields) + bytes([...ofHistories, context, item, label, row]) + 4 * events;
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
