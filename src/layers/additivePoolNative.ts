import * as tf from '@tensorflow/tfjs';
import { type Floats, type Kernels, kernelOp, type PoolArrays } from '../engine/index.js';
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
  const width = queries.shape[1];
  const weights = tf.engine().isTapeOn() ? spare.take(rowsOf(lists, of) * width) : new Float32Array();
  const poolOf = ([k, v, q, m]: Floats[]) => {
    const pool: PoolArrays = [width, activation.scale, k!, v!, q!, m!, lists.offsets, lists.rows, query, of];
    return [kernels.threads, 0, ...pool, weights] as const;
  };
  return kernelOp(kernels, {
    inputs: [keys, values, queries, matrix],
    shape: [of.length, width],
    forward: (inputs, pooled) => kernels.additivePoolForward(...poolOf(inputs), pooled),
    backward: (inputs, dPooled, gradients) => {
      const to = gradients as [Floats, Floats, Floats, Floats];
      kernels.additivePoolBackward(...poolOf(inputs), dPooled, ...to);
      spare.keep(weights);
    },
  });
}

/** Rows of all pairs' lists. */
const rowsOf = (lists: RowLists, of: Int32Array): number =>
  of.reduce((sum, list) => sum + lengthOf(lists, list), 0);
