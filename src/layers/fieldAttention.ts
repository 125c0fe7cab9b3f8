import * as tf from '@tensorflow/tfjs';
import {
  dropout,
  type Floats,
  filledTensors,
  type Initializer,
  type Kernels,
  type Mode,
  nativeKernels,
  type ParameterSet,
  relu,
  valuesInPlace,
} from '../engine/index.js';
import { linear } from './linear.js';
import { besides, type PairRows } from './pairLogits.js';

export interface FieldAttentionOptions {
  /** Width of the fields that come in. */
  readonly inputs: number;
  readonly heads: number;
  /** Fields leave heads * headSize wide. */
  readonly headSize: number;
  /** Whether scores are divided by the square root of `headSize`. */
  readonly scale: boolean;
  /** Whether E W_res is added. */
  readonly residual: boolean;
  /** Share of the attention weights that is dropped in training. */
  readonly dropout: number;
}

/** Self-attention of the fields of a pair over one another, by heads. */
export interface FieldAttention {
  /** Queries, keys, values and residuals of fields: [R, F inputs] -> [R, F 4 heads headSize] (3 without a residual) */
  project(fields: tf.Tensor2D): tf.Tensor2D;
  /**
   * relu(concatenated heads + residual), a head being softmax_g(<q_f, k_g>) v_g.
   *
   * @param sides projected fields [R, F_side ..], and which row of them each pair takes
   * @returns [P, F heads headSize]
   */
  attend(sides: readonly PairRows[], mode: Mode): tf.Tensor2D;
}

/** Weights `name.query`, `name.key`, `name.value` and `name.residual`, without biases. */
export function fieldAttention(
  parameters: ParameterSet,
  name: string,
  options: FieldAttentionOptions,
  init?: Initializer,
): FieldAttention {
  const { inputs, heads, headSize, residual } = options;
  const outputs = heads * headSize;
  const kinds = ['query', 'key', 'value', ...(residual ? ['residual'] : [])];
  const maps = kinds.map((kind) =>
    linear(parameters, `${name}.${kind}`, { inputs, outputs, bias: false, ...(init && { init }) }),
  );
  const width = kinds.length * outputs;
  return {
    project: (fields) => {
      const weights = tf.concat(
        maps.map(({ weight }) => weight.value<tf.Rank.R2>()),
        1,
      );
      return tf.matMul(fields.reshape<tf.Tensor2D>([-1, inputs]), weights).reshape([fields.shape[0], -1]);
    },
    attend: (sides, mode) => {
      const kernels = nativeKernels();
      if (kernels && !mode.training && !tf.engine().isTapeOn()) {
        return attendNatively(kernels, sides, width, options);
      }
      const projected = besides(sides);
      const pairs = projected.shape[0];
      const parts = tf.split(projected.reshape<tf.Tensor2D>([-1, width]), kinds.length, 1); // [P F, outputs] each
      const inHeads = (part: tf.Tensor): tf.Tensor4D =>
        part.reshape<tf.Tensor4D>([pairs, -1, heads, headSize]).transpose([0, 2, 1, 3]);
      const [query, key, value] = parts.slice(0, 3).map(inHeads) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const scores = tf.matMul(query, key, false, true);
      const weights = tf.softmax(options.scale ? scores.div<tf.Tensor4D>(Math.sqrt(headSize)) : scores);
      const attended = tf.matMul(dropout(weights, 1 - options.dropout, mode, name), value);
      const joined = attended.transpose([0, 2, 1, 3]).reshape<tf.Tensor2D>([-1, outputs]);
      return relu(residual ? joined.add<tf.Tensor2D>(parts[3]!) : joined).reshape([pairs, -1]);
    },
  };
}

/** What `FieldAttention.attend` gives, for weights that nobody differentiates. @param width of a projected field */
function attendNatively(
  kernels: Kernels,
  sides: readonly PairRows[],
  width: number,
  { heads, headSize, residual, scale }: FieldAttentionOptions,
): tf.Tensor2D {
  const pairs = sides[0]!.row.length;
  const fieldsOf = ({ values }: PairRows): number => values.shape[1] / width;
  const fields = sides.reduce((sum, side) => sum + fieldsOf(side), 0);
  const fill = (attended: Floats): void =>
    kernels.attendFields(
      kernels.threads,
      0,
      heads,
      headSize,
      residual ? 1 : 0,
      scale ? 1 / Math.sqrt(headSize) : 1,
      pairs,
      sides.length,
      ...sides.flatMap((side) => [fieldsOf(side), valuesInPlace(kernels, side.values), side.row]),
      attended,
    );
  return filledTensors(kernels, [[pairs, fields * heads * headSize]], fill)[0] as tf.Tensor2D;
}
