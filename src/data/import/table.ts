import { didYouMean, type Place, UserError } from '../../base/index.js';
import type { CardFile } from '../card.js';
import { repeatedColumn } from '../columns.js';
import { type Database, quoteName, quoteText } from '../database.js';
import { csvRelation, delimiters, lineRelation, literalPath } from './csv.js';
import { explained } from './explained.js';
import { firstLine, lineOfRow, openText, requireFile } from './textFile.js';

/** Types that a column can be read as; others stay text. */
export type Typed = Readonly<Record<string, 'DOUBLE' | 'BIGINT'>>;

/** A file as a relation of DuckDB. */
export interface SourceTable {
  readonly path: string;
  readonly format: 'csv' | 'parquet' | 'reader';
  readonly columns: readonly string[];
  /** Columns that hold lists already. */
  readonly lists: ReadonlySet<string>;
  /** Whether a CSV file begins with the names of its columns. */
  readonly headed: boolean;
  /** Whether a CSV file is packed by gzip. */
  readonly packed: boolean;
  /** What separates the cells of a CSV file. */
  readonly delimiter: string;
  /** Whether a quote in a CSV file is a sign like any. */
  readonly unquoted: boolean;
  /** Whether a CSV file ends in the middle of a line, as one does that was cut off. */
  readonly endsWithin: boolean;
  /** Whether a row of the relation is one entry of a list in the file's row. */
  readonly exploded: boolean;
  /** SQL of how many rows have an empty list, and hence none in the relation; of tables that are exploded. */
  readonly emptyLists?: string;
  /** SQL for a FROM clause: columns are of their type, lists VARCHAR[], all others VARCHAR. */
  relation(types: Typed): string;
}

/** How a card says that files are to be read. */
export type TableSpec = Pick<CardFile, 'delimiter' | 'header' | 'explode'> &
  Partial<Pick<CardFile, 'quotes'>>;

/**
 * Looks at the header of a CSV file (as it is, or packed by gzip), or the schema of a Parquet file (by its ending `.parquet`). Words `name=value` in
 * `within`, the path below the folder that a card names, are columns too, as Spark and DuckDB write partitions.
 *
 * @throws UserError when the file is missing, a folder, empty, or not what its ending says
 */
export async function openTable(
  database: Database,
  path: string,
  spec: TableSpec,
  within = '',
  signal?: AbortSignal,
): Promise<SourceTable> {
  const isParquet = path.toLowerCase().endsWith('.parquet');
  const table = isParquet ? await openParquet(database, path) : await openCsv(path, spec, signal);
  return exploded(withPartitions(table, within), spec.explode);
}

async function openCsv(
  path: string,
  { delimiter, header, quotes }: TableSpec,
  signal: AbortSignal | undefined,
): Promise<SourceTable> {
  const sign = delimiters[delimiter];
  const text = await openText(path, signal);
  const { packed, endsWithin } = text;
  const unquoted = quotes === 'none';
  const first = unquoted ? firstLine(text).split(sign) : splitHeader(firstLine(text), sign);
  if (header && (unquoted ? first.length < header.length : first.length !== header.length)) {
    throw new UserError(
      `found ${first.length} columns, the card names ${header.length}`,
      hintOfDelimiter(first, sign) ?? 'Check the file and its delimiter.',
      { file: path, line: 1 },
    );
  }
  const columns = header ?? first;
  const empty = columns.indexOf('');
  const again = repeatedColumn(columns);
  // pandas writes its index as a first column without a name.
  if (empty > 0 || (empty === 0 && columns.length === 1) || again) {
    throw new UserError(
      empty >= 0 ? `column ${empty + 1} has no name` : `two columns are named ${again!.names}`,
      'Give every column a name of its own in the first line.',
      { file: path, line: 1 },
    );
  }
  const named = columns.map((column) => column || 'column 1');
  return {
    path,
    format: 'csv',
    columns: named,
    lists: new Set(),
    headed: !header,
    packed,
    delimiter: sign,
    unquoted,
    endsWithin,
    exploded: false,
    relation: (types) =>
      (unquoted ? lineRelation : csvRelation)(
        path,
        { delimiter, header: !header, packed },
        named.map((column) => [column, types[column] ?? 'VARCHAR']),
      ),
  };
}

async function openParquet(database: Database, path: string): Promise<SourceTable> {
  await requireFile(path);
  const from = `read_parquet(${literalPath(path)}, hive_partitioning=false)`;
  const schema = await explained(path, () => database.rows(`DESCRIBE SELECT * FROM ${from}`));
  return tableOf(path, 'parquet', from, schema);
}

/** A relation of the database as a table of a file. @param schema what DESCRIBE says of it */
export function tableOf(
  path: string,
  format: 'parquet' | 'reader',
  from: string,
  schema: readonly Record<string, unknown>[],
): SourceTable {
  const columns = schema.map((row) => String(row.column_name));
  const lists = new Set(columns.filter((_, c) => /\[\d*\]$/.test(String(schema[c]!.column_type))));
  return {
    path,
    format,
    columns,
    lists,
    headed: true,
    packed: false,
    delimiter: '',
    unquoted: false,
    endsWithin: false,
    exploded: false,
    relation: (types) => {
      const typed = columns.map((c, at) => {
        const [column, kind] = [quoteName(c), String(schema[at]!.column_type)];
        const type: string = lists.has(c) ? 'VARCHAR[]' : (types[c] ?? 'VARCHAR');
        const value = type === 'VARCHAR' && /^(DOUBLE|FLOAT)$/.test(kind) ? wholeAsText(column) : column;
        return `CAST(${value} AS ${type}) AS ${column}`;
      });
      return `(SELECT ${typed.join(', ')} FROM ${from})`;
    },
  };
}

