import * as tf from '@tensorflow/tfjs';
import { addRows, takeRows } from '../engine/index.js';

/** Positions of items, `steps` for each of some sequences; N stands for nothing. */
export interface Steps {
  /** [S T] */
  readonly positions: Int32Array;
  /** T */
  readonly steps: number;
}

/**
 * One-dimensional convolutions over time with windows of 1, 2, .. W items, without a bias. A window that reaches beyond the
 * last step meets zeros there.
 *
 * Each distinct item is multiplied with the kernels once; a response is a sum of rows of that, one an item of the window.
 *
 * @param x [N, d]
 * @param kernels of windows of 1, 2, .. items, the earliest item first: [w d, F] each
 * @returns a function that gives the responses of windows starting at each step, window by window: [S T, W F]
 */
export function windowResponses(
  x: tf.Tensor2D,
  kernels: readonly tf.Tensor2D[],
): (sequences: Steps) => tf.Tensor2D {
  const [count, width] = x.shape;
  const filters = kernels[0]!.shape[1];
  // Of the kernels what meets the i-th item of a window: of all windows longer than i.
  const offsets = kernels.map((_, i) =>
    kernels.slice(i).map((kernel) => kernel.slice([i * width, 0], [width, filters])),
  );
  const columns = offsets.map((of) => of.length * filters);
  const starts = columns.map((_, i) => columns.slice(0, i).reduce((sum, own) => sum + own, 0));
  const products = tf.matMul<tf.Tensor2D>(x, tf.concat(offsets.flat(), 1));
  const withNothing = tf.concat([products, tf.zeros<tf.Rank.R2>([1, products.shape[1]])], 0);
  return ({ positions, steps }) => {
    const shifted = columns.map((_, i) => later(positions, steps, i, count));
    const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
      const given = inputs[0] as tf.Tensor2D;
      const value = tf.tidy(() =>
        shifted
          .map((rows, i) => {
            const own = takeRows(given.slice([0, starts[i]!], [-1, columns[i]!]), rows);
            return withColumns(own, i * filters);
          })
          .reduce((sum, rows) => sum.add(rows)),
      );
      const gradFunc = (dy: tf.Tensor) =>
        tf.concat(
          shifted.map((rows, i) =>
            addRows((dy as tf.Tensor2D).slice([0, i * filters], [-1, columns[i]!]), rows, count + 1),
          ),
          1,
        );
      return { value, gradFunc };
    });
    return op(withNothing) as tf.Tensor2D;
  };
}

/** Columns of zeros before x. */
const withColumns = (x: tf.Tensor2D, before: number): tf.Tensor2D =>
  tf.pad(x, [
    [0, 0],
    [before, 0],
  ]);

/** What stands `by` steps later in the same sequence, `none` past its end. */
function later(positions: Int32Array, steps: number, by: number, none: number): Int32Array {
  if (by === 0) return positions;
  return positions.map((_, at) => ((at % steps) + by < steps ? positions[at + by]! : none));
}

const largerRaw = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.where(a.greaterEqual(b), a, b);

/** The larger of two, element by element; where they are equal the gradient goes to the first. Of one shape */
export function larger(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [first, second, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([first.greaterEqual(second).cast('float32')]);
    const gradFunc = (dy: tf.Tensor, [isFirst]: tf.Tensor[]) => {
      const dFirst = dy.mul(isFirst!);
      return [dFirst, dy.sub(dFirst)];
    };
    return {
      value: largerRaw(first, second),
      gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
    };
  });
  return op(a, b) as tf.Tensor2D;
}

/**
 * The largest value up to each step, channel by channel: [S, T, C] -> [S, T, C]. The gradient goes to the first step that
 * has it.
 */
export function runningMax(x: tf.Tensor3D): tf.Tensor3D {
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [given, save] = inputs as [tf.Tensor3D, tf.GradSaveFunc];
    const value = tf.tidy(() => {
      const steps = tf.unstack(given, 1);
      for (let t = 1; t < steps.length; t++) steps[t] = largerRaw(steps[t - 1]!, steps[t]!);
      return tf.stack(steps, 1) as tf.Tensor3D;
    });
    save([value]);
    const gradFunc = (dy: tf.Tensor, [maxima]: tf.Tensor[]) =>
      tf.tidy(() => {
        const most = tf.unstack(maxima!, 1);
        const gradients = tf.unstack(dy, 1);
        const result: tf.Tensor[] = [];
        let later: tf.Tensor | null = null; // what later steps owe to a maximum of this step or before
        for (let t = most.length - 1; t > 0; t--) {
          const due: tf.Tensor = later ? gradients[t]!.add(later) : gradients[t]!;
          result[t] = due.mul(most[t]!.greater(most[t - 1]!).cast('float32'));
          later = due.sub(result[t]!);
        }
        result[0] = later ? gradients[0]!.add(later) : gradients[0]!;
        return tf.stack(result, 1);
      });
    return { value, gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor };
  });
  return op(x) as tf.Tensor3D;
}
