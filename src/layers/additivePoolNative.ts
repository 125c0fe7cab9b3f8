import * as tf from '@tensorflow/tfjs';
import type { Kernels, PoolArrays } from '../engine/index.js';
import type { AdditivePoolInput, AdditivePoolSpec } from './additivePool.js';
import { lengthOf, type RowLists } from './rowLists.js';

/** Additive pooling, without dropout, by the native kernel. What it keeps for the way back stays in host memory. */
export function poolNatively(
  kernels: Kernels,
  { keys, values, queries, matrix }: AdditivePoolInput,
  { activation, lists, of }: AdditivePoolSpec,
): tf.Tensor2D {
  const inputs = [keys, values, queries, matrix];
  const [count, width] = queries.shape;
  const pool = (): PoolArrays => {
    const [k, v, q, m] = inputs.map((input) => input.dataSync<'float32'>());
    return [width, activation.scale, k!, v!, q!, m!, lists.offsets, lists.rows, of];
  };
  const forward = (arrays: PoolArrays, weights: Float32Array): tf.Tensor2D => {
    const pooled = new Float32Array(count * width);
    kernels.additivePoolForward(kernels.threads, 0, ...arrays, weights, pooled);
    return tf.tensor2d(pooled, [count, width]);
  };
  if (!tf.engine().isTapeOn()) return forward(pool(), new Float32Array());

  const op = tf.customGrad(() => {
    const arrays = pool();
    const weights = takeSpare(rowsOf(lists, of) * width);
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => {
      const gradients = inputs.map(({ size }) => new Float32Array(size));
      const [dKeys, dValues, dQueries, dMatrix] = gradients as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const dPooled = dy.dataSync<'float32'>();
      kernels.additivePoolBackward(
        ...[kernels.threads, 0, ...arrays, weights, dPooled, dKeys, dValues, dQueries, dMatrix],
      );
      keepSpare(weights);
      return gradients.map((gradient, i) => tf.tensor(gradient, inputs[i]!.shape));
    };
    return { value: forward(arrays, weights), gradFunc };
  });
  return op(...inputs) as tf.Tensor2D;
}

/** Rows of all queries' lists. */
const rowsOf = (lists: RowLists, of: Int32Array): number =>
  of.reduce((sum, list) => sum + lengthOf(lists, list), 0);

/**
 * Weights that earlier passes are done with. They never reach the engine, so they can be used again: the system clears
 * fresh memory page by page, which takes half as long as the forward pass.
 */
const spare: Float32Array[] = [];
const MOST_SPARE = 2;

function takeSpare(size: number): Float32Array {
  const at = spare.findIndex(({ length }) => length >= size);
  return at < 0 ? new Float32Array(size) : spare.splice(at, 1)[0]!;
}

/** The largest stay. */
function keepSpare(weights: Float32Array): void {
  spare.push(weights);
  spare.sort((a, b) => a.length - b.length);
  spare.splice(0, spare.length - MOST_SPARE);
}
