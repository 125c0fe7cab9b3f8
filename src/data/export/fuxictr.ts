import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../base/index.js';
import { type Features, partNames } from '../types.js';
import { fuxictrConfig } from './fuxictrConfig.js';
import { writeVectors } from './hdf5.js';
import { ColumnNames, type FeatureNames, featureNames } from './names.js';
import {
  codeText,
  counted,
  float32Text,
  float64Text,
  historyText,
  joined,
  requireWritable,
  type Unwritable,
  writeLines,
} from './text.js';
import type { Exported, WriteOptions, Writer } from './types.js';

/** FuxiCTR's names of the parts. */
export const fuxictrParts = { train: 'train', validation: 'valid', test: 'test' } as const;

/** Names of the columns of the three files. */
export interface FuxictrNames {
  readonly user: string;
  readonly item: string;
  readonly time: string;
  /** Of a copy of the user that metrics group by; not in the files. */
  readonly group: string;
  readonly users: FeatureNames;
  readonly items: FeatureNames;
  readonly histories: readonly FuxictrHistory[];
}

export interface FuxictrHistory {
  /** Column of the items. */
  readonly name: string;
  /** Columns of the items' categories, by the store's names. */
  readonly categories: ReadonlyMap<string, string>;
  /** The items once more, for their vectors; not in the files. */
  readonly vectors: ReadonlyMap<string, string>;
}

const unwritable: Unwritable = {
  signs: /[\s",^]/,
  why: 'the columns of lists that FuxiCTR reads cannot quote',
  words: new Set(['__PAD__', '__OOV__']),
  misread: 'FuxiCTR has a use of its own for it',
};

/**
 * Files as reczoo publishes data sets for FuxiCTR: a CSV for each part in which every row carries all that is known
 * of its user and item, vectors in HDF5, and the configuration that reads them.
 */
export const writeFuxictr: Writer = async (exported, into, folder, options) => {
  const { store, parts, label } = exported;
  if (parts === null || label === null) {
    throw new UserError(
      parts === null ? 'FuxiCTR does not split, and the data set has no parts' : 'no label is named',
      parts === null ? 'Name an experiment (YAML): its split is used.' : 'Say --label.',
    );
  }
  requireWritable('user', store.userIds, unwritable);
  requireWritable('item', store.itemIds, unwritable);
  const names = namesOf(exported);
  for (const room of ['items', 'users'] as const) {
    const ids = room === 'items' ? store.itemIds : store.userIds;
    for (const [name, vector] of Object.entries(store[room].vectors)) {
      const file = vectorFile(room, name);
      const onRows = counted(options, file, ids.length);
      await writeVectors(join(into, file), ids, vector, { signal: options.signal, onRows });
    }
  }
  for (const part of partNames) {
    await writePart(join(into, `${fuxictrParts[part]}.csv`), exported, names, parts[part], options);
  }
  await writeFile(join(into, 'dataset_config.yaml'), fuxictrConfig(exported, label, names, folder));
  return [];
};

export function vectorFile(room: 'items' | 'users', name: string): string {
  return `${room === 'items' ? 'item' : 'user'}_${name}_emb.h5`;
}

function namesOf({ store, histories }: Exported): FuxictrNames {
  const names = new ColumnNames(Object.keys(store.interactions.columns));
  const user = names.give('user_id');
  const item = names.give('item_id');
  const time = names.give('timestamp');
  const group = names.give('group_id');
  const items = featureNames('item', store.items, names);
  const users = featureNames('user', store.users, names);
  const ofHistory = (features: ReadonlyMap<string, string>, name: string): Map<string, string> =>
    new Map(Array.from(features, ([feature, column]) => [feature, names.give(`${name}_${column}`)]));
  return {
    user,
    item,
    time,
    group,
    items,
    users,
    histories: histories.map((history) => {
      const name = names.give(history.name);
      return {
        name,
        categories: ofHistory(items.categories, name),
        vectors: ofHistory(items.vectors, name),
      };
    }),
  };
}

async function writePart(
  path: string,
  { store, histories }: Exported,
  names: FuxictrNames,
  rows: Int32Array,
  options: WriteOptions,
): Promise<void> {
  const { interactions, userIds, itemIds, users, items } = store;
  const { user, item, time, columns } = interactions;
  const header = [
    names.user,
    ...columnsOf(names.users),
    names.item,
    ...columnsOf(names.items),
    ...Object.keys(columns),
    names.time,
    ...names.histories.flatMap(({ name, categories }) => [name, ...categories.values()]),
  ];
  const kept = Object.values(columns);
  const idOf = (index: number): string => itemIds[index]!;
  const codesOf = Object.values(items.categories).map(
    ({ values }) =>
      (index: number): string =>
        codeText(values[index]!),
  );
  const userText = featureText(users);
  const itemText = featureText(items);
  const line = (row: number): string => {
    const [u, i] = [user[row]!, item[row]!];
    let text = `${userIds[u]}${userText(u)},${itemIds[i]}${itemText(i)}`;
    for (const values of kept) text += `,${float32Text(values[row]!)}`;
    text += `,${float64Text(time[row]!)}`;
    for (const history of histories) {
      for (const textOf of [idOf, ...codesOf]) text += `,${historyText(history, row, '^', textOf)}`;
    }
    return text;
  };

  await writeLines(path, header.join(','), rows.length, (i) => line(rows[i]!), {
    signal: options.signal,
    onRows: counted(options, basename(path), rows.length),
  });
}

/** Of the vectors there is no column: FuxiCTR copies the identifier and looks it up. */
function columnsOf({ categories, tags }: FeatureNames): string[] {
  return [...categories.values(), ...tags.values()];
}

/** The cells of the features of a user or item, each after a comma. */
function featureText({ categories, tags }: Features): (index: number) => string {
  const codes = Object.values(categories);
  const lists = Object.values(tags);
  return (index) => {
    let text = '';
    for (const { values } of codes) text += `,${codeText(values[index]!)}`;
    for (const { offsets, values } of lists)
      text += `,${joined(values, offsets[index]!, offsets[index + 1]!, '^', String)}`;
    return text;
  };
}
