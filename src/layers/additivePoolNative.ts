import * as tf from '@tensorflow/tfjs';
import { type Floats, filledTensors, type Kernels, type PoolArrays, valuesInPlace } from '../engine/index.js';
import type { AdditivePoolInput, AdditivePoolSpec } from './additivePool.js';
import { lengthOf, type RowLists } from './rowLists.js';

/** Additive pooling, without dropout, by the native kernel. What it keeps for the way back stays in host memory. */
export function poolNatively(
  kernels: Kernels,
  { keys, values, queries, matrix }: AdditivePoolInput,
  { activation, lists, of, query = Int32Array.from(of.keys()) }: AdditivePoolSpec,
): tf.Tensor2D {
  const inputs = [keys, values, queries, matrix];
  const width = queries.shape[1];
  const pool = (given: readonly tf.Tensor[]): PoolArrays => {
    const [k, v, q, m] = given.map((tensor) => valuesInPlace(kernels, tensor));
    return [width, activation.scale, k!, v!, q!, m!, lists.offsets, lists.rows, query, of];
  };
  const forward = (weights: Float32Array): tf.Tensor2D => {
    const fill = (pooled: Floats) =>
      kernels.additivePoolForward(kernels.threads, 0, ...pool(inputs), weights, pooled);
    return filledTensors(kernels, [[of.length, width]], fill)[0] as tf.Tensor2D;
  };
  if (!tf.engine().isTapeOn()) return forward(new Float32Array());

  const op = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    (given.at(-1) as tf.GradSaveFunc)(inputs);
    const weights = takeSpare(rowsOf(lists, of) * width);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const shapes = inputs.map(({ shape }) => shape);
      const gradients = filledTensors(kernels, shapes, (...to) => {
        const dPooled = valuesInPlace(kernels, dy);
        const [dKeys, dValues, dQueries, dMatrix] = to as [Floats, Floats, Floats, Floats];
        kernels.additivePoolBackward(
          ...[kernels.threads, 0, ...pool(saved), weights, dPooled, dKeys, dValues, dQueries, dMatrix],
        );
      });
      keepSpare(weights);
      return gradients;
    };
    return { value: forward(weights), gradFunc };
  });
  return op(...inputs) as tf.Tensor2D;
}

/** Rows of all pairs' lists. */
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
