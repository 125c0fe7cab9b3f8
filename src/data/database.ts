import { totalmem } from 'node:os';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import { duckdb, InterruptedError } from '../base/index.js';
import { TableAppender } from './tableAppender.js';

/** Of the machine's memory: the columns of the store take their part beside it, and what does not fit is spilled. */
const MEMORY_SHARE = 0.4;

/** An in-memory DuckDB for the length of one import. */
export class Database {
  private constructor(
    private readonly connection: DuckDBConnection,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * @param spill folder for what does not fit into memory; made when needed and removed again
   * @param signal ends the running query with an InterruptedError
   */
  static async use<T>(
    spill: string,
    signal: AbortSignal | undefined,
    work: (database: Database) => Promise<T>,
  ): Promise<T> {
    const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
    const instance = await duckdb().DuckDBInstance.create(':memory:', {
      temp_directory: spill,
      memory_limit: `${Math.floor(MEMORY_SHARE * (memory / 2 ** 20))}MiB`,
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'"); // dates without a zone, wherever it runs
    const interrupt = (): void => connection.interrupt();
    signal?.addEventListener('abort', interrupt);
    try {
      if (signal?.aborted) throw new InterruptedError();
      return await work(new Database(connection, signal));
    } catch (error) {
      throw signal?.aborted ? new InterruptedError() : error;
    } finally {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
    }
  }

  async run(sql: string): Promise<void> {
    this.requireWanted();
    await this.connection.run(sql);
  }

  /**
   * Adds rows to a table, whatever else runs meanwhile. Its rows can be seen once the appender is closed.
   *
   * @param table name of the table, not quoted
   */
  async appender(table: string): Promise<TableAppender> {
    return new TableAppender(await this.connection.createAppender(table));
  }

  /** The rows of a small result, as JavaScript values. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    this.requireWanted();
    return (await this.connection.runAndReadAll(sql)).getRowObjectsJS();
  }

  /** A count, sum or other single number. Null counts as 0. */
  async number(sql: string): Promise<number> {
    const [row] = await this.rows(sql);
    return Number(Object.values(row ?? {})[0] ?? 0);
  }

  /** The first column of a result, which holds no null. */
  async texts(sql: string): Promise<string[]> {
    const texts: string[] = [];
    for await (const chunk of this.chunks(sql)) {
      const vector = chunk.getColumnVector(0);
      const rows = chunk.rowCount; // asks DuckDB
      for (let i = 0; i < rows; i++) texts.push(vector.getItem(i) as string);
    }
    return texts;
  }

  /** Calls `onRow` with the texts of each row of a result, in order. None may be null. */
  async eachText(sql: string, onRow: (texts: readonly string[]) => void): Promise<void> {
    for await (const chunk of this.chunks(sql)) {
      const vectors = Array.from({ length: chunk.columnCount }, (_, c) => chunk.getColumnVector(c));
      const rows = chunk.rowCount;
      for (let i = 0; i < rows; i++) onRow(vectors.map((vector) => vector.getItem(i) as string));
    }
  }

  /**
   * Copies the columns of a result, in order, into the given arrays; `null` becomes `missing`. Of numbers only: in a
   * loop that sees texts as well, every value would take twice as long.
   */
  async fill(
    sql: string,
    columns: readonly (Uint8Array | Int32Array | Float32Array | Float64Array)[],
    options: { readonly missing?: number; readonly onRows?: (done: number) => void } = {},
  ): Promise<void> {
    const { missing = Number.NaN, onRows } = options;
    let done = 0;
    for await (const chunk of this.chunks(sql)) {
      const rows = chunk.rowCount;
      for (let c = 0; c < columns.length; c++) {
        copyNumbers(chunk.getColumnVector(c), rows, columns[c]!, done, missing);
      }
      done += rows;
      onRows?.(done);
    }
  }

  /** An interrupt that comes between two queries reaches neither. */
  private requireWanted(): void {
    if (this.signal?.aborted) throw new InterruptedError();
  }

  private async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk> {
    this.requireWanted();
    const result = await this.connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk())
      yield chunk;
  }
}

/** Copies a chunk's column: at once where its memory is of the wanted kind and nothing in it is null. */
function copyNumbers(
  vector: DuckDBVector,
  rows: number,
  into: Uint8Array | Int32Array | Float32Array | Float64Array,
  at: number,
  missing: number,
): void {
  // How the vector keeps its values is not part of its interface, hence the questions; value by value is always right.
  const { items, validity } = vector as { items?: unknown; validity?: { data?: unknown } };
  if (validity?.data === null && items?.constructor === into.constructor) {
    into.set((items as typeof into).subarray(0, rows), at);
    return;
  }
  for (let i = 0; i < rows; i++) into[at + i] = (vector.getItem(i) as number | null) ?? missing;
}

/** A column or table name in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
