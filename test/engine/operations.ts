import * as tf from '@tensorflow/tfjs';
import { gatherRows } from '../../src/engine/index.js';

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

const ids = (x: tf.Tensor | undefined): Int32Array => Int32Array.from(x!.dataSync());
const rows: Operation = (x, i) => gatherRows(x as tf.Tensor2D, ids(i));

const reductions = (
  name: string,
  reduce: (x: tf.Tensor, axis?: number | number[], keep?: boolean) => tf.Tensor,
) =>
  ({
    [name]: (x) => reduce(x!),
    [`${name} first`]: (x) => reduce(x!, 0),
    [`${name} middle kept`]: (x) => reduce(x!, 1, true),
    [`${name} last`]: (x) => reduce(x!, -1),
    [`${name} two`]: (x) => reduce(x!, [0, 2]),
  }) satisfies Record<string, Operation>;

const arithmetic = (name: string, combine: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  Object.fromEntries(
    ['', ' row', ' inner', ' scalar'].map((kind) => [
      `${name}${kind}`,
      ((a, b) => combine(a!, b!)) satisfies Operation,
    ]),
  );

const matMul =
  (transposeA: boolean, transposeB: boolean): Operation =>
  (a, b) =>
    tf.matMul(a!, b!, transposeA, transposeB);

/** What tfjs should make of the cases of `conformance.py`, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  matMul: matMul(false, false),
  'matMul transposeA': matMul(true, false),
  'matMul transposeB': matMul(false, true),
  'matMul transposeA transposeB': matMul(true, true),
  'matMul batch': matMul(false, false),
  'matMul batch transposeA': matMul(true, false),
  'matMul batch transposeB': matMul(false, true),
  'matMul 4d': matMul(false, false),
  'matMul no rows': matMul(false, false),
  'fused.matMul bias': (a, b, bias) => tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias }),

  ...arithmetic('add', tf.add),
  ...arithmetic('sub', tf.sub),
  ...arithmetic('mul', tf.mul),
  ...arithmetic('div', tf.div),
  addN: (...inputs) => tf.addN(inputs),
  'addN many': (...inputs) => tf.addN(inputs),
  maximum: (a, b) => tf.maximum(a!, b!),
  minimum: (a, b) => tf.minimum(a!, b!),
  squaredDifference: (a, b) => tf.squaredDifference(a!, b!),
  pow: (a, b) => tf.pow(a!, b!),

  neg: (x) => tf.neg(x!),
  abs: (x) => tf.abs(x!),
  relu: (x) => tf.relu(x!),
  tanh: (x) => tf.tanh(x!),
  sigmoid: (x) => tf.sigmoid(x!),
  softplus: (x) => tf.softplus(x!),
  exp: (x) => tf.exp(x!),
  log: (x) => tf.log(x!),
  sqrt: (x) => tf.sqrt(x!),
  rsqrt: (x) => tf.rsqrt(x!),
  square: (x) => tf.square(x!),
  clipByValue: (x) => tf.clipByValue(x!, -0.5, 0.5),
  'softplus far': (x) => tf.softplus(x!),
  'sigmoid far': (x) => tf.sigmoid(x!),

  ...reductions('sum', tf.sum),
  ...reductions('mean', tf.mean),
  ...reductions('max', tf.max),
  ...reductions('min', tf.min),
  argMax: (x) => tf.argMax(x!, 1),

  softmax: (x) => tf.softmax(x!),
  logSoftmax: (x) => tf.logSoftmax(x!),
  'logSumExp axis 1': (x) => tf.logSumExp(x!, 1),
  'logSumExp far': (x) => tf.logSumExp(x!, 1),
  'softmax of axis 1': (x) => {
    const exponentials = tf.exp(tf.sub(x!, tf.max(x!, 1, true)));
    return tf.div(exponentials, tf.sum(exponentials, 1, true));
  },
  'layer norm': (x, gamma, beta) => {
    const centred = tf.sub(x!, tf.mean(x!, -1, true));
    const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-3));
    return tf.add(tf.mul(tf.div(centred, deviation), gamma!), beta!);
  },

  gather: (x, i) => tf.gather(x!, i as tf.Tensor1D),
  'gather axis 1': (x, i) => tf.gather(x!, i as tf.Tensor1D, 1),
  'gatherRows few': rows,
  'gatherRows many': rows,
  'gatherRows none': rows,
  unsortedSegmentSum: (x, i) => tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 4),
  concat: (a, b) => tf.concat([a!, b!]),
  'concat axis 1': (a, b) => tf.concat([a!, b!], 1),
  slice: (x) => tf.slice(x!, [1, 0], [2, 2]),
  'slice 3d': (x) => tf.slice(x!, [0, 1, 1], [2, 1, 3]),
  split: (x) => {
    const [first, second] = tf.split(x!, 3, 1);
    return tf.mul(second!, first!);
  },
  'split sizes': (x) => tf.split(x!, [1, 3, 2])[1]!,
  stack: (a, b) => tf.stack([a!, b!], 1),
  unstack: (x) => {
    const [first, second] = tf.unstack(x!);
    return tf.mul(first!, second!);
  },
  reshape: (x) => tf.reshape(x!, [3, -1]),
  transpose: (x) => tf.transpose(x!),
  'transpose 3d': (x) => tf.transpose(x!, [1, 0, 2]),
  'transpose 4d': (x) => tf.transpose(x!, [0, 2, 1, 3]),
  expandDims: (x) => tf.expandDims(x!, 1),
  squeeze: (x) => tf.squeeze(x!, [1]),
  tile: (x) => tf.tile(x!, [2, 3]),
  broadcastTo: (x) => tf.broadcastTo(x!, [3, 2, 4]),
  pad: (x) =>
    tf.pad(x!, [
      [1, 0],
      [2, 1],
    ]),
  reverse: (x) => tf.reverse(x!, 1),
  where: (condition, a, b) => tf.where(condition!, a!, b!),

  greater: (a, b) => tf.greater(a!, b!),
  greaterEqual: (a, b) => tf.greaterEqual(a!, b!),
  less: (a, b) => tf.less(a!, b!),
  equal: (a, b) => tf.equal(a!, b!),
  logicalAnd: (a, b) => tf.logicalAnd(a!, b!),
  logicalNot: (x) => tf.logicalNot(x!),
  'cast bool': (x) => tf.cast(x!, 'float32'),
  'cast int32': (x) => tf.cast(x!, 'int32'),
  zerosLike: (x) => tf.zerosLike(x!),
  erf: (x) => tf.erf(x!),
  oneHot: (i) => tf.oneHot(i!, 4).cast('float32'),
};
