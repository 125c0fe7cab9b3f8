import type { DuckDBAppender, DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { duckdb } from '../base/index.js';

/** Values of a column, a row each; `null` is SQL's. */
export type ColumnValues =
  | Int32Array
  | Float64Array
  | { readonly numbers: readonly (number | null)[] }
  | { readonly texts: readonly (string | null)[] }
  /** Texts of which there are few, as positions in `words`: several times as fast. */
  | { readonly words: readonly string[]; readonly codes: Uint8Array }
  | { readonly lists: readonly (readonly number[])[] };

/** DuckDB takes rows by chunks of this size. */
const CHUNK_ROWS = 2048;

/**
 * Adds rows to the end of a table. Values are cast to the types of its columns. Rows are in the table once it is
 * closed, in the order in which they were added: DuckDB keeps that order, also in a scan of the table, and `rowid`
 * counts it from 0.
 */
export class TableAppender {
  private chunk: DuckDBDataChunk | undefined;

  constructor(private readonly appender: DuckDBAppender) {}

  /**
   * @param columns all columns of the table in its order, and of the same kind of values at each call
   * @param rows how many of their values count, from the first
   */
  append(columns: readonly ColumnValues[], rows: number): void {
    this.chunk ??= duckdb().DuckDBDataChunk.create(columns.map(typeOf));
    for (let start = 0; start < rows; start += CHUNK_ROWS) {
      this.chunk.reset();
      this.chunk.rowCount = Math.min(CHUNK_ROWS, rows - start);
      for (let c = 0; c < columns.length; c++) fillColumn(this.chunk, c, columns[c]!, start);
      this.appender.appendDataChunk(this.chunk);
    }
  }

  /** @throws what DuckDB says of a value that its column cannot hold */
  close(): void {
    this.appender.closeSync();
  }
}

function typeOf(values: ColumnValues): DuckDBType {
  const { DOUBLE, ENUM8, INTEGER, LIST, VARCHAR } = duckdb();
  if (values instanceof Int32Array) return INTEGER;
  if (values instanceof Float64Array || 'numbers' in values) return DOUBLE;
  if ('lists' in values) return LIST(DOUBLE);
  return 'words' in values ? ENUM8(values.words) : VARCHAR;
}

function fillColumn(chunk: DuckDBDataChunk, column: number, values: ColumnValues, start: number): void {
  const vector = chunk.getColumnVector(column);
  const rows = vector.itemCount;
  // A loop for each kind: one for all of them would take several times as long.
  if (values instanceof Int32Array) for (let i = 0; i < rows; i++) vector.setItem(i, values[start + i]!);
  else if (values instanceof Float64Array)
    for (let i = 0; i < rows; i++) vector.setItem(i, values[start + i]!);
  else if ('words' in values)
    for (let i = 0; i < rows; i++) vector.setItem(i, values.words[values.codes[start + i]!]!);
  else if ('lists' in values) {
    const { listValue } = duckdb();
    for (let i = 0; i < rows; i++) vector.setItem(i, listValue(values.lists[start + i]!));
  } else {
    const items: readonly DuckDBValue[] = 'texts' in values ? values.texts : values.numbers;
    for (let i = 0; i < rows; i++) vector.setItem(i, items[start + i]!);
  }
  vector.flush();
}
