import * as tf from '@tensorflow/tfjs';
import type { Batch, EpochPlan } from '../data/index.js';
import { DivergedError, type Optimizer } from '../engine/index.js';
import { candidateCount, type Model } from '../models/index.js';
import type { Progress } from './progress.js';

/** The steps of an epoch, in order: mean loss of a step's pairs, and how many they are. */
export interface Steps {
  readonly count: number;
  /** Throws a DivergedError when a number is not finite. */
  take(progress: Progress): Promise<Stepped>;
}

/** One step goes through the whole train part. */
export function sweepSteps(sweep: NonNullable<Model['sweep']>): Steps {
  return { count: 1, take: async () => finite(sweep()) };
}

/** By the model's own update where it has one, else by the optimiser. */
export function plannedSteps(model: Model, optimizer: Optimizer, plan: EpochPlan, seed: number): Steps {
  return {
    count: plan.steps,
    take: async ({ epoch, step, learningRate }) => {
      if (model.learn) {
        const couples = plan.couples(step);
        return finite({ loss: model.learn(couples, learningRate), pairs: 2 * couples.user.length });
      }
      const batch = plan.batch(step);
      const loss = await trainStep(model, optimizer, batch, learningRate, [seed, epoch, step]);
      await model.afterStep?.();
      return { loss, pairs: batch.pairs.count };
    },
  };
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
