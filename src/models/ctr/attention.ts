/**
 * AutoInt: Song et al., AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks, CIKM 2019: layers of
 * self-attention of the fields over one another (Eqs. 5-8), then a linear unit (Eq. 9). Queries, keys, values and residuals of the
 * first layer are worked out once a context and once an item.
 */
import type * as tf from '@tensorflow/tfjs';
import type { ParameterSet } from '../../engine/index.js';
import { type FieldAttentionOptions, fieldAttention, linear, ownRows } from '../../layers/index.js';
import type { InputFields } from './input.js';
import { matrixOf, type Part } from './parts.js';

export interface AttentionOptions extends Omit<FieldAttentionOptions, 'inputs'> {
  readonly layers: number;
}

/** Weights `attention.1.query` and so on, and `attention.out`. */
export function attentionPart(
  parameters: ParameterSet,
  { counts }: InputFields,
  width: number,
  options: AttentionOptions,
): Part {
  const outputs = options.heads * options.headSize;
  const layers = Array.from({ length: options.layers }, (_, m) =>
    fieldAttention(parameters, `attention.${m + 1}`, { ...options, inputs: m === 0 ? width : outputs }),
  );
  const inputs = (counts.contexts + counts.items) * outputs;
  const out = linear(parameters, 'attention.out', { inputs, outputs: 1, bias: true });
  const [first, ...rest] = layers as [(typeof layers)[number], ...typeof layers];
  return {
    name: 'attention',
    about: 'Self-attention of the fields.',
    ofContexts: ({ fields }) => ({ attentionContext: first.project(fields as tf.Tensor2D) }),
    logits: (contexts, items, { context, item }, mode) => {
      const sides = [
        { values: matrixOf(contexts, 'attentionContext'), row: context },
        { values: first.project(items.fields!), row: item },
      ];
      const attended = rest.reduce(
        (fields, layer) => layer.attend([ownRows(layer.project(fields))], mode),
        first.attend(sides, mode),
      );
      return out.apply(attended).reshape([-1]);
    },
  };
}
