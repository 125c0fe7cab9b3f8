import { rm } from 'node:fs/promises';
import { extname } from 'node:path';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { duckdb, replaceAtomically, UserError } from '../base/index.js';

const formats: Readonly<Record<string, string>> = {
  '.csv': 'FORMAT csv, HEADER',
  '.parquet': 'FORMAT parquet, COMPRESSION zstd',
};

/**
 * How a table is written to a file of that name; to be called before hours of scoring, too.
 *
 * @throws UserError for an ending other than .csv and .parquet
 */
export function tableFormat(path: string): string {
  const ending = extname(path).toLowerCase();
  const format = formats[ending];
  if (format) return format;
  throw new UserError(
    `tables are not written as '${ending || path}'`,
    `Give a file that ends in ${Object.keys(formats).join(' or ')}.`,
  );
}

export interface Column {
  readonly name: string;
  readonly type: 'VARCHAR' | 'INTEGER' | 'DOUBLE';
  readonly values: readonly string[] | Int32Array | Float32Array | Float64Array;
}

/**
 * Writes columns of one length as CSV or Parquet, after the ending of the path, whole or not at all.
 *
 * @throws UserError for another ending, a full disk or a place that is not writable
 */
export async function writeTable(path: string, columns: readonly Column[]): Promise<void> {
  await writeTableParts(path, columns, [columns.map(({ values }) => values)]);
}

/**
 * The same for more rows than should be in memory at once.
 *
 * @param parts values of each column, some rows at a time
 */
export async function writeTableParts(
  path: string,
  columns: readonly Pick<Column, 'name' | 'type'>[],
  parts: Iterable<readonly Column['values'][]> | AsyncIterable<readonly Column['values'][]>,
): Promise<void> {
  const format = tableFormat(path);
  await replaceAtomically(path, async (temporary) => {
    const database = `${temporary}.db`; // on disk, since the rows may be more than memory holds
    const instance = await duckdb().DuckDBInstance.create(database);
    const connection = await instance.connect();
    try {
      const declared = columns.map(({ name, type }) => `"${name}" ${type}`);
      await connection.run(`CREATE TABLE written (${declared.join(', ')})`);
      const appender = await connection.createAppender('written');
      for await (const part of parts) {
        for (const chunk of chunksOf(columns, part)) appender.appendDataChunk(chunk);
        await new Promise(setImmediate); // signals are heard between parts
      }
      appender.closeSync();
      await connection.run(`COPY written TO '${temporary.replaceAll("'", "''")}' (${format})`);
    } finally {
      connection.closeSync();
      instance.closeSync();
      for (const file of [database, `${database}.wal`]) await rm(file, { force: true });
    }
  });
}

/** As many rows as DuckDB's vectors hold. */
const CHUNK_ROWS = 2048;

function* chunksOf(
  columns: readonly Pick<Column, 'type'>[],
  values: readonly Column['values'][],
): Generator<DuckDBDataChunk> {
  const duck = duckdb();
  const rows = values[0]!.length;
  for (let start = 0; start < rows; start += CHUNK_ROWS) {
    const end = Math.min(start + CHUNK_ROWS, rows);
    const chunk = duck.DuckDBDataChunk.create(columns.map(({ type }) => duck[type]));
    chunk.setColumns(values.map((column) => Array.from<string | number>(column.slice(start, end))));
    yield chunk;
  }
}
