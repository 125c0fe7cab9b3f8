import { quoteText } from '../database.js';

/** Delimiters of CSV files by the names that cards give them, in the order in which they are tried. */
export const delimiters = { tab: '\t', comma: ',', semicolon: ';', pipe: '|', space: ' ' } as const;
export type Delimiter = keyof typeof delimiters;

/** How a CSV file is written. */
export interface CsvFormat {
  readonly delimiter: Delimiter;
  /** Whether it begins with the names of its columns. */
  readonly header: boolean;
  /** Packed by gzip. */
  readonly packed: boolean;
}

/**
 * SQL of a CSV file for a FROM clause.
 *
 * @param columns their names and SQL types, in order
 */
export function csvRelation(
  path: string,
  { delimiter, header, packed }: CsvFormat,
  columns: readonly (readonly [name: string, type: string])[],
): string {
  const options = [
    'auto_detect=false',
    `compression='${packed ? 'gzip' : 'none'}'`,
    `header=${header}`,
    `delim=${quoteText(delimiters[delimiter])}`,
    `quote='"', escape='"'`,
    `columns={${columns.map(([name, type]) => `${quoteText(name)}: '${type}'`).join(', ')}}`,
  ];
  return `read_csv(${literalPath(path)}, ${options.join(', ')})`;
}

/** A path in SQL that is not taken for a pattern of several files. */
export function literalPath(path: string): string {
  return quoteText(path.replace(/[[*?]/g, '[$&]'));
}
