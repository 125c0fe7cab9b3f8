import * as tf from '@tensorflow/tfjs';
import type { PreparedData } from '../../data/index.js';
import { type DenseParameter, normal, type ParameterSet } from '../../engine/index.js';
import { itemEncoder } from '../../layers/index.js';
import { itemFeatures } from '../features.js';
import { type ItemEmbedding, itemEmbedding } from '../itemEmbedding.js';
import type { SequenceOptions } from '../options.js';

export type SequenceItemOptions = Pick<
  SequenceOptions,
  'item' | 'itemEmbedding' | 'itemSize' | 'category' | 'categorySize'
>;

/**
 * x, an item's vector: what `item` is embedded to and, beside it, the category side. Weights `item.*` and `category.*`.
 *
 * @throws UserError where the data set lacks a feature, or the features do not allow the embedding
 */
export function sequenceItems(
  parameters: ParameterSet,
  options: SequenceItemOptions,
  data: PreparedData,
): Omit<ItemEmbedding, 'isFixed'> {
  const { itemEmbedding: kind, itemSize = kind === 'projected' ? 64 : null } = options;
  const features = itemFeatures(options.item, data, 'model.item');
  const first = itemEmbedding(parameters, features, { itemEmbedding: kind, itemSize }, data);
  if (options.category.length === 0) return first;
  const { categorySize } = options;
  const second = itemEncoder(parameters, 'category', {
    features: itemFeatures(options.category, data, 'model.category'),
    width: categorySize,
    categoryInit: normal(1),
  });
  const weights: DenseParameter[] = [...first.weights, ...second.projections, ...second.embeddings];
  return {
    width: first.width + categorySize,
    isCostly: true,
    weights,
    rows: (items) => [...first.rows(items), ...second.rows(items)],
    encode: (items) => tf.concat([first.encode(items), second.encode(items)], 1) as tf.Tensor2D,
  };
}
