import { gather, range } from '../../base/index.js';
import { lazyRecord } from '../lazy.js';
import { mapValues } from '../records.js';
import { eventsSeen, pickHistories } from '../sourceHistory.js';
import { offsetsOf } from '../store.js';
import type { Features, Interactions, SourceHistory, Store, TagFeature, VectorFeature } from '../types.js';
import { HeldVectors, PickedVectors } from '../vectors.js';

/** Which of the things numbered 0, 1, 2, ... stay, and their new numbers. */
interface Renumbering {
  /** Old numbers, ascending. [kept] */
  readonly kept: Int32Array;
  /** New number of each old one, -1 where it does not stay. [old] */
  readonly numberOf: Int32Array;
}

/**
 * The store that has only the given rows, as an import of those rows would have made it: users without a row are gone,
 * and so are items that have lost all of theirs, with their features and with their events in published histories. An
 * item that never had a row, but is known from such histories, stays as long as `mayStay` says so and one of them shows
 * it; one that no history names either (`items.keepNew` of a card), as long as `mayStay` says so. Numbers are dense again, in the old order; categories keep theirs.
 *
 * @param rows ascending
 * @param mayStay 1 for items that may stay. [items]
 */
export function subsetOf(store: Store, rows: Int32Array, mayStay: Uint8Array): Store {
  const { interactions, histories } = store;
  const users = renumber(marksOf(interactions.user, rows, store.userIds.length));
  const items = renumber(itemsLeft(store, rows, mayStay));
  return {
    ...store,
    userIds: Array.from(users.kept, (user) => store.userIds[user]!),
    itemIds: Array.from(items.kept, (item) => store.itemIds[item]!),
    interactions: pickRows(interactions, rows, users, items),
    users: pickFeatures(store.users, users.kept),
    items: pickFeatures(store.items, items.kept),
    histories: mapValues(histories, (history) => pickHistories(history, rows, items.numberOf)),
    truth: mapValues(store.truth, (values) => gather(values, rows)),
  };
}

function itemsLeft(store: Store, rows: Int32Array, mayStay: Uint8Array): Uint8Array {
  const { interactions, itemIds, histories } = store;
  const left = marksOf(interactions.item, rows, itemIds.length);
  const known = marksOf(interactions.item, range(0, interactions.rows), itemIds.length); // has a row in the log
  for (const history of Object.values(histories))
    markNamed(history, rows, (item) => {
      if (known[item] === 0 && mayStay[item] === 1) left[item] = 1;
    });
  for (const item of unnamedItems(store)) if (mayStay[item] === 1) left[item] = 1;
  return left;
}

/** Items that neither a row nor a history names. */
export function unnamedItems({ interactions, histories, itemIds }: Store): Int32Array {
  const all = range(0, interactions.rows);
  const named = marksOf(interactions.item, all, itemIds.length);
  for (const history of Object.values(histories)) {
    markNamed(history, all, (item) => {
      named[item] = 1;
    });
  }
  return range(0, named.length).filter((item) => named[item] === 0);
}

function markNamed(history: SourceHistory, rows: Int32Array, mark: (item: number) => void): void {
  const seen = eventsSeen(history, rows);
  for (let event = 0; event < seen.length; event++) if (seen[event] === 1) mark(history.item[event]!);
}

/** 1 for the values that a column has in the given rows. [count] */
function marksOf(column: Int32Array, rows: Int32Array, count: number): Uint8Array {
  const marks = new Uint8Array(count);
  for (let i = 0; i < rows.length; i++) marks[column[rows[i]!]!] = 1;
  return marks;
}

function renumber(stays: Uint8Array): Renumbering {
  const numberOf = new Int32Array(stays.length).fill(-1);
  const kept = new Int32Array(stays.length);
  let count = 0;
  for (let old = 0; old < stays.length; old++) {
    if (stays[old] === 0) continue;
    numberOf[old] = count;
    kept[count++] = old;
  }
  return { kept: kept.slice(0, count), numberOf };
}

function pickRows(
  { user, item, time, columns, part }: Interactions,
  rows: Int32Array,
  users: Renumbering,
  items: Renumbering,
): Interactions {
  const numbered = (column: Int32Array, { numberOf }: Renumbering) => gather(numberOf, gather(column, rows));
  const picked = numbered(user, users);
  return {
    rows: rows.length,
    userOffsets: offsetsOf(picked, users.kept.length),
    user: picked,
    item: numbered(item, items),
    time: gather(time, rows),
    columns: mapValues(columns, (values) => gather(values, rows)),
    ...(part && { part: gather(part, rows) }),
  };
}

function pickFeatures({ categories, tags, texts, vectors }: Features, kept: Int32Array): Features {
  return {
    categories: mapValues(categories, (category) => ({ ...category, values: gather(category.values, kept) })),
    tags: mapValues(tags, (tag) => pickTags(tag, kept)),
    texts: lazyRecord(Object.keys(texts), (name) => Array.from(kept, (i) => texts[name]![i]!)),
    vectors: mapValues(vectors, (vector) => pickVectors(vector, kept)),
  };
}

function pickTags({ offsets, values, cardinality }: TagFeature, kept: Int32Array): TagFeature {
  const picked = new Int32Array(kept.length + 1);
  for (let i = 0; i < kept.length; i++) {
    picked[i + 1] = picked[i]! + offsets[kept[i]! + 1]! - offsets[kept[i]!]!;
  }
  const all = new Int32Array(picked[kept.length]!);
  for (let i = 0; i < kept.length; i++) {
    all.set(values.subarray(offsets[kept[i]!]!, offsets[kept[i]! + 1]!), picked[i]!);
  }
  return { offsets: picked, values: all, cardinality };
}

/** In memory where they were. */
function pickVectors(vector: VectorFeature, kept: Int32Array): VectorFeature {
  return vector.matrix
    ? new HeldVectors(vector.rows(kept), vector.width, vector)
    : new PickedVectors(vector, kept);
}
