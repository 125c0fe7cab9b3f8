import * as tf from '@tensorflow/tfjs';
import { type Batch, type PreparedData, scoreBatches } from '../data/index.js';
import { inference, takeValues } from '../engine/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';

export interface ScoreOptions {
  /** Contexts (users) encoded at a time: memory and speed only. */
  readonly contextsPerBatch: number;
  /** Called between batches with the number of rows scored so far; what it throws ends the scoring. */
  readonly onBatch?: (scored: number) => void;
}

/**
 * Predicted probability of every given row of the store, in the order of `rows`. Each context is encoded once.
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
  const history = isTrainable(model) ? model.history : null;
  let scored = 0;
  for (const batch of scoreBatches(data, rows, { history, contextsPerBatch })) {
    const scores = isTrainable(model) ? await probabilities(model, batch) : model.score(batch);
    all.set(scores, scored);
    scored += batch.pairs.count;
    onBatch?.(scored);
    await new Promise(setImmediate); // signals are heard between batches
  }
  return all;
}

async function probabilities(model: Model, batch: Batch): Promise<Float64Array> {
  const logits = tf.tidy(() => model.logits(model.encode(batch, inference), batch, inference));
  const [values] = await takeValues([logits]);
  const scores = new Float64Array(values!.length);
  for (let i = 0; i < scores.length; i++) scores[i] = 1 / (1 + Math.exp(-values![i]!));
  return scores;
}
