import * as tf from '@tensorflow/tfjs';
import { type Floats, filledTensors, type Kernels, type PoolArrays, valuesInPlace } from '../engine/index.js';
import type { AdditivePoolInput, AdditivePoolSpec } from './additivePool.js';
import { lengthOf, type RowLists } from './rowLists.js';
import { SpareArrays } from './spareArrays.js';

const spare = new SpareArrays(2);

/** Additive pooling, without dropout, by the native kernel. What it keeps for the way back stays in host memory. */
export function poolNatively(
  kernels: Kernels,
  { keys, values, queries, matrix }: AdditivePoolInput,
  { activation, lists, of, query = Int32Array.from(of.keys()) }: AdditivePoolSpec,
): tf.Tensor2D {
  const inputs = [keys, values, queries, matrix];
  const width = queries.shape[1];
  const poolArrays = (given: readonly tf.Tensor[]): PoolArrays => {
    const [k, v, q, m] = given.map((tensor) => valuesInPlace(kernels, tensor));
    return [width, activation.scale, k!, v!, q!, m!, lists.offsets, lists.rows, query, of];
  };
  const forward = (weights: Float32Array): tf.Tensor2D => {
    const fill = (pooled: Floats) =>
      kernels.additivePoolForward(kernels.threads, 0, ...poolArrays(inputs), weights, pooled);
    return filledTensors(kernels, [[of.length, width]], fill)[0] as tf.Tensor2D;
  };
  if (!tf.engine().isTapeOn()) return forward(new Float32Array());

  const op = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    (given.at(-1) as tf.GradSaveFunc)(inputs);
    const weights = spare.take(rowsOf(lists, of) * width);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const shapes = inputs.map(({ shape }) => shape);
      const gradients = filledTensors(kernels, shapes, (...to) => {
        const dPooled = valuesInPlace(kernels, dy);
        const [dKeys, dValues, dQueries, dMatrix] = to as [Floats, Floats, Floats, Floats];
        kernels.additivePoolBackward(
          ...[kernels.threads, 0, ...poolArrays(saved), weights, dPooled, dKeys, dValues, dQueries, dMatrix],
        );
      });
      spare.keep(weights);
      return gradients;
    };
    return { value: forward(weights), gradFunc };
  });
  return op(...inputs) as tf.Tensor2D;
}

/** Rows of all pairs' lists. */
const rowsOf = (lists: RowLists, of: Int32Array): number =>
  of.reduce((sum, list) => sum + lengthOf(lists, list), 0);
