/**
 * NFM: He and Chua, Neural Factorization Machines for Sparse Predictive Analytics, SIGIR 2017. Eq. 4, the bi-interaction
 * sum over pairs of fields e_f * e_g, goes through an MLP (Eqs. 5-7); its sums are split by sides as in `fm.ts`.
 */
import type * as tf from '@tensorflow/tfjs';
import { dropout, gatherRows, type ParameterSet } from '../../engine/index.js';
import { batchNorm, ownRows, tower } from '../../layers/index.js';
import type { DeepOptions } from './deep.js';
import { sumsOf } from './fm.js';
import { matrixOf, type Part } from './parts.js';

export interface BiOptions extends DeepOptions {
  /** Share of the values of the bi-interaction that is dropped in training. */
  readonly interactionDropout: number;
  /** Whether the bi-interaction is normalised too. */
  readonly interactionNorm: boolean;
}

/** Weights `bi.1` and so on, and `bi.norm`. */
export function biPart(parameters: ParameterSet, width: number, options: BiOptions): Part {
  const norm = options.interactionNorm ? batchNorm(parameters, 'bi.norm', width) : null;
  const layers = tower(parameters, 'bi', { ...options, inputs: width });
  return {
    name: 'bi',
    about: 'MLP over the bi-interaction.',
    ofContexts: ({ fields }) => {
      const { sum, own } = sumsOf(fields as tf.Tensor2D, width);
      return { biSum: sum, biOwn: own };
    },
    logits: (contexts, items, { context, item }, mode) => {
      const { sum, own } = sumsOf(items.fields!, width);
      const interaction = gatherRows(matrixOf(contexts, 'biSum'), context)
        .mul(gatherRows(sum, item))
        .add(gatherRows(matrixOf(contexts, 'biOwn'), context))
        .add<tf.Tensor2D>(gatherRows(own, item));
      const normed = norm ? norm.apply(interaction, mode) : interaction;
      const kept = dropout(normed, 1 - options.interactionDropout, mode, 'bi');
      return layers.logits([ownRows(layers.columns(kept, 0))], mode);
    },
    running: [...(norm ? [norm] : []), ...layers.norms],
  };
}
