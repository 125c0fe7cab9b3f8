import { UserError } from '../../base/index.js';
import type { PreparedData } from '../../data/index.js';
import {
  type EdgeOptions,
  type ItemFeature,
  similarEdges,
  similarEdgesOfCategories,
} from '../../layers/index.js';
import { rawVectors } from '../itemEmbedding.js';
import type { ContextBatch } from '../types.js';

/** Edges of a list of items of the store, oldest first; some may be known, see `EdgeOptions`. [n] -> [n] */
export type EdgeRule = (items: Int32Array, known?: Int32Array) => Int32Array;

/**
 * Which earlier item is most similar: by the raw vectors, all of an item's one after the other, whatever is trained on
 * top of them; where no feature is a vector, by the categories. `id` says nothing of similarity.
 *
 * @throws UserError where there is nothing to compare
 */
export function edgeRule(
  features: readonly ItemFeature[],
  { excludesPrevious }: Pick<EdgeOptions, 'excludesPrevious'>,
  { store }: PreparedData,
): EdgeRule {
  const raw = rawVectors(features);
  if (raw) {
    const { matrix, width } = raw;
    return (items, known) => {
      const options = { excludesPrevious, ...(known && { known }) };
      return matrix
        ? similarEdges(matrix, width, items, options)
        : similarEdges(raw.rows(items), width, Int32Array.from(items.keys()), options);
    };
  }
  const categories = features.flatMap((feature) => (feature.kind === 'category' ? [feature.values] : []));
  if (categories.length > 0) {
    return (items, known) =>
      similarEdgesOfCategories(categories, items, { excludesPrevious, ...(known && { known }) });
  }
  throw new UserError(
    `the graph links each item to the most similar one before it, and model.item: [id] of ${store.name} says nothing of similarity`,
    'Name a vector or a category of the data in model.item, or use model.name: alpine with variant: ALPINE_umg.',
  );
}

/** Positions whose edges are kept, of all users together: 128 MB. */
const KEPT = 2 ** 24;

/**
 * Edges of the sequences of batches, one kind of history. What was found for a user's last sequence is kept, since the next
 * one mostly shares its items: it is the beginning, or a longer one of the same beginning, or (`truncate: tail`) the window
 * has moved on. An edge depends on nothing after it, and stays what it was while its item is in the window.
 */
export class EdgeFinder {
  private readonly known = new Map<number, { readonly items: Int32Array; readonly edges: Int32Array }>();
  private kept = 0;

  constructor(private readonly rule: EdgeRule) {}

  /**
   * @param which of the batch's histories
   * @param steps at least the length of the longest sequence
   * @returns row-major [S, steps]
   */
  of({ items, contexts, histories }: ContextBatch, which: number, steps: number): Int32Array {
    const { sequences, sequence } = histories[which]!;
    const { count, width, item, length } = sequences;
    const user = new Int32Array(count);
    sequence.forEach((s, c) => {
      user[s] = contexts.user[c]!;
    });
    const edges = new Int32Array(count * steps);
    for (let s = 0; s < count; s++) {
      const positions = item.subarray(s * width, s * width + length[s]!);
      const own = positions.map((at) => items[at]!);
      edges.set(this.ofUser(user[s]!, own).subarray(0, own.length), s * steps);
    }
    return edges;
  }

  private ofUser(user: number, items: Int32Array): Int32Array {
    const before = this.known.get(user);
    const moved = before ? startWithin(before.items, items) : 0;
    if (before && moved === 0 && items.length <= before.items.length) return before.edges;
    const known = before?.edges.subarray(moved).map((edge) => edge - moved);
    const edges = this.rule(items, known);
    this.kept += items.length - (before?.items.length ?? 0);
    if (this.kept > KEPT) {
      this.known.clear();
      this.kept = items.length;
    }
    this.known.set(user, { items, edges });
    return edges;
  }
}

/** The first position of `list` from which both are the same as far as they reach; its length where there is none. */
function startWithin(list: Int32Array, items: Int32Array): number {
  let start = 0;
  const differs = (item: number, t: number): boolean => start + t < list.length && list[start + t] !== item;
  while (start < list.length && items.some(differs)) start++;
  return start;
}
