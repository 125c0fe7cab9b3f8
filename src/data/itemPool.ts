import type { RandomStream } from '../base/index.js';
import { AliasTable } from './alias.js';
import type { PreparedData } from './types.js';

/** How drawn items are distributed: alike, or in proportion to (rows of the train part)^alpha. */
export type PoolSpec = { readonly kind: 'uniform' } | { readonly kind: 'popularity'; readonly alpha: number };

/** Items to draw from, and what each weighs. */
export interface ItemPool {
  /** Ascending. */
  readonly items: Int32Array;
  /** [items]; null: all alike. */
  readonly weights: Float64Array | null;
  draw(random: RandomStream): number;
}

/** The items that have a train row. Positive and negative rows count alike: how often an item was shown. */
export function trainPool({ warmItems, split, store }: PreparedData, spec: PoolSpec): ItemPool {
  const items = itemsWhere(warmItems);
  if (spec.kind === 'uniform') {
    return { items, weights: null, draw: (random) => items[random.int(items.length)]! };
  }
  const rows = new Float64Array(warmItems.length);
  for (const row of split.train) rows[store.interactions.item[row]!]!++;
  const weights = Float64Array.from(items, (item) => rows[item]! ** spec.alpha);
  const table = new AliasTable(weights);
  return { items, weights, draw: (random) => items[table.draw(random)]! };
}

/** Tries after which the items that are left are looked at one by one. */
const TRIES = 1000;

/** An item that `isTaken` does not know, distributed as the pool says; there must be one. */
export function drawOther(pool: ItemPool, isTaken: (item: number) => boolean, random: RandomStream): number {
  for (let tries = 0; tries < TRIES; tries++) {
    const item = pool.draw(random);
    if (!isTaken(item)) return item;
  }
  const { items, weights } = pool;
  let total = 0;
  for (let i = 0; i < items.length; i++) if (!isTaken(items[i]!)) total += weights?.[i] ?? 1;
  let left = random.uniform() * total;
  let last = -1;
  for (let i = 0; i < items.length && left >= 0; i++) {
    if (isTaken(items[i]!)) continue;
    last = items[i]!;
    left -= weights?.[i] ?? 1;
  }
  return last;
}

function itemsWhere(mark: Uint8Array): Int32Array {
  const items = new Int32Array(mark.length);
  let count = 0;
  for (let item = 0; item < mark.length; item++) if (mark[item] === 1) items[count++] = item;
  return items.subarray(0, count);
}
