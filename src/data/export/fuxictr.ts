import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../base/index.js';
import { type Features, partNames } from '../types.js';
import { fuxictrConfig } from './fuxictrConfig.js';
import { type FuxictrNames, fuxictrNames, fuxictrParts, vectorFile } from './fuxictrNames.js';
import { writeVectors } from './hdf5.js';
import type { FeatureNames } from './names.js';
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
  const names = fuxictrNames(exported);
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
  const texts = [store.items, store.users].flatMap((features) => Object.keys(features.texts));
  return texts.length === 0 ? [] : [`not written, since FuxiCTR has no type for texts: ${texts.join(', ')}`];
};

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
