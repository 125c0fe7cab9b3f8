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
  /** Of what is each pair's own; absent where nothing is. [I, h] */
  readonly weight?: tf.Tensor2D;
  /** To one logit, with a bias. */
  readonly out: Linear;
  /** Dropout of the hidden layer and of the logit; left out where nothing is dropped. */
  readonly drop?: (values: tf.Tensor2D, site: 'hidden' | 'out') => tf.Tensor2D;
}

/**
 * Logits of pairs, out(relu(x W + the rows of all parts)). What depends on a pair's item or on its context alone comes by
 * rows, which are worked out once for all pairs that share them.
 *
 * @param x what is each pair's own: [P, I]; null: nothing, and there is a part at least
 * @returns [P]
 */
export function pairLogits(head: PairHead, x: tf.Tensor2D | null, parts: readonly PairRows[]): tf.Tensor1D {
  const { weight, out, drop } = head;
  const kernels = nativeKernels();
  if (kernels && !drop && !tf.engine().isTapeOn()) return pairLogitsNatively(kernels, head, x, parts);
  const rows = parts.map(({ values, row }) => gatherRows(values, row));
  const terms = x ? [tf.matMul<tf.Tensor2D>(x, weight!), ...rows] : rows;
  const hidden = relu(terms.reduce((sum, term) => sum.add(term)));
  const logit = out.apply(drop ? drop(hidden, 'hidden') : hidden);
  return (drop ? drop(logit, 'out') : logit).reshape([hidden.shape[0]]);
}

/** By the native kernel, which has no way back. */
function pairLogitsNatively(
  kernels: Kernels,
  { weight, out }: PairHead,
  x: tf.Tensor2D | null,
  parts: readonly PairRows[],
): tf.Tensor1D {
  const pairs = x ? x.shape[0] : parts[0]!.row.length;
  const [inputs, width] = x ? weight!.shape : [1, out.weight.shape[0]!]; // the kernel takes one at least
  const own = x ? [x, weight!] : [tf.zeros([pairs, inputs]), tf.zeros([inputs, width])];
  const given = [...own, out.weight.value(), out.bias!.value()];
  const fill = (logits: Floats) => {
    const arrays = given.map((tensor) => valuesInPlace(kernels, tensor)) as [Floats, Floats, Floats, Floats];
    const rows = parts.flatMap(({ values, row }) => [valuesInPlace(kernels, values), row]);
    kernels.pairHead(kernels.threads, 0, inputs, width, ...arrays, logits, parts.length, ...rows);
  };
  return filledTensors(kernels, [[pairs]], fill)[0] as tf.Tensor1D;
}