/** SQL of a floating number as a text: whole ones, as pandas writes where some are missing, without a point. */
function wholeAsText(column: string): string {
  const whole = `isfinite(${column}) AND ${column} = floor(${column}) AND abs(${column}) < ${2 ** 53}`;
  return `CASE WHEN ${whole} THEN CAST(CAST(${column} AS BIGINT) AS VARCHAR) ELSE CAST(${column} AS VARCHAR) END`;
}

function withPartitions(table: SourceTable, within: string): SourceTable {
  const folders = within.split(/[\\/]/).slice(0, -1);
  const taken = table.columns.map((column) => column.toLowerCase());
  const partitions = folders.flatMap((word) => {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    return name === undefined || taken.includes(name.toLowerCase()) ? [] : [{ name, value: decoded(value!) }];
  });
  if (partitions.length === 0) return table;
  return {
    ...table,
    columns: [...table.columns, ...partitions.map(({ name }) => name)],
    relation: (types) => {
      const constants = partitions.map(
        ({ name, value }) =>
          `CAST(${value === NO_VALUE ? 'NULL' : quoteText(value)} AS ${types[name] ?? 'VARCHAR'}) AS ${quoteName(name)}`,
      );
      return `(SELECT *, ${constants.join(', ')} FROM ${table.relation(types)})`;
    },
  };
}

/** How Spark and Hive name the folder of rows without a value. */
const NO_VALUE = '__HIVE_DEFAULT_PARTITION__';

/** Spark and DuckDB write signs such as / as %2F; who names folders by hand may mean a % by it. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function exploded(table: SourceTable, spec: TableSpec['explode']): SourceTable {
  if (!spec) return table;
  requireColumn(table, spec.column);
  const column = quoteName(spec.column);
  return {
    ...table,
    lists: new Set([...table.lists].filter((name) => name !== spec.column)),
    exploded: true,
    emptyLists: `SELECT count(*) FROM ${table.relation({})} WHERE coalesce(len(${listOfTexts(table, spec.column, spec.separator)}), 0) = 0`,
    relation: (types) => {
      const { [spec.column]: type = 'VARCHAR', ...rest } = types;
      const entries = `unnest(${listOfTexts(table, spec.column, spec.separator)})`;
      return `(SELECT * REPLACE (CAST(${entries} AS ${type}) AS ${column}) FROM ${table.relation(rest)})`;
    },
  };
}

/**
 * SQL of a column's values as VARCHAR[]: as they are, or a text cut at a separator, brackets around it and blanks and line
 * ends around its entries left out.
 *
 * @param padding entry that is left out
 */
export function listOfTexts(
  { lists }: Pick<SourceTable, 'lists'>,
  column: string,
  separator: string,
  padding?: string,
): string {
  const name = quoteName(column);
  const trimmed = (text: string): string => `trim(${text}, ' ' || chr(9) || chr(10) || chr(13))`;
  const bare = `regexp_replace(${trimmed(name)}, '^\\[(.*)\\]$', '\\1', 's')`;
  const list = lists.has(column)
    ? name
    : `list_transform(list_filter(string_split(${bare}, ${quoteText(separator)}), x -> ${trimmed('x')} <> ''), x -> ${trimmed('x')})`;
  return padding === undefined ? list : `list_filter(${list}, x -> x <> ${quoteText(padding)})`;
}

function splitHeader(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const sign = line[i]!;
    if (sign === '"' && quoted && line[i + 1] === '"') cell += line[i++];
    else if (sign === '"') quoted = !quoted;
    else if (sign === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += sign;
  }
  return [...cells, cell];
}

/**
 * @param other a second name that the column may have
 * @throws UserError naming the nearest column there is
 */
export function requireColumn(table: SourceTable, column: string, other?: string): void {
  if (table.columns.includes(column)) return;
  const named = other === undefined ? column : `${column} (or ${other})`;
  const [only] = table.columns;
  const hint = table.columns.length === 1 ? hintOfDelimiter([only!], '') : null;
  throw new UserError(`there is no column ${named}`, hint ?? didYouMean(other ?? column, table.columns), {
    file: table.path,
  });
}

/** What to try where a line did not fall into columns. */
function hintOfDelimiter(cells: readonly string[], sign: string): string | null {
  const other = Object.entries(delimiters).find(
    ([name, mark]) => name !== 'space' && mark !== sign && cells[0]!.includes(mark),
  );
  return other ? `The columns seem to be separated by ${other[0]}: say delimiter: ${other[0]}.` : null;
}

/** Where a row (from 1) stands. Parquet has no lines, so there the row is named in their place. */
export async function placeOf(table: SourceTable, row: number): Promise<Place> {
  if (table.exploded) return { file: `${table.path}, entry ${row} of its lists` };
  if (table.format !== 'csv') return { file: `${table.path}, row ${row}` };
  return { file: table.path, line: await lineOfRow(table, table.headed ? row : row - 1) };
}
