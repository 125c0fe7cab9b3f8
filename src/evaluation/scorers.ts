import * as tf from '@tensorflow/tfjs';
import type { Batch, Pairs, PreparedData } from '../data/index.js';
import { inference, takeValues } from '../engine/index.js';
import { type Encoder, type FittedModel, isTrainable, type Model } from '../models/index.js';
import { itemEncoding } from './itemVectors.js';

/** Scores the pairs of a batch: [P]. Made for one evaluation, throughout which the model stays as it is. */
export type Scorer = (batch: Batch) => Promise<Float32Array>;

/** A model's logits. */
export function logitScorer(model: Model, data: PreparedData): Scorer {
  const prepared = encoderOf(model, data);
  return async (batch) => {
    const { encoder, withItems } = await prepared();
    const logits = await withItems(batch.items, (items) => {
      const contexts = encoder.encodeContexts(batch, items, inference);
      return encoder.logits(contexts, items, batch.pairs, inference);
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

/** Contexts that are encoded once and scored with one block of candidates after another. */
export interface ContextScorer {
  /**
   * @param items distinct items of the store
   * @param pairs contexts of the batch, and positions in `items`
   * @returns what the pairs are ranked by. [P]
   */
  score(items: Int32Array, pairs: Pairs): Promise<Float32Array>;
  dispose(): void;
}

/** Makes scorers of the contexts of batches. */
export function contextScorers(
  model: Model | FittedModel,
  data: PreparedData,
): (batch: Batch) => Promise<ContextScorer> {
  if (!isTrainable(model)) {
    return async (batch) => ({
      score: async (items, pairs) => model.score({ ...batch, items, pairs }),
      dispose: () => {},
    });
  }
  const prepared = encoderOf(model, data);
  return async (batch) => {
    const { encoder, withItems } = await prepared();
    const contexts = await withItems(batch.items, (items) => encoder.encodeContexts(batch, items, inference));
    return {
      score: async (candidates, pairs) => {
        const logits = await withItems(candidates, (items) =>
          encoder.logits(contexts, items, pairs, inference),
        );
        const [values] = await takeValues([logits]);
        return values!;
      },
      dispose: () => tf.dispose(contexts),
    };
  };
}

/** The model for one evaluation, prepared when the first batch comes. */
function encoderOf(model: Model, data: PreparedData) {
  const prepare = async () => {
    const encoder: Encoder = (await model.forEvaluation?.()) ?? model;
    return { encoder, withItems: itemEncoding(encoder, data) };
  };
  let prepared: ReturnType<typeof prepare> | null = null;
  return () => {
    prepared ??= prepare();
    return prepared;
  };
}
