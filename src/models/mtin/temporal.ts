import * as tf from '@tensorflow/tfjs';
import {
  type DenseParameter,
  type Exchange,
  glorotUniform,
  type Initializer,
  type ParameterSet,
} from '../../engine/index.js';
import type { MtinOptions } from '../options.js';

/** Weights of the temporal masks, Eqs. 5 and 6. */
export interface TemporalMasks {
  readonly weight: DenseParameter;
  /** Whether all groups have one matrix a mask. */
  readonly shared: boolean;
  /** The decays omega. [p] */
  decays(): tf.Tensor1D;
  /**
   * W^k_g x_j for all masks, the factor of Eq. 5 that depends on the item and its group alone.
   *
   * @param group that all the rows belong to; without a meaning for shared weights
   * @returns [N, p d]
   */
  keys(x: tf.Tensor2D, group: number): tf.Tensor2D;
}

/** Weights `name.weight`, [s, p, d, d] or shared [p, d, d], and, where they are trained, `name.omega`. */
export function temporalMasks(
  parameters: ParameterSet,
  name: string,
  groups: number,
  {
    masks: p,
    size: d,
    temporalWeights,
    omega,
  }: Pick<MtinOptions, 'masks' | 'size' | 'temporalWeights' | 'omega'>,
): TemporalMasks {
  const shared = temporalWeights === 'shared';
  const shape = shared ? [p, d, d] : [groups, p, d, d];
  const weight = parameters.addDense(`${name}.weight`, shape, glorotUniform);
  const initial = Float32Array.from({ length: p }, (_, k) => 2 ** -k);
  const trained =
    omega === 'trainable'
      ? parameters.addDense(`${name}.omega`, [p], inverseSoftplusOf(initial), softplusExchange)
      : null;
  return {
    weight,
    shared,
    decays: () => (trained ? tf.softplus(trained.value<tf.Rank.R1>()) : tf.tensor1d(initial)),
    keys: (x, group) => {
      const all = weight.value();
      const own = shared ? all : all.slice([group, 0, 0, 0], [1, p, d, d]);
      return tf.matMul(x, own.reshape<tf.Tensor2D>([p * d, d]), false, true);
    },
  };
}

/** Which earlier place j a later place i acts on, and from how far: 1 and the distance, else 0 and 0. */
export interface Gaps {
  readonly distance: Float32Array;
  readonly acts: Float32Array;
}

/**
 * Of the places of `count` lists of up to `height` places, [count, j, i] each.
 *
 * @param distance of place i from an earlier place j of a list
 */
export function gapsOf(
  count: number,
  height: number,
  distance: (list: number, i: number, j: number) => number,
  includeDiagonal: boolean,
): Gaps {
  const acts = new Float32Array(count * height * height);
  const distances = new Float32Array(count * height * height);
  for (let list = 0, at = 0; list < count; list++) {
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < height; i++, at++) {
        if (i < j || (i === j && !includeDiagonal)) continue;
        acts[at] = 1;
        distances[at] = distance(list, i, j);
      }
    }
  }
  return { distance: distances, acts };
}

/** Eq. 6: acts * exp(-distance * omega_k). [.., j, i] -> [.., j, p, i] */
export function decayed(distance: tf.Tensor, acts: tf.Tensor, decays: tf.Tensor1D): tf.Tensor {
  const axis = distance.rank - 1;
  const exponents = distance.expandDims(axis).mul(decays.reshape([-1, 1]));
  return exponents.neg().exp().mul(acts.expandDims(axis));
}

const softplusExchange: Exchange = {
  bounds: 'above 0',
  toWeight: (trained) => trained.map((z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))),
  fromWeight: (weight) => weight.map(inverseSoftplus),
};

const inverseSoftplusOf =
  (values: Float32Array): Initializer =>
  () =>
    values.map(inverseSoftplus);

/** log(exp(y) - 1); -Infinity of 0, NaN below. */
function inverseSoftplus(y: number): number {
  return y + Math.log(-Math.expm1(-y));
}
