import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/index.js';
import { inference, takeValues } from '../engine/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';

/** Logit of every pair of a batch, or the score of a model that has none. [P] */
export async function scoresOf(model: Model | FittedModel, batch: Batch): Promise<Float32Array> {
  if (!isTrainable(model)) return model.score(batch);
  const [values] = await takeValues([
    tf.tidy(() => model.logits(model.encode(batch, inference), batch, inference)),
  ]);
  return values!;
}
