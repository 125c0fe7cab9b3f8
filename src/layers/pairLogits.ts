import * as tf from '@tensorflow/tfjs';
import { range } from '../base/index.js';
import {
  type DenseParameter,
  type Floats,
  filledTensors,
  gatherRows,
  type Kernels,
  nativeKernels,
  relu,
  valuesInPlace,
} from '../engine/index.js';
import type { LinearMap } from './linear.js';

/** A matrix [R, h], and which row of it each pair takes. [P] */
export interface PairRows {
  readonly values: tf.Tensor2D;
  readonly row: Int32Array;
}

/** A head whose first hidden layer is h wide. */
export interface PairHead {
  /** Of what is each pair's own; absent where nothing is. [I, h] */
  readonly weight?: tf.Tensor2D;
  /** Of the first hidden layer, where no part has it. [h] */
  readonly bias?: Pick<DenseParameter, 'value'>;
  /** Further hidden layers, with biases. Default: none. */
  readonly layers?: readonly LinearMap[];
  /** To one logit, with a bias. */
  readonly out: LinearMap;
  /** Dropout of the first hidden layer and of the logit; left out where nothing is dropped. */
  readonly drop?: (values: tf.Tensor2D, site: 'hidden' | 'out') => tf.Tensor2D;
}

/** Each row for the pair of its number. */
export const ownRows = (values: tf.Tensor2D): PairRows => ({ values, row: range(0, values.shape[0]) });

/**
 * Logits of pairs, out(relu(x W + the rows of all parts)), with further layers in between. What depends on a pair's item or on its
 * context alone comes by rows, which are worked out once for all pairs that share them.
 *
 * @param x what is each pair's own: [P, I]; null: nothing, and there is a part at least
 * @param inner two rows [f] of each pair, whose inner product is added to its logit
 * @returns [P]
 */
export function pairLogits(
  head: PairHead,
  x: tf.Tensor2D | null,
  parts: readonly PairRows[],
  inner: readonly [PairRows, PairRows] | null = null,
): tf.Tensor1D {
  const { weight, bias, layers = [], out, drop = (values) => values } = head;
  const kernels = nativeKernels();
  const fits = !head.drop && !tf.engine().isTapeOn() && layers.length <= MOST_LAYERS;
  if (kernels && fits) return pairLogitsNatively(kernels, head, x, parts, inner ?? []);
  const own = x ? [tf.matMul<tf.Tensor2D>(x, weight!)] : [];
  const sum = sumOfParts(parts, own);
  const first = drop(relu(bias ? sum.add<tf.Tensor2D>(bias.value()) : sum), 'hidden');
  const last = layers.reduce((hidden, layer) => relu(layer.apply(hidden)), first);
  const logits = drop(out.apply(last), 'out').reshape<tf.Tensor1D>([-1]);
  if (!inner) return logits;
  const [left, right] = inner.map(({ values, row }) => gatherRows(values, row));
  return logits.add(left!.mul(right!).sum(1));
}

/** The rows that each pair takes of all parts, added up with what is its own. [P, h] */
export const sumOfParts = (parts: readonly PairRows[], own: readonly tf.Tensor2D[] = []): tf.Tensor2D =>
  [...own, ...parts.map(({ values, row }) => gatherRows(values, row))].reduce((sum, term) => sum.add(term));

/** What the sides of pairs hold, one beside another. [P, the sum of widths] */
export const besides = (sides: readonly PairRows[]): tf.Tensor2D =>
  tf.concat(
    sides.map(({ values, row }) => gatherRows(values, row)),
    1,
  );

/** Layers after the first that the kernel takes. */
const MOST_LAYERS = 12;

/** By the native kernel, which has no way back. */
function pairLogitsNatively(
  kernels: Kernels,
  { weight, bias, layers = [], out }: PairHead,
  x: tf.Tensor2D | null,
  parts: readonly PairRows[],
  inner: readonly PairRows[],
): tf.Tensor1D {
  const pairs = x ? x.shape[0] : parts[0]!.row.length;
  const [inputs, width] = x ? weight!.shape : [0, parts[0]!.values.shape[1]];
  const valuesOf = (tensor: tf.Tensor): Floats => valuesInPlace(kernels, tensor);
  const weightsOf = ({ weight, bias }: LinearMap) => [valuesOf(weight.value()), valuesOf(bias!.value())];
  const fill = (logits: Floats) => {
    const [own, ofOwn] = x ? [valuesOf(x), valuesOf(weight!)] : [nothing, nothing];
    const rowsOf = (some: readonly PairRows[]) => some.flatMap(({ values, row }) => [valuesOf(values), row]);
    const further = layers.flatMap((layer) => [layer.weight.shape[1]!, ...weightsOf(layer)]);
    const first = [own, ofOwn, bias ? valuesOf(bias.value()) : nothing] as const;
    const rest = [parts.length, ...rowsOf(parts), layers.length, ...further, ...weightsOf(out)] as const;
    const factors = [inner[0]?.values.shape[1] ?? 0, ...rowsOf(inner)] as const;
    kernels.pairHead(kernels.threads, 0, logits, inputs, width, ...first, ...rest, ...factors);
  };
  return filledTensors(kernels, [[pairs]], fill)[0] as tf.Tensor1D;
}

const nothing = new Float32Array(0);
