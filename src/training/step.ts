import * as tf from '@tensorflow/tfjs';
import type { Batch, EpochPlan } from '../data/index.js';
import { DivergedError, type Optimizer } from '../engine/index.js';
import { candidateCount, type Model } from '../models/index.js';
import type { Progress } from './progress.js';

/**
 * The step of an epoch that is due: by the model's own update where it has one, else by the optimiser.
 *
 * @param plan null for models that go through the whole train part at once
 * @returns mean loss of its pairs, and how many they are
 * @throws DivergedError when a number is not finite
 */
export async function takeStep(
  model: Model,
  optimizer: Optimizer,
  plan: EpochPlan | null,
  { epoch, step, learningRate }: Progress,
  seed: number,
): Promise<Stepped> {
  if (model.sweep) return finite(model.sweep());
  if (!plan) throw new RangeError('a model that learns by steps needs a plan of them');
  if (!model.learn) {
    const batch = plan.batch(step);
    const loss = await trainStep(model, optimizer, batch, learningRate, [seed, epoch, step]);
    await model.afterStep?.();
    return { loss, pairs: batch.pairs.count };
  }
  const couples = plan.couples(step);
  return finite({ loss: model.learn(couples, learningRate), pairs: 2 * couples.user.length });
}

interface Stepped {
  readonly loss: number;
  readonly pairs: number;
}

function finite(stepped: Stepped): Stepped {
  const { loss } = stepped;
  if (!Number.isFinite(loss)) throw new DivergedError(`the training loss is ${loss}`, null, 'after');
  return stepped;
}

/**
 * One update on one batch. Dropout masks are a function of `key`.
 *
 * @returns the batch's loss, penalty included, before the update
 * @throws DivergedError when the loss or a gradient is not finite; nothing is changed then
 */
export async function trainStep(
  model: Model,
  optimizer: Optimizer,
  batch: Batch,
  learningRate: number,
  key: readonly (string | number)[],
): Promise<number> {
  const mode = { training: true, key } as const;
  const gradients = await model.parameters.gradients(() => {
    const items = model.encodeItems(batch.items, mode, candidateCount(batch.pairs));
    const contexts = model.encodeContexts(batch, items, mode);
    const encoded = { batch, items, contexts };
    const loss = model.loss
      ? model.loss(encoded, mode)
      : binaryCrossEntropy(model.logits(contexts, items, batch.pairs, mode), batch);
    return model.penalty ? tf.add(loss, model.penalty(encoded)) : loss;
  });
  await optimizer.apply(gradients, learningRate);
  return gradients.loss;
}

/**
 * Mean over pairs of log(1 + exp(z)) - y z, which is -[y log s(z) + (1 - y) log(1 - s(z))]. Softplus has the right
 * slope at z = 0; tfjs' own sigmoid cross-entropy, built of relu and abs, has not.
 */
function binaryCrossEntropy(logits: tf.Tensor1D, { pairs }: Batch): tf.Scalar {
  return tf.mean(tf.softplus(logits).sub(logits.mul(tf.tensor1d(pairs.label))));
}
