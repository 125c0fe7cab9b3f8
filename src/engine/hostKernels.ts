import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';
import {
  applied,
  binary,
  combined,
  constant,
  discard,
  joined,
  multiplied,
  normalised,
  placed,
  reduced,
  reductions,
  sliced,
  transposed,
  unary,
} from './hostOperations.js';
import { sameValues } from './hostTensors.js';
import { nativeKernels } from './kernels.js';
import type { Kernels } from './nativeFunctions.js';

/*
 * tfjs' operations on small tensors of floats, by kernels of ours in the place of TensorFlow's. Everything else, and
 * whatever a kernel does not know, goes on to TensorFlow.
 */

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
/** As tfjs names and means them, for each of its kernels. */
interface Attributes {
  readonly axis: number | number[] | null | undefined;
  readonly reductionIndices: number | number[] | null | undefined;
  readonly keepDims: boolean;
  readonly clipValueMin: number;
  readonly clipValueMax: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation: string;
  readonly shape: number[];
  readonly dim: number;
  readonly dtype: tf.DataType | undefined;
  readonly value: number | string;
  readonly begin: number | number[];
  readonly size: number | number[];
  readonly numOrSizeSplits: number | number[];
  readonly paddings: readonly (readonly [before: number, after: number])[];
  readonly constantValue: number;
  readonly perm: readonly number[];
}
/** Null: TensorFlow is to do it. */
type Run = (
  kernels: Kernels,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[] | null;

const each = (operations: Readonly<Record<string, number>>, run: (operation: number) => Run) =>
  Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, run(operation)]));

const axesOf = (axis: number | number[] | null | undefined, { shape }: tf.TensorInfo): number[] =>
  axis === undefined || axis === null ? shape.map((_, at) => at) : [axis].flat();

const fromEnd = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const runs: Readonly<Record<string, Run>> = {
  ...each(
    unary,
    (operation) =>
      (kernels, { x }) =>
        applied(kernels, operation, x!),
  ),
  ...each(
    binary,
    (operation) =>
      (kernels, { a, b }) =>
        combined(kernels, operation, a!, b!),
  ),
  ...each(reductions, (operation) => (kernels, { x }, { axis, reductionIndices, keepDims }) => {
    const axes = axesOf(axis ?? reductionIndices, x!);
    return reduced(kernels, operation, x!, axes, keepDims);
  }),
  ClipByValue: (kernels, { x }, { clipValueMin, clipValueMax }) =>
    applied(kernels, unary.ClipByValue, x!, [clipValueMin, clipValueMax]),
  Mean: (kernels, { x }, { axis, keepDims }) => {
    const sum = reduced(kernels, reductions.Sum, x!, axesOf(axis, x!), keepDims);
    const share = sum && constant([], sizeOf(sum.shape) / sizeOf(x!.shape));
    const mean = share && combined(kernels, binary.Multiply, sum, share);
    discard(sum, share);
    return mean;
  },
  AddN: (kernels, inputs) => {
    const [first, ...rest] = Object.values(inputs);
    let sum: tf.TensorInfo | null = null;
    for (const next of rest) {
      const more = combined(kernels, binary.Add, sum ?? first!, next);
      discard(sum);
      if (!more) return null;
      sum = more;
    }
    return sum;
  },
  BatchMatMul: (kernels, { a, b }, { transposeA, transposeB }) =>
    multiplied(kernels, [a!, b!], [transposeA, transposeB]),
  _FusedMatMul: (kernels, { a, b, bias }, { transposeA, transposeB, activation }) => {
    if (!bias || (activation !== 'linear' && activation !== 'relu')) return null;
    const product = multiplied(kernels, [a!, b!], [transposeA, transposeB]);
    const sum = product && combined(kernels, binary.Add, product, bias);
    discard(product);
    if (!sum || activation === 'linear') return sum;
    const active = applied(kernels, unary.Relu, sum);
    discard(sum);
    return active;
  },
  Softmax: (kernels, { logits }, { dim }) =>
    fromEnd(dim, logits!.shape.length) === logits!.shape.length - 1 ? normalised(kernels, logits!) : null,
  Reshape: (_, { x }, { shape }) => sameValues(x!, tf.util.inferFromImplicitShape(shape, sizeOf(x!.shape))),
  ExpandDims: (_, { input }, { dim }) => {
    const { shape } = input!;
    return sameValues(input!, shape.toSpliced(fromEnd(dim, shape.length + 1), 0, 1));
  },
  Identity: (_, { x }) => sameValues(x!, x!.shape),
  Cast: (_, { x }, { dtype }) => (dtype === 'float32' ? sameValues(x!, x!.shape) : null),
  ZerosLike: (_, { x }) => constant(x!.shape, 0),
  OnesLike: (_, { x }) => constant(x!.shape, 1),
  Fill: (_, __, { shape, value, dtype = 'float32' }) =>
    dtype === 'float32' && typeof value === 'number' ? constant(shape, value) : null,
  Slice: (kernels, { x }, { begin, size }) => {
    const [from, shape] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
    return shape.includes(0) ? null : sliced(kernels, x!, from, shape);
  },
  SplitV: (kernels, { x }, { numOrSizeSplits, axis }) => {
    const [along] = tf.util.parseAxisParam(axis!, x!.shape) as [number];
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number[], along);
    if (sizes.includes(0)) return null;
    let end = 0;
    const parts = sizes.map((size) => {
      const begin = x!.shape.map((_, other) => (other === along ? end : 0));
      end += size;
      return sliced(kernels, x!, begin, x!.shape.with(along, size));
    });
    if (parts.every((part) => part !== null)) return parts;
    discard(...parts);
    return null;
  },
  Concat: (kernels, inputs, { axis }) => {
    const parts = Object.values(inputs);
    return joined(kernels, parts, fromEnd(axis as number, parts[0]!.shape.length));
  },
  Pack: (kernels, inputs, { axis }) => {
    const [{ shape }, ...others] = Object.values(inputs) as [tf.TensorInfo, ...tf.TensorInfo[]];
    const along = fromEnd(axis as number, shape.length + 1);
    const whole = shape.toSpliced(along, 0, 1 + others.length);
    const parts = Object.values(inputs).map((x, at) => ({
      x: { ...x, shape: shape.toSpliced(along, 0, 1) },
      begin: whole.map((_, other) => (other === along ? at : 0)),
    }));
    return placed(kernels, whole, parts);
  },
  PadV2: (kernels, { x }, { paddings, constantValue }) => {
    const shape = x!.shape.map((side, axis) => paddings[axis]![0] + side + paddings[axis]![1]);
    const begin = paddings.map(([before]) => before);
    return placed(kernels, shape, [{ x: x!, begin }], constantValue);
  },
  Transpose: (kernels, { x }, { perm }) => transposed(kernels, x!, perm),
};

/** Puts the kernels before the addon's, which are the backend tensorflow's by now. */
export function registerHostKernels(): void {
  for (const [kernelName, run] of Object.entries(runs)) {
    const addon = tf.getKernel(kernelName, 'tensorflow');
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      ...addon,
      kernelFunc: (call) => {
        const kernels = nativeKernels();
        const inputs = call.inputs as Inputs;
        const made =
          kernels && fits(inputs) ? run(kernels, inputs, call.attrs as unknown as Attributes) : null;
        return made ?? addon.kernelFunc(call);
      },
    });
  }
}

function fits(inputs: Inputs): boolean {
  for (const name in inputs) {
    const input = inputs[name];
    if (input && (input.dtype !== 'float32' || input.shape.includes(0))) return false;
  }
  return true;
}
