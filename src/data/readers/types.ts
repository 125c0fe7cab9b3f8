import type { Database } from '../database.js';

export interface ReaderContext {
  readonly database: Database;
  /** Beginning of the names of all tables that the reader makes. */
  readonly prefix: string;
  /** Ends the work with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
  /** How much is done, of how much there is, in a unit of the reader's own. */
  readonly onCount?: ((done: number, total: number) => void) | undefined;
}

export interface ReaderResult {
  /** The tables: what a card calls each (`table: rows`) -> its name in SQL, quoted. */
  readonly tables: Readonly<Record<string, string>>;
  /** What was found, checked or left out: sentences for the report of an import. */
  readonly notes: readonly string[];
}

/**
 * Turns files of a format that is no table into tables of the database. Identifiers are BIGINT columns, other whole
 * numbers INTEGER, numbers DOUBLE, texts VARCHAR, lists of identifiers BIGINT[]; what a record lacks is NULL. A table's
 * rows stand in the order of the source: it is their order of insertion, which a scan keeps.
 *
 * @param paths files, all of the same kind; folders and patterns are expanded already
 * @throws UserError, with the place in the file, when it is damaged or not of the format
 */
export type Reader = (paths: readonly string[], context: ReaderContext) => Promise<ReaderResult>;
