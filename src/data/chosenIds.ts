import type { FileOptions } from './candidateFile.js';
import { Database } from './database.js';
import { idColumn, openGiven, readGiven } from './givenIds.js';
import { openTable, type SourceTable } from './import/table.js';
import type { Store } from './types.js';

/** Numbers in the order of a file, each once. */
export interface Chosen {
  readonly numbers: Int32Array;
  /** How often the file names one that it has named before. */
  readonly repeated: number;
}

/** Candidates that a file names. */
export type ChosenCandidates =
  | { readonly kind: 'items'; readonly items: Int32Array; readonly repeated: number }
  | { readonly kind: 'pairs'; readonly pairs: CandidatePairs; readonly repeated: number };

/** Candidates of each user. Those of user u are `item[offsets[u] .. offsets[u+1]-1]`, ascending and distinct. */
export interface CandidatePairs {
  /** [users + 1] */
  readonly offsets: Int32Array;
  readonly item: Int32Array;
}

/**
 * Reads the users that a file names: one identifier a line, or the column `user_id` (or `user`) of a file that ends in
 * .csv, .tsv or .parquet.
 *
 * @throws UserError naming the first line whose identifier is missing or not of the store
 */
export async function readUsers(path: string, store: Store, options: FileOptions): Promise<Chosen> {
  return Database.use(options.spill, options.signal, async (database) => {
    const table = await openList(database, path, 'user', options.signal);
    const { ids } = await readGiven(database, table, store, ['user']);
    return once(ids.user!, store.userIds.length);
  });
}

/**
 * Reads candidates: items, one list for all users, or pairs of a user and an item. Items stand one identifier a line, or in
 * the column `item_id` (or `item`) of a file that ends in .csv, .tsv or .parquet; where that has a column `user_id` (or
 * `user`) as well, they are pairs.
 *
 * @throws UserError naming the first line whose identifier is missing or not of the store
 */
export async function readCandidates(
  path: string,
  store: Store,
  options: FileOptions,
): Promise<ChosenCandidates> {
  return Database.use(options.spill, options.signal, async (database) => {
    const table = await openList(database, path, 'item', options.signal);
    if (idColumn(table, 'user') === null) {
      const { ids } = await readGiven(database, table, store, ['item']);
      const { numbers, repeated } = once(ids.item!, store.itemIds.length);
      return { kind: 'items', items: numbers.sort(), repeated };
    }
    const { ids } = await readGiven(database, table, store, ['user', 'item']);
    return { kind: 'pairs', ...byUser(ids.user!, ids.item!, store.userIds.length) };
  });
}

/** The pairs of the given users alone. */
export function pairsOfUsers({ offsets, item }: CandidatePairs, users: Int32Array): CandidatePairs {
  const isAsked = new Uint8Array(offsets.length - 1);
  for (const user of users) isAsked[user] = 1;
  const left = new Int32Array(offsets.length);
  const kept = new Int32Array(item.length);
  for (let u = 0; u < isAsked.length; u++) {
    const own = isAsked[u] ? item.subarray(offsets[u], offsets[u + 1]) : item.subarray(0, 0);
    kept.set(own, left[u]);
    left[u + 1] = left[u]! + own.length;
  }
  return { offsets: left, item: kept.slice(0, left.at(-1)) };
}

/** A table by its ending, or a text whose lines are identifiers. */
function openList(
  database: Database,
  path: string,
  column: string,
  signal: AbortSignal | undefined,
): Promise<SourceTable> {
  if (/\.(parquet|(csv|tsv|tab)(\.gz)?)$/i.test(path)) return openGiven(database, path, signal);
  return openTable(database, path, { delimiter: 'tab', header: [column], quotes: 'none' }, '', signal);
}

function once(given: Int32Array, count: number): Chosen {
  const known = new Uint8Array(count);
  const numbers = given.filter((number) => {
    const isNew = known[number] === 0;
    known[number] = 1;
    return isNew;
  });
  return { numbers, repeated: given.length - numbers.length };
}

function byUser(
  user: Int32Array,
  item: Int32Array,
  users: number,
): { readonly pairs: CandidatePairs; readonly repeated: number } {
  const next = new Int32Array(users + 1);
  for (let pair = 0; pair < user.length; pair++) next[user[pair]! + 1]!++;
  for (let u = 0; u < users; u++) next[u + 1]! += next[u]!;
  const grouped = new Int32Array(item.length);
  const begin = next.slice();
  for (let pair = 0; pair < user.length; pair++) grouped[next[user[pair]!]!++] = item[pair]!;
  const offsets = new Int32Array(users + 1);
  let kept = 0;
  for (let u = 0; u < users; u++) {
    const own = grouped.subarray(begin[u]!, begin[u + 1]!).sort();
    const distinct = own.filter((one, i) => i === 0 || one !== own[i - 1]);
    grouped.set(distinct, kept); // never past what is still to be read
    kept += distinct.length;
    offsets[u + 1] = kept;
  }
  return { pairs: { offsets, item: grouped.slice(0, kept) }, repeated: item.length - kept };
}
