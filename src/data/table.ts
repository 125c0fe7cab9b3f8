import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { didYouMean, type Place, UserError } from '../base/index.js';
import { type Database, quoteName, quoteText } from './database.js';

/** A file as a relation of DuckDB. */
export interface SourceTable {
  readonly path: string;
  readonly format: 'csv' | 'parquet';
  readonly columns: readonly string[];
  /** SQL for a FROM clause. Columns named in `numeric` are DOUBLE, the others VARCHAR. */
  relation(numeric: ReadonlySet<string>): string;
}

const delimiters = { comma: ',', tab: '\t', semicolon: ';', pipe: '|', space: ' ' } as const;
export type Delimiter = keyof typeof delimiters;

/**
 * Looks at the header of a CSV file, or the schema of a Parquet file (by its ending `.parquet`).
 *
 * @throws UserError when the file is missing, a folder, empty, or not what its ending says
 */
export async function openTable(
  database: Database,
  path: string,
  delimiter: Delimiter,
): Promise<SourceTable> {
  if (path.toLowerCase().endsWith('.parquet')) return openParquet(database, path);
  const sign = delimiters[delimiter];
  const header = await firstLine(path);
  const columns = splitHeader(header, sign);
  const empty = columns.indexOf('');
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (empty >= 0 || twice !== undefined) {
    throw new UserError(
      empty >= 0 ? `column ${empty + 1} has no name` : `two columns are named ${twice}`,
      'Give every column a name of its own in the first line.',
      { file: path, line: 1 },
    );
  }
  return {
    path,
    format: 'csv',
    columns,
    relation: (numeric) => {
      const types = columns.map((c) => `${quoteText(c)}: '${numeric.has(c) ? 'DOUBLE' : 'VARCHAR'}'`);
      return `read_csv(${literalPath(path)}, auto_detect=false, header=true, delim=${quoteText(sign)}, quote='"', escape='"', columns={${types.join(', ')}})`;
    },
  };
}

async function openParquet(database: Database, path: string): Promise<SourceTable> {
  await firstLine(path); // missing, a folder or empty
  const from = `read_parquet(${literalPath(path)})`;
  const schema = await explained(path, () => database.rows(`DESCRIBE SELECT * FROM ${from}`));
  const columns = schema.map((row) => String(row.column_name));
  return {
    path,
    format: 'parquet',
    columns,
    relation: (numeric) => {
      const typed = columns.map((c) => {
        const column = quoteName(c);
        return `CAST(${column} AS ${numeric.has(c) ? 'DOUBLE' : 'VARCHAR'}) AS ${column}`;
      });
      return `(SELECT ${typed.join(', ')} FROM ${from})`;
    },
  };
}

/** A path in SQL that is not taken for a pattern of several files. */
function literalPath(path: string): string {
  return quoteText(path.replace(/[[*?]/g, '[$&]'));
}

/** The first line of a text file without its line end and byte order mark. */
async function firstLine(path: string): Promise<string> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    const problem = error.code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${error.code})`;
    throw new UserError(problem, 'Check the path, and the folder given as --from or data.source.from.', {
      file: path,
    });
  });
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw new UserError('is a folder, not a file', undefined, { file: path });
    if (stat.size === 0) throw new UserError('the file is empty', undefined, { file: path });
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65536), 0, 65536, 0);
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    return text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0]!;
  } finally {
    await file.close();
  }
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

/** Runs a query that reads `path`; what DuckDB says about the file's contents becomes a UserError with its line. */
export async function explained<T>(path: string, query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw error instanceof Error ? explain(error, path) : error;
  }
}

function explain(error: Error, file: string): Error {
  const { message } = error;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const place = { file, ...(line === undefined ? {} : { line: Number(line) }) };
  const notNumber = /converting column "(.*)"\. Could not convert string "([\s\S]*?)" to 'DOUBLE'/.exec(
    message,
  );
  if (notNumber) {
    return new UserError(
      `column ${notNumber[1]} must be a number, found ${JSON.stringify(notNumber[2])}`,
      'Correct the file, or leave the column out.',
      place,
    );
  }
  const width = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (width) {
    return new UserError(
      `found ${width[2]} columns, the first line has ${width[1]}`,
      'Correct the line; check the delimiter.',
      place,
    );
  }
  if (message.includes('unterminated quote')) {
    return new UserError('a quote (") is opened and never closed', 'Correct the line.', place);
  }
  if (message.includes('utf-8') || message.includes('unicode')) {
    return new UserError('not UTF-8 text', 'Convert the file, for example with iconv -t UTF-8.', place);
  }
  if (line !== undefined)
    return new UserError(`cannot be read: ${message.split('\n')[2] ?? message}`, undefined, place);
  const parquet = file.toLowerCase().endsWith('.parquet');
  if (parquet && /Conversion Error: .*?Could not convert (.*?) to DOUBLE/.test(message)) {
    return new UserError(
      `a numeric column holds text: ${message.split('\n')[0]}`,
      'Leave the column out.',
      place,
    );
  }
  if (parquet && /Invalid Input Error|IO Error|Serialization Error/.test(message)) {
    return new UserError('not a Parquet file, or a damaged one', 'Copy or download it again.', place);
  }
  return error;
}

/** @throws UserError naming the nearest column there is */
export function requireColumn(table: SourceTable, column: string): void {
  if (table.columns.includes(column)) return;
  throw new UserError(`there is no column ${column}`, didYouMean(column, table.columns), {
    file: table.path,
  });
}

/** Where a row (from 1) stands. Parquet has no lines, so there the row is named in their place. */
export async function placeOf(table: SourceTable, row: number): Promise<Place> {
  if (table.format === 'parquet') return { file: `${table.path}, row ${row}` };
  return { file: table.path, line: await lineOfRow(table.path, row) };
}

/** The line on which data row `row` (from 1) of a CSV file begins: quoted line ends and blank lines counted. */
async function lineOfRow(path: string, row: number): Promise<number> {
  let line = 1;
  let record = 0; // the header is record 0
  let quoted = false;
  let blank = true;
  for await (const chunk of createReadStream(path)) {
    for (const byte of chunk as Buffer) {
      if (byte === 0x0a) {
        line++;
        if (quoted) continue;
        if (!blank) record++;
        blank = true;
      } else if (byte !== 0x0d) {
        if (blank && record === row) return line;
        blank = false;
        if (byte === 0x22) quoted = !quoted;
      }
    }
  }
  return line;
}
