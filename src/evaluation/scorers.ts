import * as tf from '@tensorflow/tfjs';
import type { Batch, PreparedData } from '../data/index.js';
import { inference, takeValues } from '../engine/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';
import { ItemVectors } from './itemVectors.js';

/** Scores the pairs of a batch: [P]. Made for one evaluation, throughout which the model stays as it is. */
export type Scorer = (batch: Batch) => Promise<Float32Array>;

/** A model's logits. */
export function logitScorer(model: Model, { store }: PreparedData): Scorer {
  const vectors = model.encodeItems
    ? new ItemVectors(model.encodeItems.bind(model), store.itemIds.length)
    : null;
  return async (batch) => {
    const items = await vectors?.of(batch.items);
    try {
      const encoded = () => model.encode(batch, inference, items);
      const [values] = await takeValues([tf.tidy(() => model.logits(encoded(), batch, inference))]);
      return values!;
    } finally {
      items?.dispose();
    }
  };
}

/** What pairs are ranked by: the logit, or a floor's score. */
export function rankingScorer(model: Model | FittedModel, data: PreparedData): Scorer {
  if (isTrainable(model)) return logitScorer(model, data);
  const { itemScores } = model;
  if (!itemScores) return async (batch) => model.score(batch);
  return async ({ items, pairs }) => Float32Array.from(pairs.item, (at) => itemScores[items[at]!]!);
}
