import type * as tf from '@tensorflow/tfjs';
import { valuesInPlace } from './hostTensors.js';
import type { Floats } from './kernelArrays.js';
import { nativeKernels } from './kernels.js';
import type { AdamRates } from './rows.js';
import { filledTensors } from './tensorMemory.js';

/** Weights that are updated together, and Adam's moments of them: [P] each. */
export interface DenseAdam {
  readonly weights: tf.Tensor1D;
  readonly m: tf.Tensor1D;
  readonly v: tf.Tensor1D;
}

/**
 * One update by the gradient times `scale`, in new tensors.
 *
 * @param updates including this one
 */
export function adamDense(
  { weights, m, v }: DenseAdam,
  gradient: tf.Tensor1D,
  { learningRate, beta1, beta2, epsilon }: AdamRates,
  { scale, updates }: { readonly scale: number; readonly updates: number },
): DenseAdam {
  const rate = learningRate / (1 - beta1 ** updates);
  const correction = 1 / (1 - beta2 ** updates);
  const kernels = nativeKernels();
  if (kernels) {
    const old = [gradient, weights, m, v];
    const fill = (...fresh: Floats[]) => {
      const arrays = [...old.map((tensor) => valuesInPlace(kernels, tensor)), ...fresh] as SevenArrays;
      kernels.adamDense(kernels.threads, ...arrays, rate, correction, beta1, beta2, epsilon, scale);
    };
    const shapes = [weights, m, v].map(({ shape }) => shape);
    const [newWeights, newM, newV] = filledTensors(kernels, shapes, fill) as tf.Tensor1D[];
    return { weights: newWeights!, m: newM!, v: newV! };
  }
  const scaled = scale === 1 ? gradient : gradient.mul(scale);
  const newM = m.mul(beta1).add<tf.Tensor1D>(scaled.mul(1 - beta1));
  const newV = v.mul(beta2).add<tf.Tensor1D>(scaled.square().mul(1 - beta2));
  const deviation = newV.mul(correction).sqrt();
  return { weights: weights.sub(newM.mul(rate).div(deviation.add(epsilon))), m: newM, v: newV };
}

type SevenArrays = [Floats, Floats, Floats, Floats, Floats, Floats, Floats];
