import * as tf from '@tensorflow/tfjs';
import type { Batch, PreparedData } from '../../src/data/index.js';
import { type Gradients, inference, type Mode, Optimizer } from '../../src/engine/index.js';
import {
  buildModel,
  candidateCount,
  type EncodedContexts,
  type EncodedItems,
  isTrainable,
  type Model,
  modelSchema,
} from '../../src/models/index.js';

/** A trainable model from options as an experiment file gives them. */
export function trainable(options: Readonly<Record<string, unknown>>, data: PreparedData, seed = 1): Model {
  const model = buildModel(modelSchema.parse(options), data, seed);
  if (!isTrainable(model)) throw new Error(`${options.name} is not trained`);
  return model;
}

/** A batch's items, contexts and logits, as a step has them. */
export function forward<I extends EncodedItems, C extends EncodedContexts>(
  model: Model<I, C>,
  batch: Batch,
  mode: Mode = inference,
) {
  const items = model.encodeItems(batch.items, mode, candidateCount(batch.pairs));
  const contexts = model.encodeContexts(batch, items, mode);
  return { batch, items, contexts, logits: model.logits(contexts, items, batch.pairs, mode) };
}

/** The training loss as `src/training` defines it, penalty included. */
export function lossOf(model: Model, batch: Batch, mode: Mode = inference): tf.Scalar {
  const { logits, ...step } = forward(model, batch, mode);
  const loss = model.loss
    ? model.loss(step, mode)
    : (tf.mean(tf.softplus(logits).sub(logits.mul(tf.tensor1d(batch.pairs.label)))) as tf.Scalar);
  return model.penalty ? tf.add(loss, model.penalty(step)) : loss;
}

export const logitsOf = (model: Model, batch: Batch, mode: Mode = inference): number[] =>
  Array.from(tf.tidy(() => forward(model, batch, mode).logits.dataSync()));

export const gradientsOf = (model: Model, batch: Batch): Promise<Gradients> =>
  model.parameters.gradients(() => lossOf(model, batch));

/** Trains on one batch again and again; returns the last loss. */
export async function overfit(
  model: Model,
  batch: Batch,
  steps: number,
  learningRate: number,
): Promise<number> {
  const optimizer = new Optimizer(model.parameters, {
    name: 'adam',
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clipNorm: null,
  });
  let last = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    const gradients = await gradientsOf(model, batch);
    last = gradients.loss;
    await optimizer.apply(gradients, learningRate);
  }
  optimizer.dispose();
  return last;
}
