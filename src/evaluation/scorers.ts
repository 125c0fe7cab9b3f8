import type { Batch, PreparedData } from '../data/index.js';
import { inference, takeValues } from '../engine/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';
import { itemEncoding } from './itemVectors.js';

/** Scores the pairs of a batch: [P]. Made for one evaluation, throughout which the model stays as it is. */
export type Scorer = (batch: Batch) => Promise<Float32Array>;

/** A model's logits. */
export function logitScorer(model: Model, data: PreparedData): Scorer {
  const withItems = itemEncoding(model, data);
  return async (batch) => {
    const logits = await withItems(batch.items, (items) => {
      const contexts = model.encodeContexts(batch, items, inference);
      return model.logits(contexts, items, batch.pairs, inference);
    });
    const [values] = await takeValues([logits]);
    return values!;
  };
}

/** What pairs are ranked by: the logit, or a floor's score. */
export function rankingScorer(model: Model | FittedModel, data: PreparedData): Scorer {
  if (isTrainable(model)) return logitScorer(model, data);
  const { itemScores } = model;
  if (!itemScores) return async (batch) => model.score(batch);
  return async ({ items, pairs }) => Float32Array.from(pairs.item, (at) => itemScores[items[at]!]!);
}
