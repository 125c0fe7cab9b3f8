/**
 * FM: Rendle, Factorization Machines, ICDM 2010, Eq. 1 by Lemma 3.1, with one value a field:
 * sum over pairs of fields <e_f, e_g> = 0.5 sum_d ((sum_f e_f)^2 - sum_f e_f^2). With S and Q, the sums over the fields of one
 * side, this is own_c + own_i + <S_c, S_i>, own = 0.5 sum_d (S^2 - Q): the pairs within a side are worked out once.
 */
import * as tf from '@tensorflow/tfjs';
import { gatherRows } from '../../engine/index.js';
import type { InnerProduct } from '../types.js';
import type { LinearPart } from './linear.js';
import { type FieldContexts, type FieldItems, matrixOf, type Part } from './parts.js';

/** S and 0.5 (S^2 - Q) of the fields of one side. [R, F d] -> [R, d] each */
export function sumsOf(
  fields: tf.Tensor2D,
  width: number,
): { readonly sum: tf.Tensor2D; readonly own: tf.Tensor2D } {
  const blocks = fields.reshape([fields.shape[0], fields.shape[1] / width, width]);
  const sum = blocks.sum<tf.Tensor2D>(1);
  const own = sum.square().sub(blocks.square().sum(1)).mul<tf.Tensor2D>(0.5);
  return { sum, own };
}

const total = (x: tf.Tensor2D): tf.Tensor2D => x.sum(1, true);

/** @param width d */
export function fmPart(width: number): Part {
  return {
    name: 'fm',
    about: 'Products of all pairs of fields.',
    ofContexts: ({ fields }) => {
      const { sum, own } = sumsOf(fields as tf.Tensor2D, width);
      return { fmSum: sum, fmOwn: total(own) };
    },
    logits: (contexts, items, { context, item }) => {
      const { sum, own } = sumsOf(items.fields!, width);
      const across = gatherRows(matrixOf(contexts, 'fmSum'), context).mul(gatherRows(sum, item));
      return total(across as tf.Tensor2D)
        .add(gatherRows(matrixOf(contexts, 'fmOwn'), context))
        .add(gatherRows(total(own), item))
        .reshape([-1]);
    },
  };
}

/** FM as an inner product: [S_c, own_c, 1] and [S_i, 1, own_i], own with first-order weights. */
export function fmProduct(width: number, { bias }: LinearPart): InnerProduct<FieldItems, FieldContexts> {
  return {
    ofContexts: (contexts) => {
      const sum = matrixOf(contexts, 'fmSum');
      const own = matrixOf(contexts, 'fmOwn')
        .add(total(matrixOf(contexts, 'linear')))
        .add(bias.value());
      return tf.concat([sum, own as tf.Tensor2D, tf.ones([sum.shape[0], 1])], 1);
    },
    ofItems: (items) => {
      const { sum, own } = sumsOf(items.fields!, width);
      const alone = total(own).add<tf.Tensor2D>(total(items.linear!));
      return tf.concat([sum, tf.ones([sum.shape[0], 1]), alone], 1);
    },
  };
}
