import { quoteName, quoteText } from '../database.js';

/** Delimiters of CSV files by the names that cards give them, in the order in which they are tried. */
export const delimiters = { tab: '\t', comma: ',', semicolon: ';', pipe: '|', space: ' ' } as const;
export type Delimiter = keyof typeof delimiters;

/** A sign that no text has (record separator): lines stay whole. */
const NO_SIGN = '\x1e';

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
  return readCsv(path, { sign: delimiters[delimiter], quote: '"', header, packed }, columns);
}

function readCsv(
  path: string,
  { sign, quote, header, packed }: Pick<CsvFormat, 'header' | 'packed'> & Record<'sign' | 'quote', string>,
  columns: readonly (readonly [name: string, type: string])[],
): string {
  const options = [
    'auto_detect=false',
    `compression='${packed ? 'gzip' : 'none'}'`,
    `header=${header}`,
    `delim=${quoteText(sign)}`,
    `quote='${quote}', escape='${quote}'`,
    `columns={${columns.map(([name, type]) => `${quoteText(name)}: '${type}'`).join(', ')}}`,
  ];
  return `read_csv(${literalPath(path)}, ${options.join(', ')})`;
}

/**
 * SQL of a CSV file without quotes: every line is a row, the last column goes on to its end.
 *
 * @param columns their names and SQL types, in order
 */
export function lineRelation(
  path: string,
  { delimiter, header, packed }: CsvFormat,
  columns: readonly (readonly [name: string, type: string])[],
): string {
  const lines = readCsv(path, { sign: NO_SIGN, quote: '', header, packed }, [['line', 'VARCHAR']]);
  const count = columns.length;
  const found = `'CSV Error on Line: ' || (n + ${header ? 1 : 0}) || chr(10) ||
    'Expected Number of Columns: ${count} Found: ' || len(cells)`;
  const values = columns.map(([name, type], c) => {
    const [cell, sign] = [`cells[${c + 1}]`, quoteText(delimiters[delimiter])];
    const text = c < count - 1 ? cell : `array_to_string(cells[${count}:], ${sign})`;
    return `CAST(nullif(${text}, '') AS ${type}) AS ${quoteName(name)}`;
  });
  return `(SELECT ${values.join(', ')} FROM
    (SELECT CASE WHEN len(cells) < ${count} THEN error(${found}) ELSE cells END AS cells FROM
      (SELECT string_split(line, ${quoteText(delimiters[delimiter])}) AS cells, n FROM
        (SELECT line, row_number() OVER () AS n FROM ${lines}) WHERE line IS NOT NULL)))`;
}

/** A path in SQL that is not taken for a pattern of several files. */
export function literalPath(path: string): string {
  return quoteText(path.replace(/[[*?]/g, '[$&]'));
}
