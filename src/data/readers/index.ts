import type { Database } from '../database.js';
import type { ReaderName } from './names.js';

export interface ReaderContext {
  readonly database: Database;
  /** Of the names of the tables that are made. */
  readonly prefix: string;
  readonly signal: AbortSignal | undefined;
}

/** Turns files into tables of the database. */
export type Reader = (
  paths: readonly string[],
  context: ReaderContext,
) => Promise<{
  /** What a card calls a table -> its SQL name. */
  readonly tables: Readonly<Record<string, string>>;
  /** What was found, for the report of the import. */
  readonly notes: readonly string[];
}>;

const missing: Reader = async () => {
  throw new Error('not yet');
};

export const readers: Readonly<Record<ReaderName, Reader>> = {
  'kuaishou-pickle': missing,
  'eeg-svrec-json': missing,
};
