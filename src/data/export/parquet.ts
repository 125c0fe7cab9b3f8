import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Features, partNames, type Store } from '../types.js';
import { ColumnNames } from './names.js';
import { type ParquetNames, parquetCard } from './parquetCard.js';
import {
  codes,
  numberLists,
  numbers,
  type TableColumn,
  textLists,
  texts,
  writeParquet,
} from './parquetTable.js';
import { counted, historyText, vectorReader } from './text.js';
import type { Exported, Parts, WriteOptions, Writer } from './types.js';

/**
 * Tables for any program: `interactions.parquet` in the store's order, with the part of each row where there are
 * parts, `items.parquet`, `users.parquet`, and `card.yaml`, by which `mvrec data import` reads them again.
 */
export const writeParquetExport: Writer = async (exported, into, _, options) => {
  const names = namesOf(exported);
  await writeInteractions(join(into, 'interactions.parquet'), exported, names, options);
  for (const room of ['items', 'users'] as const) {
    await writeFeatures(join(into, `${room}.parquet`), exported.store, room, names.keys[room], options);
  }
  await writeFile(join(into, 'card.yaml'), parquetCard(exported, names));
  return [];
};

function namesOf({ store, histories }: Exported): ParquetNames {
  const names = new ColumnNames(Object.keys(store.interactions.columns));
  const keyOf = (word: string, { categories, tags, texts, vectors }: Features): string =>
    new ColumnNames([categories, tags, texts, vectors].flatMap(Object.keys)).give(word);
  return {
    user: names.give('user'),
    item: names.give('item'),
    time: names.give('time'),
    part: names.give('part'),
    histories: histories.map(({ name }) => names.give(name)),
    keys: { users: keyOf('user', store.users), items: keyOf('item', store.items) },
  };
}

async function writeInteractions(
  path: string,
  { store, parts, histories }: Exported,
  names: ParquetNames,
  options: WriteOptions,
): Promise<void> {
  const { userIds, itemIds, interactions } = store;
  const { user, item, time, columns } = interactions;
  const partOf = parts && partOfRows(interactions.rows, parts);
  const rows = parts && inOrder(parts);
  const rowOf = (index: number): number => (rows ? rows[index]! : index);
  const idOf = (index: number): string => itemIds[index]!;
  const table: TableColumn[] = [
    texts(names.user, (i) => userIds[user[rowOf(i)]!]!),
    texts(names.item, (i) => itemIds[item[rowOf(i)]!]!),
    numbers(names.time, time, rowOf),
    ...Object.entries(columns).map(([name, values]) => numbers(name, values, rowOf)),
    ...(partOf ? [texts(names.part, (i) => partNames[partOf[rowOf(i)]!]!)] : []),
    ...histories.map((history, h) =>
      textLists(names.histories[h]!, history.length, (i) => historyText(history, rowOf(i), '\n', idOf)),
    ),
  ];
  const count = rows?.length ?? interactions.rows;
  const onRows = counted(options, 'interactions.parquet', count);
  await writeParquet(path, table, count, { signal: options.signal, onRows });
}

/** The rows of all parts, ascending: in the order of the store. */
function inOrder(parts: Parts): Int32Array {
  const all = new Int32Array(partNames.reduce((sum, name) => sum + parts[name].length, 0));
  let next = 0;
  for (const name of partNames) {
    all.set(parts[name], next);
    next += parts[name].length;
  }
  return all.sort();
}

/** Number of the part of each row that has one. */
function partOfRows(rows: number, parts: Parts): Uint8Array {
  const part = new Uint8Array(rows);
  for (const [number, name] of partNames.entries()) for (const row of parts[name]) part[row] = number;
  return part;
}

async function writeFeatures(
  path: string,
  store: Store,
  room: 'users' | 'items',
  key: string,
  options: WriteOptions,
): Promise<void> {
  const ids = room === 'users' ? store.userIds : store.itemIds;
  const { categories, tags, texts: textsOf, vectors } = store[room];
  const table: TableColumn[] = [
    texts(key, (i) => ids[i]!),
    ...Object.entries(categories).map(([name, { values }]) => codes(name, values)),
    ...Object.entries(tags).map(([name, { offsets, values }]) =>
      numberLists(name, 'INTEGER', values.length / ids.length, (i) =>
        values.subarray(offsets[i], offsets[i + 1]),
      ),
    ),
    ...Object.entries(textsOf).map(([name, all]) => texts(name, (i) => all[i]!)),
    ...Object.entries(vectors).map(([name, vector]) =>
      numberLists(name, 'FLOAT', vector.width, vectorReader(vector, ids.length)),
    ),
  ];
  const onRows = counted(options, `${room}.parquet`, ids.length);
  await writeParquet(path, table, ids.length, { signal: options.signal, onRows });
}
