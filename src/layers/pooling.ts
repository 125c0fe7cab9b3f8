import * as tf from '@tensorflow/tfjs';
import { addRows, type Floats, type Kernels, kernelOp, nativeKernels, takeRows } from '../engine/index.js';
import { type Columns, columnsOf, joined, lengthOf, longestFirst, type RowLists } from './rowLists.js';
import { concatRows, cutIntoSlices, rowsWithZero, sliceElements, slotsOf } from './slices.js';

/** Sums of the rows of each list: [R, d] -> [L, d]. */
export function sumOfLists(x: tf.Tensor2D, { offsets, rows }: RowLists): tf.Tensor2D {
  const count = offsets.length - 1;
  const owner = new Int32Array(rows.length);
  for (let list = 0; list < count; list++) owner.fill(list, offsets[list], offsets[list + 1]);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: addRows(takeRows(inputs[0] as tf.Tensor2D, rows), owner, count),
    gradFunc: (dy: tf.Tensor) => addRows(takeRows(dy as tf.Tensor2D, owner), rows, x.shape[0]),
  }));
  return op(x) as tf.Tensor2D;
}

/** Means of the rows of each list, 0 of none: [R, d] -> [L, d]. */
export function meanOfLists(x: tf.Tensor2D, lists: RowLists): tf.Tensor2D {
  const { offsets, rows } = lists;
  const count = offsets.length - 1;
  const kernels = nativeKernels();
  if (kernels) {
    const { threads } = kernels;
    const width = x.shape[1];
    return kernelOp(kernels, {
      inputs: [x],
      shape: [count, width],
      forward: ([values], means) => kernels.meanOfLists(threads, width, offsets, rows, values!, means),
      backward: (_, dMeans, [dx]) => kernels.meanOfListsBackward(threads, width, offsets, rows, dx!, dMeans),
    });
  }
  const shares = Float32Array.from({ length: count }, (_, list) => 1 / Math.max(1, lengthOf(lists, list)));
  return sumOfLists(x, lists).mul(tf.tensor2d(shares, [count, 1]));
}

/**
 * Feature-wise attention pooling: the scores of the rows of a list are normalised by a softmax, separately for each
 * channel, and weight their values. 0 for an empty list.
 *
 * @param scores [R, d]
 * @param values [R, d]
 * @returns [L, d]
 */
export function softmaxPool(scores: tf.Tensor2D, values: tf.Tensor2D, lists: RowLists): tf.Tensor2D {
  const kernels = nativeKernels();
  return kernels
    ? softmaxPoolNatively(kernels, scores, values, lists)
    : softmaxPoolInSlices(scores, values, lists);
}

function softmaxPoolNatively(
  kernels: Kernels,
  scores: tf.Tensor2D,
  values: tf.Tensor2D,
  { offsets, rows }: RowLists,
): tf.Tensor2D {
  const [, width] = scores.shape;
  const listsOf = ([s, v]: Floats[]) => [kernels.threads, 0, width, s!, v!, offsets, rows] as const;
  return kernelOp(kernels, {
    inputs: [scores, values],
    shape: [offsets.length - 1, width],
    forward: (given, pooled) => kernels.softmaxPoolForward(...listsOf(given), pooled),
    backward: (given, dPooled, [dScores, dValues]) =>
      kernels.softmaxPoolBackward(...listsOf(given), dPooled, dScores!, dValues!),
  });
}

/**
 * The same by operations of the engine.
 *
 * The gradient is written out, since what follows from the pieces takes several times the memory and time: with
 * weights w and result y, dy/dvalue = w and dy/dscore = w (value - y). Lists are taken a slice at a time, so that what
 * is in between stays in the processor's cache.
 *
 * @param slice elements of an intermediate result; touches memory and speed only
 */
export function softmaxPoolInSlices(
  scores: tf.Tensor2D,
  values: tf.Tensor2D,
  lists: RowLists,
  slice = sliceElements(),
): tf.Tensor2D {
  const [rows, width] = scores.shape;
  const order = longestFirst(lists);
  if (order.length === 0) return tf.zeros([lists.offsets.length - 1, width]);
  const slices = cutIntoSlices(order, (list) => lengthOf(lists, list) * width, slice).map((which) =>
    columnsOf(lists, which),
  );
  const entries = joined(slices.map((columns) => columns.rows));
  const slots = slotsOf(order, lists.offsets.length - 1);
  const inColumns = (x: tf.Tensor2D, columns: Columns): tf.Tensor3D =>
    takeRows(x, columns.rows).reshape([columns.height, columns.count, width]);

  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [s, v, save] = inputs as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const parts = slices.map((columns) =>
      tf.tidy(() => weigh(inColumns(s, columns), inColumns(v, columns), columns)),
    );
    save([v, ...parts.flatMap(({ weights, norm, pooled }) => [weights, norm, pooled])]);
    const gradFunc = (dy: tf.Tensor, [value, ...saved]: tf.Tensor[]) => {
      const bySlot = tf.split(
        takeRows(dy as tf.Tensor2D, order),
        slices.map(({ count }) => count),
      );
      const gradients = slices.map((columns, i) =>
        tf.tidy(() => {
          const [weights, norm, pooled] = saved.slice(3 * i, 3 * i + 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
          const dValues = weights.mul(bySlot[i]!.div(norm));
          const dScores = dValues.mul(inColumns(value as tf.Tensor2D, columns).sub(pooled));
          return [dScores, dValues].map((gradient) => gradient.reshape([-1, width]) as tf.Tensor2D);
        }),
      );
      return [0, 1].map((at) => addRows(concatRows(gradients.map((parts) => parts[at]!)), entries, rows));
    };
    const pooled = rowsWithZero(
      parts.map((part) => part.pooled),
      slots,
    );
    return { value: pooled, gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] };
  });
  return op(scores, values) as tf.Tensor2D;
}

/** Softmax weights before they are divided by `norm`, their sum, and the weighted mean. */
export type Weighed = {
  /** [J, ..] */
  readonly weights: tf.Tensor;
  /** [..] */
  readonly norm: tf.Tensor;
  /** [..] */
  readonly pooled: tf.Tensor2D;
};

/**
 * @param scores [J, .., d], normalised over the first axis
 * @param values the same, or broadcast against it
 * @returns `pooled` as [.., d]
 */
export function weigh(scores: tf.Tensor, values: tf.Tensor, { mask, height, count }: Columns): Weighed {
  // Fillings repeat a row of their list, so they do not disturb the maximum.
  let weights = tf.exp(scores.sub(scores.max(0)));
  if (mask) {
    const ones = Array(scores.rank - 2).fill(1);
    weights = weights.mul(tf.tensor(mask, [height, count, ...ones]));
  }
  const norm = weights.sum(0);
  const width = scores.shape[scores.rank - 1]!;
  return { weights, norm, pooled: weights.mul(values).sum(0).div(norm).reshape([-1, width]) };
}
