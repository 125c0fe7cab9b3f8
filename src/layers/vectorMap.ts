import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  glorotUniform,
  holdsLargeMatrices,
  type Initializer,
  nativeKernels,
  type ParameterSet,
  takeRows,
} from '../engine/index.js';
import { type Linear, linear } from './linear.js';
import { projectedRows } from './projectedRows.js';

/** Dense vectors of items or of users, read by rows. */
export interface VectorRows {
  readonly kind: 'vector';
  readonly name: string;
  readonly width: number;
  /** [N] -> row-major [N, width], a fresh array. */
  rows(ids: Int32Array): Float32Array;
  /** Row-major [count, width], where all are in memory: they may then stay on the engine. Never changes. */
  readonly matrix?: Float32Array;
}

/** A linear map, without a bias, of vectors that are not trained. */
export interface VectorMap {
  /** [width of the vectors, outputs] */
  readonly weight: DenseParameter;
  /** [N] -> [N, outputs]; has a gradient with respect to the weight alone */
  apply(ids: Int32Array): tf.Tensor2D;
}

/** Weight `name.weight`, Glorot uniform unless said otherwise. */
export function vectorMap(
  parameters: ParameterSet,
  name: string,
  vectors: VectorRows,
  outputs: number,
  init: Initializer = glorotUniform,
): VectorMap {
  const { matrix, width } = vectors;
  const map = linear(parameters, name, { inputs: width, outputs, bias: false, init });
  return {
    weight: map.weight,
    apply: (ids) => {
      const kernels = nativeKernels();
      if (matrix && kernels) return projectedRows(kernels, matrix, ids, map.weight.value());
      if (!matrix || !holdsLargeMatrices()) return projected(vectors, map, ids);
      return map.apply(takeRows(parameters.hold(matrix, [matrix.length / width, width]), ids));
    },
  };
}

/** Values read at a time: 8 MB, which stay in the cache until they are used. */
const UPLOAD = 1 << 21;

/** Of vectors that are read for this step only, a part at a time. */
function projected(vectors: VectorRows, map: Linear, ids: Int32Array): tf.Tensor2D {
  const most = Math.max(1, Math.floor(UPLOAD / vectors.width));
  const kernels = nativeKernels();
  const parts: tf.Tensor2D[] = [];
  for (let start = 0; start < ids.length || start === 0; start += most) {
    const part = ids.subarray(start, start + most);
    const values = vectors.rows(part);
    parts.push(
      kernels
        ? projectedRows(kernels, values, Int32Array.from(part.keys()), map.weight.value())
        : map.apply(tf.tensor2d(values, [part.length, vectors.width])),
    );
  }
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
}
