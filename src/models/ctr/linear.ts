/** First-order weights: b + the sum of each field's weight, which begin at 0. */
import * as tf from '@tensorflow/tfjs';
import { type DenseParameter, gatherRows, type ParameterSet, zeros } from '../../engine/index.js';
import { FieldTables, type InputFields } from './input.js';
import { matrixOf, type Part } from './parts.js';

export interface LinearPart extends Part {
  readonly bias: DenseParameter;
}

/** Weights `linear.user.FIELD` and so on, `linear.history` (an item in the history is not a candidate), `linear.bias`. */
export function linearPart(parameters: ParameterSet, fields: InputFields): LinearPart {
  const tables = firstOrder(parameters, fields);
  const bias = parameters.addDense('linear.bias', [1], zeros);
  return {
    name: 'linear',
    about: 'First-order weights and bias.',
    bias,
    tables: { linear: tables },
    logits: (contexts, items, { context, item }) => {
      const ofContexts = tf.sum(matrixOf(contexts, 'linear'), 1, true) as tf.Tensor2D;
      const ofItems = tf.sum(items.linear!, 1, true) as tf.Tensor2D;
      return gatherRows(ofContexts, context).add(gatherRows(ofItems, item)).add(bias.value()).reshape([-1]);
    },
  };
}

/** One weight a field: [.., F] of contexts and of items. */
export const firstOrder = (parameters: ParameterSet, fields: InputFields): FieldTables =>
  new FieldTables(parameters, 'linear', fields, { width: 1, init: zeros, history: 'own' });
