/**
 * DIFM: Lu et al., A Dual Input-aware Factorization Machine for CTR Prediction, IJCAI 2020. A factor a field that depends on the
 * whole input, m = m_vec + m_bit: self-attention of the fields (scaled, with residuals) and an MLP over them, each followed by a linear
 * map to F numbers without bias. Then FM with m_f w_f in place of the first-order weights and m_f e_f in place of the embeddings.
 */
import * as tf from '@tensorflow/tfjs';
import { type ParameterSet, zeros } from '../../engine/index.js';
import { besides, fieldAttention, linear, type PairRows, towerLayers } from '../../layers/index.js';
import type { DeepOptions } from './deep.js';
import { sumsOf } from './fm.js';
import type { InputFields } from './input.js';
import { firstOrder } from './linear.js';
import { matrixOf, type Part } from './parts.js';

export interface DifmOptions extends DeepOptions {
  readonly heads: number;
  readonly headSize: number;
}

/** Weights `vector.query` and so on, `vector.out`, `bit.1` and so on, `bit.out`, `linear.user.FIELD` and so on, `linear.bias`. */
export function difmPart(
  parameters: ParameterSet,
  fields: InputFields,
  width: number,
  options: DifmOptions,
): Part {
  const { counts } = fields;
  const count = counts.contexts + counts.items;
  const { heads, headSize } = options;
  const attention = { inputs: width, heads, headSize, scale: true, residual: true, dropout: 0 };
  const vector = fieldAttention(parameters, 'vector', attention);
  const map = (name: string, inputs: number) =>
    linear(parameters, name, { inputs, outputs: count, bias: false });
  const vectorOut = map('vector.out', count * heads * headSize);
  const bit = towerLayers(parameters, 'bit', { ...options, inputs: count * width });
  const bitOut = map('bit.out', options.hidden.at(-1)!);
  const tables = firstOrder(parameters, fields);
  const bias = parameters.addDense('linear.bias', [1], zeros);
  return {
    name: 'difm',
    about: 'Factorisation machine of the fields, each times its factor.',
    tables: { linear: tables },
    ofContexts: ({ fields }) => ({
      vectorContext: vector.project(fields as tf.Tensor2D),
      bitContext: bit.columns(fields as tf.Tensor2D, 0),
    }),
    logits: (contexts, items, { context, item }, mode) => {
      const sides = (ofContexts: string, ofItems: tf.Tensor2D): readonly PairRows[] => [
        { values: matrixOf(contexts, ofContexts), row: context },
        { values: ofItems, row: item },
      ];
      const projected = sides('vectorContext', vector.project(items.fields!));
      const bits = sides('bitContext', bit.columns(items.fields!, counts.contexts * width));
      const factors = vectorOut
        .apply(vector.attend(projected, mode))
        .add<tf.Tensor2D>(bitOut.apply(bit.hidden(bits, mode)));
      const weights = besides(sides('linear', items.linear!));
      const embedded = besides(sides('fields', items.fields!));
      const refined = embedded.reshape([-1, count, width]).mul(factors.expandDims(2));
      const { own } = sumsOf(refined.reshape([-1, count * width]), width);
      return tf.addN([weights.mul(factors).sum(1), own.sum(1)]).add(bias.value());
    },
    running: bit.norms,
  };
}
