import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';
import { emptyHostTensor, MOST_ON_HOST, sameValues, valuesInPlace } from './hostTensors.js';
import type { Floats } from './kernelArrays.js';
import { nativeKernels } from './kernels.js';
import { broadcastStrides, isContiguous, layoutOf, stridesOf } from './layout.js';
import type { Kernels } from './nativeFunctions.js';

/*
 * tfjs' operations on small tensors of floats, by kernels of ours in the place of TensorFlow's. Everything else, and
 * whatever a kernel does not know, goes on to TensorFlow.
 */

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attributes = Readonly<Record<string, unknown>>;
/** Null: TensorFlow is to do it. */
type Run = (
  kernels: Kernels,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[] | null;

/** Numbers of operations in native/elementwise.cc and native/reduce.cc. */
const unary = { Neg: 0, Square: 1, Sqrt: 2, Abs: 3, Relu: 4, ClipByValue: 5, Reciprocal: 6 } as const;
const binary = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
} as const;
const RELU_GRADIENT = 7;
const reductions = { Sum: 0, Max: 1, Min: 2 } as const;

/** Products of matrices with more multiplications are left to TensorFlow. */
const MOST_PRODUCTS = 2 ** 24;

const none = new Float32Array();

function applied(
  kernels: Kernels,
  operation: number,
  x: tf.TensorInfo,
  bounds: Float32Array = none,
): tf.TensorInfo {
  const { info, values } = emptyHostTensor(x.shape);
  kernels.unaryOperation(kernels.threads, operation, valuesInPlace(kernels, x), values, bounds);
  return info;
}

function combined(
  kernels: Kernels,
  operation: number,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo | null {
  const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  if (sizeOf(shape) > MOST_ON_HOST) return null;
  const strides = [stridesOf(shape), broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)];
  const layout = layoutOf(shape, strides);
  if (!layout) return null;
  const { info, values } = emptyHostTensor(shape);
  const [left, right] = [valuesInPlace(kernels, a), valuesInPlace(kernels, b)];
  kernels.binaryOperation(kernels.threads, operation, layout, left, right, values);
  return info;
}

/** dy where y is positive, else 0. */
export const hostReluGradient = (
  kernels: Kernels,
  dy: tf.TensorInfo,
  y: tf.TensorInfo,
): tf.TensorInfo | null => combined(kernels, RELU_GRADIENT, dy, y);

/** Over axes that lie side by side; several groups of them from the left, where rows are added as they lie. */
function reduced(
  kernels: Kernels,
  operation: number,
  x: tf.TensorInfo,
  given: unknown,
  keepDims: boolean,
): tf.TensorInfo {
  const axes = tf.util.parseAxisParam(given as number[], x.shape).sort((a, b) => a - b);
  const kept = keepDims
    ? x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side))
    : x.shape.filter((_, axis) => !axes.includes(axis));
  let current: tf.TensorInfo | null = null;
  for (let at = 0; at < axes.length; ) {
    const start = axes[at]!;
    let end = start;
    while (axes[at] === end) {
      at++;
      end++;
    }
    const from: readonly number[] = current?.shape ?? x.shape;
    const [outer, n, inner] = [from.slice(0, start), from.slice(start, end), from.slice(end)].map(sizeOf);
    const to = from.map((side, axis) => (axis >= start && axis < end ? 1 : side));
    const { info, values } = emptyHostTensor(at < axes.length ? to : kept);
    const source = valuesInPlace(kernels, current ?? x);
    kernels.reduce(kernels.threads, operation, outer!, n!, inner!, source, values);
    if (current) tf.backend().disposeData(current.dataId);
    current = info;
  }
  return current ?? sameValues(x, kept) ?? copied(kernels, x, kept);
}

const copied = (kernels: Kernels, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo => {
  const { info, values } = emptyHostTensor(shape);
  const layout = layoutOf([sizeOf(shape)], [[1], [1]])!;
  kernels.copyElements(kernels.threads, layout, valuesInPlace(kernels, x), 0, values, 0);
  return info;
};

function multiplied(
  kernels: Kernels,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): { info: tf.TensorInfo; values: Float32Array } | null {
  const [matrixA, matrixB] = [a.shape.slice(-2), b.shape.slice(-2)] as [number[], number[]];
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  if (batchA.join() !== batchB.join()) return null;
  const [m, depth] = transposeA ? matrixA.toReversed() : matrixA;
  const [inner, n] = transposeB ? matrixB.toReversed() : matrixB;
  const batch = sizeOf(batchA);
  const shape = [...batchA, m!, n!];
  if (depth !== inner || sizeOf(shape) > MOST_ON_HOST || sizeOf(shape) * depth! > MOST_PRODUCTS) return null;
  const made = emptyHostTensor(shape);
  const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0] as const;
  const [left, right] = [valuesInPlace(kernels, a), valuesInPlace(kernels, b)];
  kernels.matMul(kernels.threads, 0, batch, m!, n!, depth!, ...flags, left, right, made.values);
  return made;
}

