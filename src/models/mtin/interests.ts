import * as tf from '@tensorflow/tfjs';
import { type DenseParameter, glorotUniform, type ParameterSet } from '../../engine/index.js';
import { linear } from '../../layers/index.js';
import type { MtinOptions } from '../options.js';
import { mask } from './straightThrough.js';

/** The group-level interest mask network, Eqs. 8 to 10, and what adds its result to the memory. */
export interface InterestMask {
  /** W_h and, unless the aggregation is a sum, the kernel that maps [r ; h]. */
  readonly matrices: readonly DenseParameter[];
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

/** What groups say for each other. */
interface Spoken {
  /** w of Eq. 8, a row a memory vector; absent of one group, for which it is 1. [V, s, s] */
  readonly attention?: tf.Tensor3D;
  /** What r is multiplied with in Eq. 10; likewise. [V, s, s] */
  readonly mask?: tf.Tensor3D;
  /** h of Eq. 10. [V, s, d] */
  readonly interests: tf.Tensor3D;
}

export interface Interests extends Spoken {
  /** agg(r, h). [V, s, d] */
  readonly aggregate: tf.Tensor3D;
}

export type InterestSpec = Pick<MtinOptions, 'size' | 'interestMask' | 'emptyGroups' | 'aggregation'> & {
  readonly groups: number;
  readonly tau: number;
};

/** As in the other models: small enough to vanish in a softmax, and finite. */
const MASKED = -(2 ** 32);

/** Weights `name.interest.weight`, if there is more than one group, and `name.aggregate`, unless the aggregation is a sum. */
export function interestMask(parameters: ParameterSet, name: string, spec: InterestSpec): InterestMask {
  const { size: d, groups: s, aggregation } = spec;
  const weight = s > 1 ? parameters.addDense(`${name}.interest.weight`, [d, d], glorotUniform) : null;
  const dense =
    aggregation === 'sum'
      ? null
      : linear(parameters, `${name}.aggregate`, { inputs: 2 * d, outputs: d, bias: true });
  return {
    matrices: [...(weight ? [weight] : []), ...(dense ? [dense.weight] : [])],
    apply: (input) => {
      const { groups } = input;
      const spoken = weight ? masked(input, weight, spec) : ofOneGroup(input, spec);
      const { interests } = spoken;
      const sum = () => groups.add<tf.Tensor3D>(interests);
      const mapped = () => dense!.apply(tf.concat([groups, interests], 2) as tf.Tensor3D);
      const aggregate =
        aggregation === 'sum'
          ? sum()
          : aggregation === 'concat'
            ? mapped()
            : mapped().add<tf.Tensor3D>(sum());
      return { ...spoken, aggregate };
    },
  };
}

/** Eqs. 8 to 10. */
function masked(
  { memory, groups, sizes }: InterestInput,
  weight: DenseParameter,
  spec: InterestSpec,
): Spoken {
  const [views, s, d] = memory.shape;
  const asked = tf.matMul(memory.reshape<tf.Tensor2D>([views * s, d]), weight.value<tf.Rank.R2>());
  const logits = tf.matMul<tf.Tensor3D>(asked.reshape<tf.Tensor3D>([views, s, d]), groups, false, true);
  const attention: tf.Tensor3D =
    spec.emptyGroups === 'mask' ? overMembers(logits, sizes) : tf.softmax(logits);
  const step = mask(attention, spec.tau, spec.interestMask === 'straightThrough');
  const weights = (spec.interestMask === 'weighted' ? step.mul(attention) : step) as tf.Tensor3D;
  return { attention, mask: weights, interests: tf.matMul<tf.Tensor3D>(weights, groups) };
}

/** The softmax of one group is 1, whatever the weights: it speaks for itself, unless it is empty and masked. */
const ofOneGroup = ({ groups, sizes }: InterestInput, { emptyGroups }: InterestSpec): Spoken => ({
  interests: emptyGroups === 'mask' ? groups.mul(membersOf(sizes)) : groups,
});

/** Softmax over the groups that have items, 0 where none has. */
function overMembers(logits: tf.Tensor3D, sizes: tf.Tensor2D): tf.Tensor3D {
  const some = membersOf(sizes);
  return tf.softmax(logits.add<tf.Tensor3D>(some.sub(1).mul(-MASKED))).mul(some);
}

/** 1 for groups that have items, else 0. [V, 1, s] */
const membersOf = (sizes: tf.Tensor2D): tf.Tensor3D => sizes.greater(0).cast('float32').expandDims(1);
