import * as tf from '@tensorflow/tfjs';
import {
  type Floats,
  filledTensors,
  gatherRows,
  type Kernels,
  nativeKernels,
  relu,
  valuesInPlace,
} from '../engine/index.js';
import type { Linear } from './linear.js';

/** A matrix [R, h], and which row of it each pair takes. [P] */
export interface PairRows {
  readonly values: tf.Tensor2D;
  readonly row: Int32Array;
}

/** A head with one hidden layer, h wide. */
export interface PairHead {
  /** [I, h] */
  readonly weight: tf.Tensor2D;
  /** To one logit, with a bias. */
  readonly out: Linear;
  /** Dropout of the hidden layer and of the logit; left out where nothing is dropped. */
  readonly drop?: (values: tf.Tensor2D, site: 'hidden' | 'out') => tf.Tensor2D;
}

/**
 * Logits of pairs, out(relu(x W + the rows of all parts)). What depends on a pair's item or on its context alone comes by
 * rows, which are worked out once for all pairs that share them.
 *
 * @param x what is each pair's own. [P, I]
 * @returns [P]
 */
export function pairLogits(head: PairHead, x: tf.Tensor2D, parts: readonly PairRows[]): tf.Tensor1D {
  const { weight, out, drop } = head;
  const kernels = nativeKernels();
  if (kernels && !drop && !tf.engine().isTapeOn()) return pairLogitsNatively(kernels, head, x, parts);
  const sum = parts.reduce<tf.Tensor2D>((sum, part) => sum.add(rowsOf(part)), tf.matMul(x, weight));
  const hidden = relu(sum);
  const logit = out.apply(drop ? drop(hidden, 'hidden') : hidden);
  return (drop ? drop(logit, 'out') : logit).reshape([x.shape[0]]);
}

/** The same of pairs that have nothing of their own, out(relu(the rows of all parts)). */
export function rowLogits(out: Linear, parts: readonly PairRows[]): tf.Tensor1D {
  const hidden = relu(tf.addN(parts.map(rowsOf)) as tf.Tensor2D);
  return out.apply(hidden).reshape([hidden.shape[0]]);
}

const rowsOf = ({ values, row }: PairRows): tf.Tensor2D => gatherRows(values, row);

/** By the native kernel, which has no way back. */
function pairLogitsNatively(
  kernels: Kernels,
  { weight, out }: PairHead,
  x: tf.Tensor2D,
  parts: readonly PairRows[],
): tf.Tensor1D {
  const given = [x, weight, out.weight.value(), out.bias!.value()];
  const fill = (logits: Floats) => {
    const arrays = given.map((tensor) => valuesInPlace(kernels, tensor)) as [Floats, Floats, Floats, Floats];
    const rows = parts.flatMap(({ values, row }) => [valuesInPlace(kernels, values), row]);
    const [inputs, width] = weight.shape;
    kernels.pairHead(kernels.threads, 0, inputs, width, ...arrays, logits, parts.length, ...rows);
  };
  return filledTensors(kernels, [[x.shape[0]]], fill)[0] as tf.Tensor1D;
}
