import * as tf from '@tensorflow/tfjs';
import type { Pairs } from '../data/index.js';
import { type Kernels, type NcfArrays, valuesInPlace } from '../engine/index.js';
import type { Linear } from '../layers/index.js';

/** Item vectors of each part that there is: [N, factors], and [N, half the first layer]. */
export type NcfItems = {
  readonly gmfItems?: tf.Tensor2D;
  readonly mlpItems?: tf.Tensor2D;
};

/** User vectors, likewise. [U, ..] */
export type NcfContexts = {
  readonly gmfUsers?: tf.Tensor2D;
  readonly mlpUsers?: tf.Tensor2D;
};

/**
 * Logits of pairs by the native kernel, which takes vectors where they lie. The weights, which are few, are copied.
 *
 * @param vectors those of the layers' part, at least
 * @param layers the hidden ones, then the output's, all with biases
 */
export function ncfNatively(
  kernels: Kernels,
  { gmfUsers, gmfItems, mlpUsers, mlpItems }: NcfContexts & NcfItems,
  layers: readonly Linear[],
  { context, item, count }: Pairs,
): tf.Tensor1D {
  const encoded = [gmfUsers, gmfItems, mlpUsers, mlpItems];
  const weights = layers.flatMap(({ weight, bias }) => [weight.value(), bias!.value()]);
  const inputs = [...encoded.filter((part) => part !== undefined), ...weights];
  const widths = Int32Array.from(layers, ({ weight }) => weight.shape[0]!);
  if (gmfUsers) widths[layers.length - 1]! -= gmfUsers.shape[1];

  const op = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    (given.at(-1) as tf.GradSaveFunc)(inputs); // their memory has to stay
    const [gu, gi, mu, mi] = encoded.map((part) =>
      part ? valuesInPlace(kernels, part) : new Float32Array(),
    );
    const values = joined(weights.map((weight) => weight.dataSync<'float32'>()));
    const hidden = new Float32Array(count * widths.subarray(1).reduce((a, b) => a + b, 0));
    const arrays: NcfArrays = [
      gmfUsers?.shape[1] ?? 0,
      widths,
      mlpUsers!.shape[0],
      mlpItems!.shape[0],
      context,
      item,
      ...[gu!, gi!, mu!, mi!, values, hidden],
    ] as NcfArrays;
    const logits = new Float32Array(count);
    kernels.ncfForward(kernels.threads, 0, ...arrays, logits);
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => {
      const dVectors = encoded.map((part) => new Float32Array(part?.size ?? 0));
      const dWeights = new Float32Array(values.length);
      kernels.ncfBackward(kernels.threads, 0, ...arrays, dy.dataSync<'float32'>(), ...dVectors, dWeights);
      const gradients = [...dVectors.filter((_, i) => encoded[i]), ...split(dWeights, weights)];
      return inputs.map(({ shape }, i) => tf.tensor(gradients[i]!, shape as number[]));
    };
    return { value: tf.tensor1d(logits), gradFunc };
  });
  return op(...inputs) as tf.Tensor1D;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The inverse, for tensors of these sizes. */
function split(all: Float32Array, tensors: readonly tf.Tensor[]): Float32Array[] {
  let at = 0;
  return tensors.map(({ size }) => {
    at += size;
    return all.slice(at - size, at);
  });
}
