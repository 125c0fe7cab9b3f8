import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';
import { emptyHostTensor, MOST_ON_HOST, sameValues, valuesInPlace } from './hostTensors.js';
import { broadcastStrides, isContiguous, layoutOf, stridesOf } from './layout.js';
import type { Kernels } from './nativeFunctions.js';

/* Operations on tensors of floats by kernels. Null: the result is too large, or has more dimensions than they know. */

/** Numbers of operations in native/elementwise.cc and native/reduce.cc. */
export const unary = {
  Neg: 0,
  Square: 1,
  Sqrt: 2,
  Abs: 3,
  Relu: 4,
  ClipByValue: 5,
  Reciprocal: 6,
  Exp: 7,
  Sigmoid: 8,
  Tanh: 9,
} as const;
const GELU = 10;
export const binary = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
} as const;
const RELU_GRADIENT = 7;
const GELU_GRADIENT = 8;
export const reductions = { Sum: 0, Max: 1, Min: 2 } as const;

/** Products of matrices with more multiplications are left to TensorFlow. */
const MOST_PRODUCTS = 2 ** 24;

const isLarge = (shape: readonly number[]): boolean => sizeOf(shape) > MOST_ON_HOST;

/** To be called with what no tensor was made of. */
export const discard = (...made: readonly (tf.TensorInfo | null)[]): void => {
  for (const info of made) if (info) tf.backend().disposeData(info.dataId);
};

/** @param bounds of clipping */
export function applied(
  kernels: Kernels,
  operation: number,
  x: tf.TensorInfo,
  bounds: readonly number[] = [],
): tf.TensorInfo | null {
  if (isLarge(x.shape)) return null;
  const { info, values } = emptyHostTensor(x.shape);
  const from = valuesInPlace(kernels, x);
  kernels.unaryOperation(kernels.threads, operation, from, values, Float32Array.from(bounds));
  return info;
}

/** Of two tensors, of which the smaller is repeated. */
export function combined(
  kernels: Kernels,
  operation: number,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo | null {
  const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  if (isLarge(shape)) return null;
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

/** x Phi(x). */
export const hostGelu = (kernels: Kernels, x: tf.TensorInfo): tf.TensorInfo | null =>
  applied(kernels, GELU, x);

/** dy times the slope of x Phi(x). */
export const hostGeluGradient = (
  kernels: Kernels,
  dy: tf.TensorInfo,
  x: tf.TensorInfo,
): tf.TensorInfo | null => combined(kernels, GELU_GRADIENT, dy, x);

/** Softmax over the last axis. */
export function normalised(kernels: Kernels, x: tf.TensorInfo): tf.TensorInfo | null {
  if (isLarge(x.shape) || x.shape.length === 0) return null;
  const { info, values } = emptyHostTensor(x.shape);
  kernels.softmax(kernels.threads, x.shape.at(-1)!, valuesInPlace(kernels, x), values);
  return info;
}

/** Over axes that lie side by side; several groups of them from the left, where rows are added as they lie. */
export function reduced(
  kernels: Kernels,
  operation: number,
  x: tf.TensorInfo,
  given: readonly number[],
  keepDims: boolean,
): tf.TensorInfo | null {
  const axes = tf.util.parseAxisParam([...given], x.shape).sort((a, b) => a - b);
  const kept = keepDims
    ? x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side))
    : x.shape.filter((_, axis) => !axes.includes(axis));
  if (axes.length === 0) return null;
  let current = x;
  for (let at = 0; at < axes.length; ) {
    const start = axes[at]!;
    let end = start;
    while (axes[at] === end) {
      at++;
      end++;
    }
    const from = current.shape;
    const [outer, n, inner] = [from.slice(0, start), from.slice(start, end), from.slice(end)].map(sizeOf);
    const to = from.map((side, axis) => (axis >= start && axis < end ? 1 : side));
    const { info, values } = emptyHostTensor(at < axes.length ? to : kept);
    const source = valuesInPlace(kernels, current);
    kernels.reduce(kernels.threads, operation, outer!, n!, inner!, source, values);
    if (current !== x) discard(current);
    current = info;
  }
  return current;
}

