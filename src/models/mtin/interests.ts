import * as tf from '@tensorflow/tfjs';
import { type DenseParameter, glorotUniform, type ParameterSet } from '../../engine/index.js';
import { type Linear, linear } from '../../layers/index.js';
import type { MtinOptions } from '../options.js';
import { mask } from './straightThrough.js';

/** The group-level interest mask network, Eqs. 8 to 10, and what adds its result to the memory. */
export interface InterestMask {
  /** W_h. [d, d] */
  readonly weight: DenseParameter;
  /** Null where nothing is concatenated. */
  readonly dense: Linear | null;
  apply(input: InterestInput): Interests;
}

export interface InterestInput {
  /** c. [V, s, d] */
  readonly memory: tf.Tensor3D;
  /** r. [V, s, d] */
  readonly groups: tf.Tensor3D;
  /** Items of each group. [V, s] */
  readonly sizes: tf.Tensor2D;
}

export interface Interests {
  /** w of Eq. 8, a row a memory vector. [V, s, s] */
  readonly attention: tf.Tensor3D;
  /** What r is multiplied with in Eq. 10. [V, s, s] */
  readonly mask: tf.Tensor3D;
  /** h of Eq. 10. [V, s, d] */
  readonly interests: tf.Tensor3D;
  /** agg(r, h). [V, s, d] */
  readonly aggregate: tf.Tensor3D;
}

/** As in the other models: small enough to vanish in a softmax, and finite. */
const MASKED = -(2 ** 32);

/** Weights `name.interest.weight` and, unless the aggregation is a sum, `name.aggregate`. */
export function interestMask(
  parameters: ParameterSet,
  name: string,
  options: Pick<MtinOptions, 'size' | 'interestMask' | 'emptyGroups' | 'aggregation'> & {
    readonly tau: number;
  },
): InterestMask {
  const { size: d, interestMask: kind, emptyGroups, aggregation, tau } = options;
  const weight = parameters.addDense(`${name}.interest.weight`, [d, d], glorotUniform);
  const dense =
    aggregation === 'sum'
      ? null
      : linear(parameters, `${name}.aggregate`, { inputs: 2 * d, outputs: d, bias: true });
  return {
    weight,
    dense,
    apply: ({ memory, groups, sizes }) => {
      const [views, s] = memory.shape;
      const asked = tf.matMul(memory.reshape<tf.Tensor2D>([views * s, d]), weight.value<tf.Rank.R2>());
      const logits = tf.matMul<tf.Tensor3D>(asked.reshape<tf.Tensor3D>([views, s, d]), groups, false, true);
      const attention: tf.Tensor3D = emptyGroups === 'mask' ? overMembers(logits, sizes) : tf.softmax(logits);
      const step = mask(attention, tau, kind === 'straightThrough');
      const weights = (kind === 'weighted' ? step.mul(attention) : step) as tf.Tensor3D;
      const interests = tf.matMul<tf.Tensor3D>(weights, groups);
      const sum = () => groups.add<tf.Tensor3D>(interests);
      const mapped = () => dense!.apply(tf.concat([groups, interests], 2) as tf.Tensor3D);
      const aggregate =
        aggregation === 'sum'
          ? sum()
          : aggregation === 'concat'
            ? mapped()
            : mapped().add<tf.Tensor3D>(sum());
      return { attention, mask: weights, interests, aggregate };
    },
  };
}

/** Softmax over the groups that have items, 0 where none has. */
function overMembers(logits: tf.Tensor3D, sizes: tf.Tensor2D): tf.Tensor3D {
  const some = sizes.greater(0).cast('float32').expandDims(1);
  return tf.softmax(logits.add<tf.Tensor3D>(some.sub(1).mul(-MASKED))).mul(some);
}
