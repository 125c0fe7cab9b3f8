import { range } from '../base/index.js';
import { eventRows, indexHistories } from './prepare.js';
import { offsetsOf } from './store.js';
import type {
  Batch,
  CategoryFeature,
  Features,
  Interactions,
  PreparedData,
  Store,
  TagFeature,
} from './types.js';

/** A log as arrays, in any order. */
export interface GivenLog {
  /** [R] */
  readonly user: Int32Array;
  /** [R] */
  readonly item: Int32Array;
  /** Default: the position. [R] */
  readonly time?: Float64Array;
  /** 1 for the rows that are positive. Default: none is. [R] */
  readonly label?: Float32Array;
  /** [R] each */
  readonly columns: Readonly<Record<string, Float32Array>>;
}

/** Users and items as somebody has them in arrays, not as a log tells of them. */
export interface GivenData {
  /** For messages. */
  readonly name: string;
  readonly users: number;
  readonly items: number;
  readonly itemFeatures: Features;
  readonly userFeatures: Features;
  /** Values of contexts by column of the log, numbered already. Default: none */
  readonly contextFields?: Readonly<Record<string, CategoryFeature>>;
  /** Default: `logOfAll`, so that all count as known. */
  readonly log?: GivenLog;
}

export const noFeatures: Features = { categories: {}, tags: {}, texts: {}, vectors: {} };

/**
 * A data set of given arrays, for a model whose weights are given too: every item counts as trained, and every row is a
 * train row. Users without a row in a given log are unknown.
 */
export function dataOfArrays(given: GivenData): PreparedData {
  const { users, items, log = logOfAll(users, items) } = given;
  const { interactions, label } = sorted(log, users);
  const { rows } = interactions;
  const store: Store = {
    name: given.name,
    fingerprint: 'none',
    caveat: null,
    userIds: Array.from({ length: users }, (_, u) => `${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `${i}`),
    interactions,
    items: given.itemFeatures,
    users: given.userFeatures,
    histories: {},
    truth: {},
  };
  const warmItems = new Uint8Array(items).fill(1);
  const seen = { inTrain: new Uint8Array(rows).fill(1), warmItems, visible: null };
  const none = new Int32Array();
  return {
    store,
    label,
    split: { train: range(0, rows), validation: none, test: none },
    // Rows, since there are no histories that came with a log and have a name.
    histories: (kind) =>
      indexHistories(interactions, eventRows({ store, label }, {}, kind) as Float32Array, seen),
    warmItems,
    warmUsers: new Uint8Array(users).fill(1),
    contextFields: given.contextFields ?? {},
  };
}

/** One history of each context of a batch. */
export interface GivenHistory {
  /** Longest history that the model looks at. */
  readonly width: number;
  /** Items, oldest first. U lists of at most `width` */
  readonly items: readonly Int32Array[];
  /** When each event was, where the model asks for that. U lists, as long as those */
  readonly times?: readonly Float64Array[];
}

/** The contexts and pairs of a batch over all items of a data set. */
export interface GivenBatch {
  /** Of the data set. */
  readonly items: number;
  /** User of each context. [U] */
  readonly user: Int32Array;
  /** Places of each context in fields of its row. Default: there are no fields. [U] each */
  readonly places?: readonly Int32Array[];
  readonly histories: readonly GivenHistory[];
  /** [P] each: a context, and an item of the data set. */
  readonly pairs: { readonly context: Int32Array; readonly item: Int32Array };
}

/** A batch whose items are those of the data set, in their order, and in which every context has sequences of its own. */
export function batchOfArrays({ items, user, places = [], histories, pairs }: GivenBatch): Batch {
  const count = pairs.item.length;
  return {
    items: range(0, items),
    contexts: { count: user.length, user, places },
    histories: histories.map(({ width, items: lists, times }) => {
      const item = padded(lists, new Int32Array(lists.length * width).fill(items), width);
      const time = times && padded(times, new Float64Array(times.length * width), width);
      const length = Int32Array.from(lists, (list) => list.length);
      const sequence = range(0, lists.length);
      const sequences = { count: lists.length, width, item, length, ...(time && { time }) };
      return { sequences, sequence, length };
    }),
    pairs: { ...pairs, count, label: new Float32Array(count), row: new Int32Array(count).fill(-1) },
  };
}

/** Puts lists into the rows of a matrix. */
function padded<T extends Int32Array | Float64Array>(lists: readonly T[], into: T, width: number): T {
  lists.forEach((list, row) => {
    into.set(list, row * width);
  });
  return into;
}

/**
 * Tags of a matrix.
 *
 * @param values row-major [count, most], a row's tags first, then -1
 */
export function tagsOfMatrix(values: Int32Array, most: number, cardinality: number): TagFeature {
  const count = values.length / most;
  const offsets = new Int32Array(count + 1);
  const kept: number[] = [];
  for (let i = 0; i < count; i++) {
    for (const tag of values.subarray(i * most, (i + 1) * most)) if (tag >= 0) kept.push(tag);
    offsets[i + 1] = kept.length;
  }
  return { offsets, values: Int32Array.from(kept), cardinality };
}

/**
 * A log in which every user and item has a row, positive and 1 in every column: for models that are built on a log and
 * are given their weights.
 *
 * @param shift of the items against the users
 */
export function logOfAll(users: number, items: number, columns: Iterable<string> = [], shift = 0): GivenLog {
  const rows = users > 0 && items > 0 ? Math.max(users, items) : 0;
  const ones = new Float32Array(rows).fill(1);
  return {
    user: Int32Array.from({ length: rows }, (_, row) => row % users),
    item: Int32Array.from({ length: rows }, (_, row) => (row + shift) % items),
    label: ones,
    columns: Object.fromEntries([...columns].map((name) => [name, ones])),
  };
}

/** By user and time; ties stay in their order. */
function sorted(log: GivenLog, users: number): { interactions: Interactions; label: Float32Array } {
  const rows = log.user.length;
  const times = log.time ?? Float64Array.from({ length: rows }, (_, row) => row);
  const order = Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => log.user[a]! - log.user[b]! || times[a]! - times[b]!,
  );
  const floats = (values: Float32Array) => Float32Array.from(order, (row) => values[row]!);
  const user = Int32Array.from(order, (row) => log.user[row]!);
  const columns = Object.entries(log.columns).map(([name, values]) => [name, floats(values)] as const);
  return {
    interactions: {
      rows,
      userOffsets: offsetsOf(user, users),
      user,
      item: Int32Array.from(order, (row) => log.item[row]!),
      time: Float64Array.from(order, (row) => times[row]!),
      columns: Object.fromEntries(columns),
    },
    label: log.label ? floats(log.label) : new Float32Array(rows),
  };
}
