/**
 * AFN: Cheng et al., Adaptive Factorization Network: Learning Adaptive-Order Feature Interactions, AAAI 2020. Logarithmic neurons
 * o_k = exp(sum_f a_fk ln |e_f|), element by element, under an MLP. AFN+ puts a linear unit over this and an MLP with embeddings of
 * its own.
 *
 * The logarithm of a field of which nothing is known, a row of zeros, would be ln of the floor: far from whatever was trained. Such a
 * field counts with the mean of the logarithms that are known of it: in training those of the batch, else a running mean.
 */
import * as tf from '@tensorflow/tfjs';
import {
  gatherRows,
  glorotNormal,
  type Kernels,
  type Mode,
  nativeKernels,
  type ParameterSet,
  reluGradient,
} from '../../engine/index.js';
import {
  type BatchNorm,
  batchNorm,
  linear,
  type MeanFill,
  meanFill,
  ownRows,
  type PairRows,
  type TowerOptions,
  tower,
} from '../../layers/index.js';
import { deepPart } from './deep.js';
import type { FieldTables, InputFields } from './input.js';
import { logNeuronsNatively } from './logNeurons.js';
import { matrixOf, type Part } from './parts.js';

export interface AfnOptions extends Omit<TowerOptions, 'inputs'> {
  /** K */
  readonly neurons: number;
  /** Least value whose logarithm is taken. */
  readonly logFloor: number;
}

/** One side's fields: the rows of a_fk for it, and the normalisation of its logarithms. */
interface LogSide {
  readonly filled: BatchNorm | MeanFill;
  readonly count: number;
  readonly start: number;
}

/** Weights `afn.weight` [F, K], `afn.1` and so on, `afn.out`; `afn.logs.context`, `afn.logs.item`, `afn.norm`. */
export function afnPart(
  parameters: ParameterSet,
  { counts }: InputFields,
  width: number,
  options: AfnOptions,
): Part {
  const { neurons, logFloor } = options;
  const inputs = counts.contexts + counts.items;
  const weight = parameters.addDense('afn.weight', [inputs, neurons], glorotNormal);
  const sideOf = (side: string, count: number, start: number): LogSide => {
    const make = options.batchNorm ? batchNorm : meanFill;
    return { filled: make(parameters, `afn.logs.${side}`, count), count, start };
  };
  const ofContexts = sideOf('context', counts.contexts, 0);
  const ofItems = sideOf('item', counts.items, counts.contexts);
  const norm = options.batchNorm ? batchNorm(parameters, 'afn.norm', neurons) : null;
  const layers = tower(parameters, 'afn', { ...options, inputs: neurons * width });

  /** sum_f a_fk ln |e_f| over a side's fields. [R, F d] -> [R, K d] */
  const exponents = (
    fields: tf.Tensor2D,
    { filled, count, start }: LogSide,
    row: Int32Array,
    mode: Mode,
  ): tf.Tensor2D => {
    const blocks = fields.reshape<tf.Tensor3D>([-1, count, width]);
    const isKnown = known(blocks);
    const logs = filled.apply(logsOf(blocks, logFloor), mode, {
      isKnown,
      times: timesOf(row, blocks.shape[0]),
    });
    const own = weight.value<tf.Rank.R2>().slice([start, 0], [count, -1]);
    const byElement = logs.transpose([0, 2, 1]).reshape<tf.Tensor2D>([-1, count]); // [R d, F]
    return tf
      .matMul(byElement, own)
      .reshape([-1, width, neurons])
      .transpose([0, 2, 1])
      .reshape([-1, neurons * width]);
  };

  const neuronsOf = (kernels: Kernels, sides: readonly PairRows[]): tf.Tensor2D => {
    const [one, other] = [ofContexts.filled.fixed(), ofItems.filled.fixed()];
    return logNeuronsNatively(kernels, {
      sizes: { width, neurons, logFloor },
      sides,
      weight: weight.value(),
      logs: {
        scale: tf.concat([one.scale, other.scale]),
        shift: tf.concat([one.shift, other.shift]),
        missing: tf.concat([one.missing, other.missing]),
      },
      norm: norm?.fixed() ?? null,
    });
  };

  return {
    name: 'afn',
    about: 'MLP over the logarithmic neurons.',
    logits: (contexts, items, { context, item }, mode) => {
      const kernels = nativeKernels();
      if (kernels && !mode.training && !tf.engine().isTapeOn()) {
        const sides = [
          { values: matrixOf(contexts, 'fields'), row: context },
          { values: items.fields!, row: item },
        ];
        return layers.logits([ownRows(layers.columns(neuronsOf(kernels, sides), 0))], mode);
      }
      const sum = gatherRows(exponents(matrixOf(contexts, 'fields'), ofContexts, context, mode), context).add(
        gatherRows(exponents(items.fields!, ofItems, item, mode), item),
      );
      const crossed = sum.exp().reshape<tf.Tensor3D>([-1, neurons, width]);
      const normed = norm ? norm.apply(crossed, mode) : crossed;
      return layers.logits([ownRows(layers.columns(normed.reshape([-1, neurons * width]), 0))], mode);
    },
    running: [ofContexts.filled, ofItems.filled, ...(norm ? [norm] : []), ...layers.norms],
  };
}

/** How many pairs have each row. [rows] */
function timesOf(row: Int32Array, rows: number): tf.Tensor1D {
  const times = new Float32Array(rows);
  for (const at of row) times[at]!++;
  return tf.tensor1d(times);
}

/** ln max(|x|, floor). The gradient, dy / x above the floor, is written out, since the tape takes several times the operations for it. */
function logsOf(x: tf.Tensor3D, floor: number): tf.Tensor3D {
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [given, save] = inputs as [tf.Tensor3D, tf.GradSaveFunc];
    const size = given.abs();
    const floored = size.clipByValue(floor, Number.POSITIVE_INFINITY);
    save([given, size, floored]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, size, floored] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return reluGradient(dy, size.sub(floor)).mul(x.div(floored)).div(floored);
    };
    return { value: floored.log(), gradFunc };
  });
  return op(x) as tf.Tensor3D;
}

/** 1 for fields with any value but zero: [R, F, d] -> [R, F]. It has no gradient. */
function known(blocks: tf.Tensor3D): tf.Tensor2D {
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: (inputs[0] as tf.Tensor3D).abs().max(2).greater(0).cast('float32'),
    gradFunc: () => tf.zeros(blocks.shape),
  }));
  return op(blocks) as tf.Tensor2D;
}

/** Weights of both, those of the second MLP `plus.1` and so on with embeddings `plus.user.FIELD`, and `mix`. */
export function afnPlusPart(
  parameters: ParameterSet,
  fields: InputFields,
  width: number,
  options: AfnOptions,
  { tables, ...layers }: Omit<TowerOptions, 'inputs'> & { readonly tables: FieldTables },
): Part {
  const afn = afnPart(parameters, fields, width, options);
  const plus = deepPart(parameters, fields, width, layers, { name: 'plus', tables });
  const mix = linear(parameters, 'mix', { inputs: 2, outputs: 1, bias: true });
  return {
    ...plus,
    name: 'mix',
    about: 'Linear unit over the logarithmic neurons and the MLP with embeddings of its own.',
    logits: (...given) => {
      const both = [afn, plus].map((part) => part.logits(...given));
      return mix.apply(tf.stack(both, 1)).reshape([-1]);
    },
    running: [...afn.running!, ...plus.running!],
  };
}
