import { gather, range } from '../base/index.js';
import type { CatalogueLists } from './candidates.js';
import type { CandidatePairs } from './chosenIds.js';
import { eventRows, type PrepareSpec, remembered } from './prepare.js';
import type { CandidateLists } from './sampledLists.js';
import type { EventKind, Histories, PreparedData } from './types.js';

/** What histories are of. */
type HistoryNames = Pick<PrepareSpec, 'label' | 'history' | 'negativeHistory'>;

/** After all of the log, or after each user's train part. */
export type Moment = 'end' | 'train';

/** Distinct items of each user, ascending. Those of user u are `items[offsets[u] .. offsets[u+1]-1]`. */
interface ItemsOfUsers {
  readonly offsets: Int32Array;
  readonly items: Int32Array;
}

/** What is known of every user when items are to be recommended. */
export interface Serving {
  /**
   * A row a user, of the user's number, at the moment: it gives candidates their user and history. Users, items, features and
   * `warmItems` are those of the data; the parts are empty.
   */
  readonly data: PreparedData;
  /** Items of the user's positive rows up to the moment. */
  readonly seen: ItemsOfUsers;
}

/**
 * Users after the log, or after its train part. At the end a history holds all its events in the store, those too that
 * a split keeps from the histories of its own rows (`random`, `itemColdStart`). Of histories that came with the log, which
 * are one for each row, it is that of the user's last row.
 */
export function servingData(data: PreparedData, spec: HistoryNames, moment: Moment): Serving {
  const { store, label, split } = data;
  const users = store.userIds.length;
  const own = range(0, users);
  const rows = moment === 'end' ? range(0, store.interactions.rows) : split.train;
  return {
    data: {
      ...data,
      store: {
        ...store,
        interactions: {
          rows: users,
          userOffsets: range(0, users + 1),
          user: own,
          item: new Int32Array(users),
          time: new Float64Array(users),
          columns: {},
        },
        histories: {},
        truth: {},
      },
      label: new Float32Array(users),
      split: { train: new Int32Array(0), validation: new Int32Array(0), test: new Int32Array(0) },
      histories: remembered((kind) => historiesAt(data, spec, kind, rows, moment)),
    },
    seen: distinctItems(
      data,
      rows.filter((row) => label[row] === 1),
    ),
  };
}

/** @param rows of the log up to the moment, ascending */
function historiesAt(
  data: PreparedData,
  spec: HistoryNames,
  kind: EventKind,
  rows: Int32Array,
  moment: Moment,
): Histories {
  const { user, item } = data.store.interactions;
  const users = data.store.userIds.length;
  const known = data.histories(kind);
  if (known.windowStart) {
    const windowStart = new Int32Array(users);
    const causalEnd = new Int32Array(users);
    for (const row of rows) {
      windowStart[user[row]!] = known.windowStart[row]!;
      causalEnd[user[row]!] = known.causalEnd[row]!;
    }
    return { ...known, windowStart, causalEnd };
  }
  if (moment === 'train') return wholeLists(known.trainOffsets, known.trainItem);
  const event = eventRows(data, spec, kind) as Float32Array; // others have windows
  const events = rows.filter((row) => event[row]! > 0);
  const offsets = new Int32Array(users + 1);
  for (const row of events) offsets[user[row]! + 1]!++;
  for (let u = 0; u < users; u++) offsets[u + 1]! += offsets[u]!;
  return wholeLists(offsets, gather(item, events));
}

/** Row u sees all events of user u, whichever history a model asks for. */
const wholeLists = (offsets: Int32Array, item: Int32Array): Histories => ({
  offsets,
  item,
  causalEnd: offsets.slice(1),
  trainOffsets: offsets,
  trainItem: item,
});

function distinctItems({ store }: PreparedData, rows: Int32Array): ItemsOfUsers {
  const { user, item } = store.interactions;
  const offsets = new Int32Array(store.userIds.length + 1);
  const items = new Int32Array(rows.length);
  let count = 0;
  for (let from = 0, u = 0; u + 1 < offsets.length; u++) {
    let to = from;
    while (to < rows.length && user[rows[to]!] === u) to++;
    const own = new Set(Array.from(rows.subarray(from, to), (row) => item[row]!));
    for (const one of Int32Array.from(own).sort()) items[count++] = one;
    offsets[u + 1] = count;
    from = to;
  }
  return { offsets, items: items.slice(0, count) };
}

const itemsOf = ({ offsets, items }: ItemsOfUsers, user: number): Int32Array =>
  items.subarray(offsets[user]!, offsets[user + 1]!);

export interface ServingOptions {
  /** Recommend also what the user has seen. */
  readonly keepSeen: boolean;
  /** Histories of a pair that lack the events of its candidate (`HistorySpec.target`). */
  readonly excluding: readonly EventKind[];
}

/**
 * The lists of some users, whose candidates are all items or those of a pool (ascending).
 *
 * Where histories exclude their candidate, items of the history that are candidates are the `targets`: others share one history.
 */
export function servingCatalogue(
  { data, seen }: Serving,
  users: Int32Array,
  pool: Int32Array | null,
  { keepSeen, excluding }: ServingOptions,
): CatalogueLists {
  const place = pool && placesOf(pool, data.store.itemIds.length);
  const placed = (items: Iterable<number>): number[] => {
    const places = place ? Array.from(items, (one) => place[one]!).filter((at) => at >= 0) : [...items];
    return places.sort((a, b) => a - b);
  };
  const histories = excluding.map((kind) => data.histories(kind));
  const hidden = new Lists();
  const targets = new Lists();
  for (const user of users) {
    const known = keepSeen ? new Set<number>() : new Set(itemsOf(seen, user));
    hidden.push(placed(known));
    const events = histories.flatMap(({ offsets, item }) => [
      ...item.subarray(offsets[user]!, offsets[user + 1]!),
    ]);
    targets.push(placed(new Set(events.filter((one) => !known.has(one)))));
  }
  return {
    user: users,
    anchor: users,
    targetOffsets: Int32Array.from(targets.offsets),
    targets: Int32Array.from(targets.values),
    seenOffsets: Int32Array.from(hidden.offsets),
    seen: Int32Array.from(hidden.values),
    ...(pool && { pool }),
  };
}

class Lists {
  readonly offsets = [0];
  readonly values: number[] = [];
  push(values: readonly number[]): void {
    for (const value of values) this.values.push(value);
    this.offsets.push(this.values.length);
  }
}

/** Where an item stands in a pool, or -1. [items] */
function placesOf(pool: Int32Array, items: number): Int32Array {
  const place = new Int32Array(items).fill(-1);
  pool.forEach((item, at) => {
    place[item] = at;
  });
  return place;
}

/** The lists of some users, each with candidates of its own. */
export function servingPairs(
  { seen }: Serving,
  users: Int32Array,
  { offsets, item }: CandidatePairs,
  { keepSeen }: Pick<ServingOptions, 'keepSeen'>,
): CandidateLists {
  return {
    anchor: users,
    relevant: new Int32Array(users.length),
    candidates: (list) => {
      const user = users[list]!;
      const own = item.subarray(offsets[user]!, offsets[user + 1]!);
      if (keepSeen) return own;
      const known = new Set(itemsOf(seen, user));
      return own.filter((one) => !known.has(one));
    },
  };
}
