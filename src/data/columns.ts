import { basename, extname } from 'node:path';
import type { CardInput } from './card.js';

/** Which columns of a single file mean what: a card said on the command line. */
export interface ColumnMapping {
  readonly user: string;
  readonly item: string;
  readonly time?: string | undefined;
  /** Labels and other numeric columns to keep. */
  readonly labels: readonly string[];
  /** Columns that are categories of the item. */
  readonly categories: readonly string[];
  readonly delimiter?: NonNullable<CardInput['files'][string]['delimiter']> | undefined;
  readonly dropDuplicates: boolean;
}

/** The card of a file with named columns. Its paths start from the file's folder. */
export function cardOfFile(path: string, name: string, mapping: ColumnMapping): CardInput {
  const { user, item, time, labels, categories, dropDuplicates } = mapping;
  const file = basename(path);
  const delimiter = mapping.delimiter ?? (/\.(tsv|tab)(\.gz)?$/i.test(file) ? 'tab' : undefined);
  return {
    name,
    title: file,
    files: { log: { path: file, ...(delimiter && { delimiter }) } },
    interactions: {
      file: 'log',
      user,
      item,
      ...(time === undefined ? {} : { time }),
      // A column whose name cannot be ours is kept under one that can.
      columns: Object.fromEntries(labels.map((label) => [nameFrom(label), label])),
      duplicates: dropDuplicates ? 'dropExact' : 'keep',
    },
    items: {
      categories: Object.fromEntries(categories.map((column) => [nameFrom(column), { column }])),
    },
  };
}

/**
 * The first column whose name an earlier one has, too, and both names where they differ: DuckDB does not tell capitals from
 * small letters.
 */
export function repeatedColumn(
  columns: readonly string[],
): { readonly at: number; readonly names: string } | null {
  const small = columns.map((name) => name.toLowerCase());
  const at = small.findIndex((name, i) => small.indexOf(name) !== i);
  if (at < 0) return null;
  const [first, second] = [columns[small.indexOf(small[at]!)]!, columns[at]!];
  return { at, names: first === second ? first : `${first} and ${second}` };
}

/** Name of a file without its folder and endings: `log` of `log.csv.gz`. */
export function nameOfFile(path: string): string {
  const unpacked = path.replace(/\.gz$/i, '');
  return basename(unpacked, extname(unpacked));
}

/** Letters, digits and _ . - of a text, beginning with a letter. */
export function nameFrom(text: string): string {
  const name = text.replace(/[^\w.-]+/g, '_');
  return /^[A-Za-z_]/.test(name) ? name : `_${name}`;
}
