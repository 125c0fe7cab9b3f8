import type { Batch, PreparedData, Store } from '../../src/data/index.js';
import { offsetsOf } from '../../src/data/store.js';

/** A row of a made-up log: user, item, time, click. */
export type Row = readonly [user: number, item: number, time: number, click: number];

/** A store of rows in (user, time) order. */
export function storeOf(rows: readonly Row[], items = 1 + Math.max(...rows.map((row) => row[1]))): Store {
  const user = Int32Array.from(rows, (row) => row[0]);
  const users = 1 + Math.max(...user);
  return {
    name: 'fixture',
    fingerprint: 'f'.repeat(64),
    caveat: null,
    userIds: Array.from({ length: users }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
    interactions: {
      rows: rows.length,
      userOffsets: offsetsOf(user, users),
      user,
      item: Int32Array.from(rows, (row) => row[1]),
      time: Float64Array.from(rows, (row) => row[2]),
      columns: { is_click: Float32Array.from(rows, (row) => row[3]) },
    },
    users: { categories: {}, tags: {}, texts: {}, vectors: {} },
    items: { categories: {}, tags: {}, texts: {}, vectors: {} },
    histories: {},
    truth: {},
  };
}

/** The same log with the part of the published split that each row lies in. */
export function withParts(store: Store, parts: readonly number[]): Store {
  return { ...store, interactions: { ...store.interactions, part: Uint8Array.from(parts) } };
}

/** A small log: user 1 has no positive row, train rows are of items 0, 1 and 3, items 2 and 4 have none. */
export const smallLog = storeOf([
  [0, 0, 1, 1],
  [0, 1, 2, 0],
  [0, 2, 3, 1],
  [0, 0, 4, 1],
  [1, 3, 1, 0],
  [2, 1, 1, 1],
  [2, 4, 2, 1],
]);
/** Part of the published split of each of its rows. */
export const smallParts = [0, 0, 1, 2, 0, 0, 2];
export const smallSpec = {
  label: 'is_click',
  split: { kind: 'published', validation: 0.1, cut: 'user', seed: 1 },
} as const;

/** The causal history of a row, straight from its definition: items of the user's clicks at an earlier time. */
export function causalHistory({ store, label }: PreparedData, row: number): number[] {
  const { user, item, time, rows } = store.interactions;
  const history: number[] = [];
  for (let other = 0; other < rows; other++) {
    if (user[other] === user[row] && label[other] === 1 && time[other]! < time[row]!)
      history.push(item[other]!);
  }
  return history;
}

/** The static history of a row's user: items of its clicks in the train part, perhaps without one item. */
export function trainHistory({ store, label, split }: PreparedData, row: number, without = -1): number[] {
  const { user, item } = store.interactions;
  return [...split.train]
    .filter((other) => user[other] === user[row] && label[other] === 1 && item[other] !== without)
    .map((other) => item[other]!);
}

/** A history of a context as items of the store. */
export function historyOf({ items, histories }: Omit<Batch, 'pairs'>, context: number, h = 0): number[] {
  const { sequences, sequence, length } = histories[h]!;
  const start = sequence[context]! * sequences.width;
  const positions = sequences.item.subarray(start, start + length[context]!);
  return Array.from(positions, (position) => items[position]!);
}

/** A log with its parts given row by row. */
export function dataOf(
  rows: readonly Row[],
  parts: readonly ('train' | 'validation' | 'test')[],
  items: number,
): PreparedData {
  const store = storeOf(rows, items);
  const of = (part: string) => Int32Array.from(rows.keys()).filter((row) => parts[row] === part);
  const empty = new Int32Array(store.userIds.length + 1);
  const warmItems = new Uint8Array(items);
  for (const row of of('train')) warmItems[rows[row]![1]] = 1;
  return {
    store,
    label: store.interactions.columns.is_click!,
    split: { train: of('train'), validation: of('validation'), test: of('test') },
    histories: () => ({
      offsets: empty,
      item: new Int32Array(),
      causalEnd: new Int32Array(rows.length),
      trainOffsets: empty,
      trainItem: new Int32Array(),
    }),
    warmItems,
  };
}

/**
 * User 0: items 5, 2 train, 0 not clicked in train, 3 validation, then 2 again and 4 (twice) in test. User 1: no positive
 * test row. User 2: only a test row.
 */
export const smallData = dataOf(
  [
    [0, 5, 1, 1],
    [0, 2, 2, 1],
    [0, 0, 3, 0],
    [0, 3, 4, 1],
    [0, 1, 5, 0],
    [0, 4, 6, 1],
    [0, 2, 7, 1],
    [0, 4, 8, 1],
    [1, 1, 1, 1],
    [1, 2, 2, 0],
    [2, 6, 1, 1],
  ],
  ['train', 'train', 'train', 'validation', 'test', 'test', 'test', 'test', 'train', 'test', 'test'],
  7,
);
