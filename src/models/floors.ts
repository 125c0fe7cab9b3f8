import { randomStream } from '../base/index.js';
import type { Batch, PreparedData } from '../data/index.js';
import type { FittedModel } from './types.js';

/** Impressions that the train part's overall rate counts for in an item's rate. */
const PRIOR_ROWS = 10;

/**
 * Popularity: the item's positive rate in the train part, smoothed towards the overall rate as if the item had had
 * ten more impressions of that rate. Items without train rows score the overall rate. In a ranking of the catalogue,
 * where most candidates were never shown, it is the number of positive rows.
 */
export function fitPopularity({ store, split, label }: PreparedData): FittedModel {
  const items = store.itemIds.length;
  const shown = new Float64Array(items);
  const positive = new Float64Array(items);
  let total = 0;
  for (const row of split.train) {
    const item = store.interactions.item[row]!;
    shown[item]!++;
    positive[item]! += label[row]!;
    total += label[row]!;
  }
  const overall = split.train.length > 0 ? total / split.train.length : 0.5;
  const rate = shown.map((count, item) => (positive[item]! + PRIOR_ROWS * overall) / (count + PRIOR_ROWS));
  return {
    score: ({ items: ids, pairs }) => Float32Array.from(pairs.item, (at) => rate[ids[at]!]!),
    itemScores: Float32Array.from(positive),
  };
}

/**
 * A uniform score in [0, 1) that depends on the seed, the user and the item alone. In a ranking of the catalogue all
 * items tie, which gives the exact mean over all orders.
 */
export function randomScores({ store }: PreparedData, seed: number): FittedModel {
  const score = ({ contexts, items, pairs }: Batch): Float32Array =>
    Float32Array.from(pairs.item, (at, p) =>
      randomStream(seed, 'score', contexts.user[pairs.context[p]!]!, items[at]!).uniform(),
    );
  return { score, itemScores: new Float32Array(store.itemIds.length) };
}