/** A part of a tensor, to a place in another. */
function copyPart(
  kernels: Kernels,
  shape: readonly number[],
  from: { values: Floats; strides: readonly number[]; begin: number },
  to: { values: Floats; strides: readonly number[]; begin: number },
): boolean {
  const layout = layoutOf(shape, [to.strides, from.strides]);
  if (!layout) return false;
  kernels.copyElements(kernels.threads, layout, from.values, from.begin, to.values, to.begin);
  return true;
}

const offsetOf = (begin: readonly number[], strides: readonly number[]): number =>
  begin.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);

function sliced(
  kernels: Kernels,
  x: tf.TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): tf.TensorInfo | null {
  const strides = stridesOf(x.shape);
  const to = stridesOf(size);
  const layout = layoutOf(size, [to, strides]);
  if (!layout) return null;
  const whole = isContiguous(layout) ? sameValues(x, size, offsetOf(begin, strides)) : null;
  if (whole) return whole;
  const { info, values } = emptyHostTensor(size);
  const source = { values: valuesInPlace(kernels, x), strides, begin: offsetOf(begin, strides) };
  copyPart(kernels, size, source, { values, strides: to, begin: 0 });
  return info;
}

function joined(kernels: Kernels, parts: readonly tf.TensorInfo[], axis: number): tf.TensorInfo | null {
  const shape = [...parts[0]!.shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  if (sizeOf(shape) > MOST_ON_HOST) return null;
  const strides = stridesOf(shape);
  const { info, values } = emptyHostTensor(shape);
  let at = 0;
  for (const part of parts) {
    if (sizeOf(part.shape) > 0) {
      const source = { values: valuesInPlace(kernels, part), strides: stridesOf(part.shape), begin: 0 };
      copyPart(kernels, part.shape, source, { values, strides, begin: at * strides[axis]! });
    }
    at += part.shape[axis]!;
  }
  return info;
}

const runs: Record<string, Run> = {
  ...Object.fromEntries(
    Object.entries(unary).map(([name, operation]): [string, Run] => [
      name,
      (kernels, { x }, { clipValueMin, clipValueMax }) =>
        sizeOf(x!.shape) > MOST_ON_HOST
          ? null
          : applied(
              kernels,
              operation,
              x!,
              name === 'ClipByValue' ? Float32Array.of(clipValueMin as number, clipValueMax as number) : none,
            ),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(binary).map(([name, operation]): [string, Run] => [
      name,
      (kernels, { a, b }) => combined(kernels, operation, a!, b!),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(reductions).map(([name, operation]): [string, Run] => [
      name,
      (kernels, { x }, { axis, reductionIndices, keepDims }) =>
        reduced(kernels, operation, x!, axis ?? reductionIndices, keepDims === true),
    ]),
  ),
  Mean: (kernels, { x }, { axis, keepDims }) => {
    const sum = reduced(kernels, reductions.Sum, x!, axis, keepDims === true);
    const share = emptyHostTensor([]);
    share.values[0] = sizeOf(sum.shape) / sizeOf(x!.shape);
    const mean = combined(kernels, binary.Multiply, sum, share.info);
    for (const { dataId } of [sum, share.info]) tf.backend().disposeData(dataId);
    return mean;
  },
  AddN: (kernels, inputs) => {
    const [first, ...rest] = Object.values(inputs);
    let sum = first!;
    for (const next of rest) {
      const more = combined(kernels, binary.Add, sum, next);
      if (sum !== first) tf.backend().disposeData(sum.dataId);
      if (!more) return null;
      sum = more;
    }
    return sum === first ? sameValues(sum, sum.shape) : sum;
  },
  BatchMatMul: (kernels, { a, b }, { transposeA, transposeB }) =>
    multiplied(kernels, a!, b!, transposeA === true, transposeB === true)?.info ?? null,
  _FusedMatMul: (kernels, { a, b, bias }, { transposeA, transposeB, activation }) => {
    if (!bias || (activation !== 'linear' && activation !== 'relu')) return null;
    const product = multiplied(kernels, a!, b!, transposeA === true, transposeB === true);
    const sum = product && combined(kernels, binary.Add, product.info, bias);
    if (product) tf.backend().disposeData(product.info.dataId);
    if (!sum || activation === 'linear') return sum;
    const active = applied(kernels, unary.Relu, sum);
    tf.backend().disposeData(sum.dataId);
    return active;
  },
  Reshape: (_, { x }, { shape }) =>
    sameValues(x!, tf.util.inferFromImplicitShape(shape as number[], sizeOf(x!.shape))),
  ExpandDims: (_, { input }, { dim }) => {
    const shape = [...input!.shape];
    const at = dim as number;
    shape.splice(at < 0 ? shape.length + at + 1 : at, 0, 1);
    return sameValues(input!, shape);
  },
  Identity: (_, { x }) => sameValues(x!, x!.shape),
  Cast: (_, { x }, { dtype }) => (dtype === 'float32' ? sameValues(x!, x!.shape) : null),
  ZerosLike: (_, { x }) => constant(x!.shape, 0),
  OnesLike: (_, { x }) => constant(x!.shape, 1),
  Fill: (_, __, { shape, value, dtype }) =>
    (dtype ?? 'float32') === 'float32' && typeof value === 'number'
      ? constant(shape as number[], value)
      : null,
  Slice: (kernels, { x }, { begin, size }) => {
    const [from, count] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin as number[], size as number[]);
    return sizeOf(count) === 0 || sizeOf(count) > MOST_ON_HOST ? null : sliced(kernels, x!, from, count);
  },
  SplitV: (kernels, { x }, { numOrSizeSplits, axis }) => {
    const [along] = tf.util.parseAxisParam(axis as number, x!.shape) as [number];
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number[], along);
    if (sizes.includes(0) || sizeOf(x!.shape) > MOST_ON_HOST || x!.shape.length > 4) return null;
    let at = 0;
    return sizes.map((size) => {
      const begin = x!.shape.map((_, other) => (other === along ? at : 0));
      const shape = x!.shape.map((side, other) => (other === along ? size : side));
      at += size;
      return sliced(kernels, x!, begin, shape)!;
    });
  },
  Concat: (kernels, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const { length } = parts[0]!.shape;
    if (length > 4) return null;
    return joined(kernels, parts, ((axis as number) + length) % length);
  },
  Pack: (kernels, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const rank = parts[0]!.shape.length + 1;
    if (rank > 4) return null;
    const along = ((axis as number) + rank) % rank;
    const whole = parts.map((part) => sameValues(part, part.shape.toSpliced(along, 0, 1)));
    const all = whole.every((part) => part !== null)
      ? joined(kernels, whole as tf.TensorInfo[], along)
      : null;
    for (const part of whole) if (part) tf.backend().disposeData(part.dataId);
    return all;
  },
  PadV2: (kernels, { x }, { paddings, constantValue }) => {
    const around = paddings as [number, number][];
    const shape = x!.shape.map((side, axis) => around[axis]![0] + side + around[axis]![1]);
    if (sizeOf(shape) > MOST_ON_HOST || x!.shape.length > 4) return null;
    const { info, values } = emptyHostTensor(shape);
    values.fill(constantValue as number);
    const strides = stridesOf(shape);
    const begin = offsetOf(
      around.map(([before]) => before),
      strides,
    );
    const source = { values: valuesInPlace(kernels, x!), strides: stridesOf(x!.shape), begin: 0 };
    copyPart(kernels, x!.shape, source, { values, strides, begin });
    return info;
  },
  Transpose: (kernels, { x }, { perm }) => {
    const order = perm as number[];
    if (sizeOf(x!.shape) > MOST_ON_HOST || order.length > 4) return null;
    const strides = stridesOf(x!.shape);
    const shape = order.map((axis) => x!.shape[axis]!);
    const { info, values } = emptyHostTensor(shape);
    const from = order.map((axis) => strides[axis]!);
    const source = { values: valuesInPlace(kernels, x!), strides: from, begin: 0 };
    copyPart(kernels, shape, source, { values, strides: stridesOf(shape), begin: 0 });
    return info;
  },
};

function constant(shape: readonly number[], value: number): tf.TensorInfo | null {
  if (sizeOf(shape) > MOST_ON_HOST) return null;
  const { info, values } = emptyHostTensor(shape);
  values.fill(value);
  return info;
}

/** Puts the kernels before the addon's, which are the backend tensorflow's by now. */
export function registerHostKernels(): void {
  for (const [kernelName, run] of Object.entries(runs)) {
    const addon = tf.getKernel(kernelName, 'tensorflow');
    if (!addon) continue;
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      ...addon,
      kernelFunc: (call) => {
        const kernels = nativeKernels();
        const inputs = call.inputs as Inputs;
        const made = kernels && fits(inputs) ? run(kernels, inputs, (call.attrs ?? {}) as Attributes) : null;
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
