import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Features, partNames } from '../types.js';
import type { FeatureNames } from './names.js';
import { recboleConfig } from './recboleConfig.js';
import { type RecboleNames, recboleNames, recboleParts } from './recboleNames.js';
import {
  codeText,
  counted,
  float32Text,
  float64Text,
  historyText,
  joined,
  requireWritable,
  type Unwritable,
  vectorReader,
  writeLines,
} from './text.js';
import type { Exported, WriteOptions, Writer } from './types.js';

/** What pandas, by which RecBole reads, takes for a missing value. */
const missing =
  '#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null';
const unwritable: Unwritable = {
  signs: /[\s"]/,
  why: "RecBole's files cannot quote",
  words: new Set([...missing.split('|'), '[PAD]']),
  misread: 'RecBole takes it for a missing value',
};

/**
 * RecBole's atomic files: interactions (a file for each part, or one), items, users, and a configuration that loads
 * exactly these.
 */
export const writeRecbole: Writer = async (exported, into, folder, options) => {
  const { store, parts, histories } = exported;
  requireWritable('user', store.userIds, unwritable);
  requireWritable('item', store.itemIds, unwritable);
  const names = recboleNames(exported);
  const { name } = store;
  const file = (ending: string): string => join(into, name, `${name}.${ending}`);
  await mkdir(join(into, name)); // RecBole wants a data set in a folder of its name
  if (parts === null) await writeInteractions(file('inter'), exported, names, null, options);
  for (const part of parts === null ? [] : partNames) {
    await writeInteractions(file(`${recboleParts[part]}.inter`), exported, names, parts![part], options);
  }
  await writeFeatures(file('item'), [names.item, store.itemIds], names.items, store.items, options);
  await writeFeatures(file('user'), [names.user, store.userIds], names.users, store.users, options);
  await writeFile(join(into, `${name}.yaml`), recboleConfig(exported, names, folder));
  return [
    ...(histories.length > 1
      ? [`RecBole's sequential models read one history: ${histories[0]!.name}, as ${names.histories[0]}`]
      : []),
    ...changedTexts(store.items, names.items),
    ...changedTexts(store.users, names.users),
  ];
};

async function writeInteractions(
  path: string,
  { store, histories }: Exported,
  names: RecboleNames,
  rows: Int32Array | null,
  options: WriteOptions,
): Promise<void> {
  const { interactions, userIds, itemIds } = store;
  const { user, item, time, columns } = interactions;
  const header = [
    `${names.user}:token`,
    `${names.item}:token`,
    `${names.time}:float`,
    ...Object.keys(columns).map((name) => `${name}:float`),
    ...names.histories.map((name) => `${name}:token_seq`),
  ];
  const idOf = (index: number): string => itemIds[index]!;
  const kept = Object.values(columns);
  const line = (row: number): string => {
    let text = `${userIds[user[row]!]}\t${itemIds[item[row]!]}\t${float64Text(time[row]!)}`;
    for (const values of kept) text += `\t${float32Text(values[row]!)}`;
    for (const history of histories) text += `\t${historyText(history, row, ' ', idOf)}`;
    return text;
  };
  const count = rows?.length ?? interactions.rows;
  await writeLines(path, header.join('\t'), count, (i) => line(rows ? rows[i]! : i), {
    signal: options.signal,
    onRows: counted(options, basename(path), count),
  });
}

async function writeFeatures(
  path: string,
  [key, ids]: readonly [key: string, ids: readonly string[]],
  names: FeatureNames,
  { categories, tags, texts, vectors }: Features,
  options: WriteOptions,
): Promise<void> {
  const header = [
    `${key}:token`,
    ...Array.from(names.categories.values(), (name) => `${name}:token`),
    ...Array.from(names.tags.values(), (name) => `${name}:token_seq`),
    ...Array.from(names.texts.values(), (name) => `${name}:token_seq`),
    ...Array.from(names.vectors.values(), (name) => `${name}:float_seq`),
  ];
  const codes = Object.values(categories);
  const lists = Object.values(tags);
  const words = Object.values(texts);
  const readers = Object.values(vectors).map((vector) => vectorReader(vector, ids.length));
  const line = (i: number): string => {
    let text = ids[i]!;
    for (const { values } of codes) text += `\t${codeText(values[i]!)}`;
    for (const { offsets, values } of lists)
      text += `\t${joined(values, offsets[i]!, offsets[i + 1]!, ' ', String)}`;
    for (const all of words) text += `\t${wordsOf(all[i]!)}`;
    for (const read of readers) text += `\t${Array.from(read(i), float32Text).join(' ')}`;
    return text;
  };
  await writeLines(path, header.join('\t'), ids.length, line, {
    signal: options.signal,
    onRows: counted(options, basename(path), ids.length),
  });
}

/** A text as a list of words that RecBole reads as they are. It splits at blanks alone, so other spaces stay. */
function wordsOf(text: string): string {
  const words = text
    .replaceAll('"', "'")
    .replace(/[ \t\r\n]+/g, ' ')
    .replace(/^ | $/g, '');
  return unwritable.words.has(words) ? '' : words;
}

/** What became of texts that could not be written as they are. */
function changedTexts({ texts }: Features, names: FeatureNames): string[] {
  return [...names.texts].flatMap(([name, column]) => {
    const all = texts[name]!;
    const changed = all.filter((text) => wordsOf(text) !== text).length;
    if (changed === 0) return [];
    return [
      `${changed} of ${all.length} texts of ${column} are changed, since RecBole's files cannot quote: " became ', line breaks, tabs and rows of blanks one blank, words like NULL nothing`,
    ];
  });
}
