import type { DuckDBDataChunk, DuckDBTableFunction, DuckDBType, DuckDBVector } from '@duckdb/node-api';
import { duckdb, InterruptedError } from '../../base/index.js';
import { quoteName, quoteText } from '../database.js';

/** A column of a table that is written as it is read, chunk by chunk. */
export interface TableColumn {
  readonly name: string;
  readonly type: DuckDBType;
  /** What becomes of the column `c` on its way, in SQL; default: nothing. */
  readonly sql?: (c: string) => string;
  /** About how much a value takes. */
  readonly bytes: number;
  /** Fills a vector with the values of rows from `start` on, as many as it has. */
  readonly fill: (vector: DuckDBVector, start: number) => void;
}

export interface TableOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onRows?: (rows: number) => void;
}

/** As many rows as DuckDB's vectors hold. */
const VECTOR_ROWS = 2048;
/** Rows that Parquet keeps together: DuckDB's default, or fewer where that many would not fit into this many bytes. */
const GROUP_ROWS = 122_880;
const GROUP_BYTES = 2 ** 26;

/** Writes a table as Parquet. No more than a group of rows is in memory. */
export async function writeParquet(
  path: string,
  columns: readonly TableColumn[],
  rows: number,
  { signal, onRows }: TableOptions,
): Promise<void> {
  const instance = await duckdb().DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener('abort', interrupt);
  const feed = new Feed(columns, rows, onRows);
  try {
    if (signal?.aborted) throw new InterruptedError();
    connection.registerTableFunction(feed.asFunction());
    const selected = columns.map(({ name, sql }, c) => `${(sql ?? String)(`c${c}`)} AS ${quoteName(name)}`);
    await connection.run(
      `COPY (SELECT ${selected.join(', ')} FROM ${FEED}()) TO ${quoteText(path)}
       (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows(columns)})`,
    );
  } catch (error) {
    throw signal?.aborted ? new InterruptedError() : (feed.failure ?? error);
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
    instance.closeSync();
  }
}

function groupRows(columns: readonly TableColumn[]): number {
  const fitting = GROUP_BYTES / columns.reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.min(GROUP_ROWS, VECTOR_ROWS * Math.max(1, Math.floor(fitting / VECTOR_ROWS)));
}

const FEED = 'rows_of_export';

/** Rows as a table function that DuckDB asks for one chunk after another. */
class Feed {
  /** What went wrong here; DuckDB hands on its words only. */
  failure: unknown = null;
  private next = 0;

  constructor(
    private readonly columns: readonly TableColumn[],
    private readonly rows: number,
    private readonly onRows: ((rows: number) => void) | undefined,
  ) {}

  asFunction(): DuckDBTableFunction {
    return duckdb().DuckDBTableFunction.create({
      name: FEED,
      bindFunction: (info) => {
        for (const [c, { type }] of this.columns.entries()) info.addResultColumn(`c${c}`, type);
      },
      initFunction: () => {},
      mainFunction: (_, chunk) => {
        try {
          this.fill(chunk);
        } catch (error) {
          this.failure = error;
          throw error;
        }
      },
    });
  }

  private fill(chunk: DuckDBDataChunk): void {
    const count = Math.min(VECTOR_ROWS, this.rows - this.next);
    chunk.rowCount = count;
    if (count === 0) return;
    for (const [c, { fill }] of this.columns.entries()) {
      const vector = chunk.getColumnVector(c);
      fill(vector, this.next);
      vector.flush();
    }
    this.next += count;
    this.onRows?.(count);
  }
}

export function texts(name: string, textOf: (row: number) => string): TableColumn {
  return {
    name,
    type: duckdb().VARCHAR,
    bytes: 24,
    fill: (vector, start) => setItems(vector, start, textOf),
  };
}

/** Numbers of the width that their array has. */
export function numbers(
  name: string,
  values: Float32Array | Float64Array,
  rowOf: (index: number) => number,
): TableColumn {
  const { DOUBLE, FLOAT } = duckdb();
  const type = values instanceof Float32Array ? FLOAT : DOUBLE;
  const fill = (vector: DuckDBVector, start: number): void =>
    setItems(vector, start, (i) => values[rowOf(i)]!);
  return { name, type, bytes: values.BYTES_PER_ELEMENT, fill };
}

/** Codes; one below 0 is NULL. */
export function codes(name: string, values: Int32Array): TableColumn {
  const fill = (vector: DuckDBVector, start: number): void =>
    setItems(vector, start, (i) => (values[i]! < 0 ? null : values[i]!));
  return { name, type: duckdb().INTEGER, bytes: 4, fill };
}

/** Lists of texts without line breaks. They travel as one text, which is many times faster. */
export function textLists(name: string, length: number, textOf: (row: number) => string): TableColumn {
  const sql = (c: string): string =>
    `CASE WHEN ${c} = '' THEN CAST([] AS VARCHAR[]) ELSE string_split(${c}, chr(10)) END`;
  return { ...texts(name, textOf), sql, bytes: 24 * length };
}

export function numberLists(
  name: string,
  kind: 'FLOAT' | 'INTEGER',
  length: number,
  listOf: (row: number) => Float32Array | Int32Array,
): TableColumn {
  const { LIST, listValue, [kind]: type } = duckdb();
  const fill = (vector: DuckDBVector, start: number): void =>
    setItems(vector, start, (i) => listValue(Array.from(listOf(i))));
  return { name, type: LIST(type), bytes: 16 + 4 * length, fill };
}

function setItems(
  vector: DuckDBVector,
  start: number,
  itemOf: (row: number) => Parameters<typeof vector.setItem>[1],
): void {
  for (let i = 0; i < vector.itemCount; i++) vector.setItem(i, itemOf(start + i));
}
