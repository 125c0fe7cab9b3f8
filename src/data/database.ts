import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { InterruptedError } from '../base/index.js';

/** An in-memory DuckDB for the length of one import. */
export class Database {
  private constructor(private readonly connection: DuckDBConnection) {}

  /**
   * @param spill folder for what does not fit into memory; made when needed and removed again
   * @param signal ends the running query with an InterruptedError
   */
  static async use<T>(
    spill: string,
    signal: AbortSignal | undefined,
    work: (database: Database) => Promise<T>,
  ): Promise<T> {
    const instance = await DuckDBInstance.create(':memory:', { temp_directory: spill });
    const connection = await instance.connect();
    const interrupt = (): void => connection.interrupt();
    signal?.addEventListener('abort', interrupt);
    try {
      if (signal?.aborted) throw new InterruptedError();
      return await work(new Database(connection));
    } catch (error) {
      throw signal?.aborted ? new InterruptedError() : error;
    } finally {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
    }
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** The rows of a small result, as JavaScript values. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    return (await this.connection.runAndReadAll(sql)).getRowObjectsJS();
  }

  /** A count, sum or other single number. Null counts as 0. */
  async number(sql: string): Promise<number> {
    const [row] = await this.rows(sql);
    return Number(Object.values(row ?? {})[0] ?? 0);
  }

  /** Copies the columns of a result, in order, into the given arrays; `null` becomes `missing`. */
  async fill(
    sql: string,
    columns: readonly { [row: number]: unknown }[],
    options: { readonly missing?: number; readonly onRows?: (done: number) => void } = {},
  ): Promise<void> {
    const result = await this.connection.stream(sql);
    let done = 0;
    for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
      for (let c = 0; c < columns.length; c++) {
        const vector = chunk.getColumnVector(c);
        const column = columns[c]!;
        for (let i = 0; i < chunk.rowCount; i++) column[done + i] = vector.getItem(i) ?? options.missing;
      }
      done += chunk.rowCount;
      options.onRows?.(done);
    }
  }
}

/** A column or table name in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
