import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/index.js';
import { inference, takeValues } from '../engine/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';

/** What pairs are ranked by: the logit, or a floor's score. [P] */
export async function scoresOf(model: Model | FittedModel, batch: Batch): Promise<Float32Array> {
  if (!isTrainable(model)) {
    const { itemScores } = model;
    if (!itemScores) return model.score(batch);
    return Float32Array.from(batch.pairs.item, (at) => itemScores[batch.items[at]!]!);
  }
  const [values] = await takeValues([
    tf.tidy(() => model.logits(model.encode(batch, inference), batch, inference)),
  ]);
  return values!;
}
