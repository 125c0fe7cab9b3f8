import { stringify } from 'yaml';
import type { CardInput } from '../card.js';
import { mapValues } from '../records.js';
import { type Features, partNames } from '../types.js';
import type { Exported } from './types.js';

/** Names of the columns that are not the store's own. */
export interface ParquetNames {
  readonly user: string;
  readonly item: string;
  readonly time: string;
  readonly part: string;
  /** Of the histories, in their order. */
  readonly histories: readonly string[];
  /** Of the identifiers in the tables of features. */
  readonly keys: Readonly<Record<'users' | 'items', string>>;
}

/** The card by which a Parquet export is read again. */
export function parquetCard({ store, parts, histories, origin }: Exported, names: ParquetNames): string {
  const features = (
    room: 'users' | 'items',
    { categories, tags, texts, vectors }: Features,
  ): CardInput['items'] => {
    const at = (name: string) => ({ file: room, key: names.keys[room], column: name });
    const coded = (record: Readonly<Record<string, { readonly cardinality: number }>>) =>
      mapValues(record, ({ cardinality }, name) => ({ ...at(name), codes: Math.max(1, cardinality) }));
    return {
      categories: coded(categories),
      tags: coded(tags),
      // A filter may leave only items without a text, and a column without any is an error to the import.
      texts: Object.fromEntries(
        Object.keys(texts)
          .filter((name) => texts[name]!.some((text) => text !== ''))
          .map((name) => [name, at(name)]),
      ),
      vectors: mapValues(vectors, ({ clips, fittedOn }, name) => ({
        ...at(name),
        ...(clips !== undefined && { clips }),
        ...(fittedOn !== undefined && { fittedOn }),
      })),
    };
  };
  const card: CardInput = {
    name: store.name,
    title: origin.title,
    ...(origin.licence !== null && { licence: origin.licence }),
    ...(origin.citation !== null && { citation: origin.citation }),
    ...(store.caveat !== null && { caveat: store.caveat }),
    files: {
      interactions: { path: 'interactions.parquet' },
      items: { path: 'items.parquet' },
      users: { path: 'users.parquet' },
    },
    interactions: {
      file: 'interactions',
      user: names.user,
      item: names.item,
      time: names.time,
      columns: Object.keys(store.interactions.columns),
      ...(parts && {
        part: {
          column: names.part,
          values: Object.fromEntries(partNames.map((part) => [part, part])),
        },
      }),
      ...(histories.length > 0 && {
        histories: Object.fromEntries(
          histories.map(({ name }, h) => [name, { column: names.histories[h]! }]),
        ),
      }),
    },
    items: features('items', store.items),
    users: features('users', store.users),
  };
  return `# Written by mvrec data export. Import it with: mvrec data import card.yaml\n${stringify(card)}`;
}