/** Products of the last two axes. */
export function multiplied(
  kernels: Kernels,
  [a, b]: readonly [tf.TensorInfo, tf.TensorInfo],
  [transposeA, transposeB]: readonly [boolean, boolean],
): tf.TensorInfo | null {
  const [m, depth] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
  const [inner, n] = transposeB ? b.shape.slice(-2).reverse() : b.shape.slice(-2);
  const batch = a.shape.slice(0, -2);
  const shape = [...batch, m!, n!];
  const fit = depth === inner && batch.join() === b.shape.slice(0, -2).join();
  if (!fit || isLarge(shape) || sizeOf(shape) * depth! > MOST_PRODUCTS) return null;
  const { info, values } = emptyHostTensor(shape);
  const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0] as const;
  const [left, right] = [valuesInPlace(kernels, a), valuesInPlace(kernels, b)];
  kernels.matMul(kernels.threads, 0, sizeOf(batch), m!, n!, depth!, ...flags, left, right, values);
  return info;
}

const offsetOf = (begin: readonly number[], strides: readonly number[]): number =>
  begin.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);

/** Shares the values where they lie in one piece. */
export function sliced(
  kernels: Kernels,
  x: tf.TensorInfo,
  begin: readonly number[],
  shape: readonly number[],
): tf.TensorInfo | null {
  const strides = stridesOf(x.shape);
  const layout = layoutOf(shape, [stridesOf(shape), strides]);
  if (!layout || isLarge(shape)) return null;
  const offset = offsetOf(begin, strides);
  const whole = isContiguous(layout) ? sameValues(x, shape, offset) : null;
  if (whole) return whole;
  const { info, values } = emptyHostTensor(shape);
  kernels.copyElements(kernels.threads, layout, valuesInPlace(kernels, x), offset, values, 0);
  return info;
}

/** Axis `i` of the result is axis `order[i]` of x. */
export function transposed(
  kernels: Kernels,
  x: tf.TensorInfo,
  order: readonly number[],
): tf.TensorInfo | null {
  const strides = stridesOf(x.shape);
  const shape = order.map((axis) => x.shape[axis]!);
  const from = order.map((axis) => strides[axis]!);
  const layout = layoutOf(shape, [stridesOf(shape), from]);
  if (!layout || isLarge(shape)) return null;
  const { info, values } = emptyHostTensor(shape);
  kernels.copyElements(kernels.threads, layout, valuesInPlace(kernels, x), 0, values, 0);
  return info;
}

/** Tensors at their places in a larger one; what is between them is anything, or `filling`. */
export function placed(
  kernels: Kernels,
  shape: readonly number[],
  parts: readonly { readonly x: tf.TensorInfo; readonly begin: readonly number[] }[],
  filling: number | null = null,
): tf.TensorInfo | null {
  const strides = stridesOf(shape);
  const layouts = parts.map(({ x }) => layoutOf(x.shape, [strides, stridesOf(x.shape)]));
  if (isLarge(shape) || !layouts.every((layout) => layout !== null)) return null;
  const { info, values } = emptyHostTensor(shape);
  if (filling !== null) values.fill(filling);
  parts.forEach(({ x, begin }, i) => {
    const from = valuesInPlace(kernels, x);
    kernels.copyElements(kernels.threads, layouts[i]!, from, 0, values, offsetOf(begin, strides));
  });
  return info;
}

export function joined(
  kernels: Kernels,
  parts: readonly tf.TensorInfo[],
  axis: number,
): tf.TensorInfo | null {
  const shape = [...parts[0]!.shape];
  let end = 0;
  const places = parts.map((x) => {
    const begin = shape.map((_, other) => (other === axis ? end : 0));
    end += x.shape[axis]!;
    return { x, begin };
  });
  shape[axis] = end;
  return placed(kernels, shape, places);
}

export function constant(shape: readonly number[], value: number): tf.TensorInfo | null {
  if (isLarge(shape)) return null;
  const { info, values } = emptyHostTensor(shape);
  values.fill(value);
  return info;
}
