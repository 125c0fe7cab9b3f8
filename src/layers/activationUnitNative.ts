import type * as tf from '@tensorflow/tfjs';
import { type Floats, filledTensors, type Kernels, valuesInPlace } from '../engine/index.js';
import type { UnitEvents, UnitPairs } from './activationUnit.js';
import type { Gate } from './learnedActivation.js';

/** Weights of an activation unit with one hidden layer. */
export interface UnitWeights {
  /** Of candidate * event. [d, h] */
  readonly product: tf.Tensor2D;
  readonly gate: Gate;
  /** Of the output. [h, 1] */
  readonly out: tf.Tensor2D;
  /** [1] */
  readonly bias: tf.Tensor1D;
}

/**
 * What `ActivationUnit.apply` gives without a softmax, for weights that nobody differentiates.
 *
 * @param queries what each candidate adds to the first layer. [N, h]
 */
export function unitNatively(
  kernels: Kernels,
  { x, keys, lists }: UnitEvents,
  { candidates, context, candidate }: UnitPairs,
  queries: tf.Tensor2D,
  { product, gate: { smooth, mean, deviation, alpha }, out, bias }: UnitWeights,
): tf.Tensor2D {
  const [width, hidden] = product.shape;
  const fill = (pooled: Floats): void => {
    const inPlace = (tensor: tf.Tensor): Floats => valuesInPlace(kernels, tensor);
    kernels.activationUnit(
      kernels.threads,
      0,
      width,
      hidden,
      ...([x, keys, candidates, queries, product].map(inPlace) as [Floats, Floats, Floats, Floats, Floats]),
      smooth ? 1 : 0,
      mean,
      deviation,
      ...([alpha, out, bias].map(inPlace) as [Floats, Floats, Floats]),
      lists.offsets,
      lists.rows,
      context,
      candidate,
      pooled,
    );
  };
  return filledTensors(kernels, [[context.length, width]], fill)[0] as tf.Tensor2D;
}
