import { range } from '../base/index.js';
import {
  type ChosenCandidates,
  type Serving,
  type ServingOptions,
  type Store,
  servingCatalogue,
  servingPairs,
} from '../data/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';
import { type CatalogueOptions, type TopPart, topParts } from './catalogue.js';
import { requireNumbers } from './numbers.js';
import { topOfLists } from './rankLists.js';
import { type Column, writeTableParts } from './table.js';

export interface RecommendOptions extends CatalogueOptions, Pick<ServingOptions, 'keepSeen'> {
  /** Items for each user. */
  readonly length: number;
}

/** What was written. */
export interface RecommendSummary {
  readonly rows: number;
  /** Rows whose item has no train row. */
  readonly coldRows: number;
  /** Users with fewer candidates than places. */
  readonly shortUsers: number;
  /** Of these, users without any, who get no row. */
  readonly emptyUsers: number;
  /** Of given pairs: those that are left out because the user has seen the item. */
  readonly seenPairs: number;
}

const columns = [
  { name: 'user_id', type: 'VARCHAR' },
  { name: 'rank', type: 'INTEGER' },
  { name: 'item_id', type: 'VARCHAR' },
  { name: 'score', type: 'DOUBLE' },
] as const;

/**
 * Writes the best candidates of users as CSV or Parquet, after the ending of the path, whole or not at all. Columns:
 * `user_id` and `item_id` (text), `rank` (integer, from 1), `score` (double, a logit where the model has one). Users stand in
 * the order given, the items of each best first, equal scores in the order of the items in the store.
 *
 * @param users numbers in the store
 * @param candidates null: all items
 * @throws UserError for another ending, a full disk, a place that is not writable, or scores that are not numbers
 */
export async function writeRecommended(
  path: string,
  model: Model | FittedModel,
  serving: Serving,
  users: Int32Array,
  candidates: ChosenCandidates | null,
  options: RecommendOptions,
): Promise<RecommendSummary> {
  const { store, warmItems } = serving.data;
  const { parts, available, seenPairs } = partsOf(model, serving, users, candidates, options);
  const written = { rows: 0, coldRows: 0, shortUsers: 0, emptyUsers: 0, seenPairs };
  async function* values(): AsyncGenerator<readonly Column['values'][]> {
    for await (const part of parts) {
      const counts = range(part.from, part.to).map(available);
      const taken = takenPlaces(part, counts);
      for (const count of counts) if (count < options.length) written.shortUsers++;
      for (const count of counts) if (count === 0) written.emptyUsers++;
      written.rows += taken.length;
      for (const at of taken) if (warmItems[part.top.item[at]!] === 0) written.coldRows++;
      yield columnsOf(part, taken, users, store);
    }
  }
  await writeTableParts(path, columns, values());
  return written;
}

/** The best items of the users, some users at a time, and how many candidates each has. */
function partsOf(
  model: Model | FittedModel,
  serving: Serving,
  users: Int32Array,
  candidates: ChosenCandidates | null,
  options: RecommendOptions,
): {
  readonly parts: AsyncIterable<TopPart>;
  readonly available: (list: number) => number;
  readonly seenPairs: number;
} {
  const { data } = serving;
  if (candidates?.kind === 'pairs') {
    const lists = servingPairs(serving, users, candidates.pairs, options);
    const available = (list: number) => lists.candidates(list).length;
    const { offsets } = candidates.pairs;
    return {
      parts: topOfLists(model, data, lists, options),
      available,
      seenPairs: users.reduce(
        (sum, user, list) => sum + offsets[user + 1]! - offsets[user]! - available(list),
        0,
      ),
    };
  }
  const pool = candidates?.items ?? null;
  const excluding = (isTrainable(model) ? model.histories : [])
    .filter(({ target }) => target === 'exclude')
    .map(({ events = 'positive' }) => events);
  const lists = servingCatalogue(serving, users, pool, { ...options, excluding });
  const size = pool?.length ?? data.store.itemIds.length;
  return {
    parts: topParts(model, data, lists, options),
    available: (list) => size - (lists.seenOffsets[list + 1]! - lists.seenOffsets[list]!),
    seenPairs: 0,
  };
}

/**
 * Places that hold an item. A score that is no number takes none, hence the counts.
 *
 * @param counts candidates of each list
 */
function takenPlaces({ top: { length, item, score } }: TopPart, counts: Int32Array): Int32Array {
  const taken: number[] = [];
  for (const [list, count] of counts.entries()) {
    for (let place = 0; place < Math.min(length, count); place++) taken.push(list * length + place);
  }
  const scores = Float32Array.from(taken, (at) => (item[at]! < 0 ? Number.NaN : score[at]!));
  requireNumbers(scores, "a candidate's score");
  return Int32Array.from(taken);
}

function columnsOf(
  { from, top }: TopPart,
  taken: Int32Array,
  users: Int32Array,
  { userIds, itemIds }: Store,
): readonly Column['values'][] {
  const { length, item, score } = top;
  return [
    Array.from(taken, (at) => userIds[users[from + Math.floor(at / length)]!]!),
    taken.map((at) => 1 + (at % length)),
    Array.from(taken, (at) => itemIds[item[at]!]!),
    Float64Array.from(taken, (at) => score[at]!),
  ];
}
