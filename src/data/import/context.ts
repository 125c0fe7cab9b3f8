import type { Card } from '../card.js';
import type { Database } from '../database.js';
import type { Arrays } from './arrays.js';
import type { LogRows } from './logRows.js';
import type { Tables } from './tables.js';

/** What every step of an import works with. */
export interface ImportContext {
  readonly card: Card;
  readonly database: Database;
  readonly tables: Tables;
  readonly arrays: Arrays;
  /** Folder for temporary files. */
  readonly spill: string;
  /** What was found, dropped and why; one sentence each. */
  readonly report: string[];
  readonly signal: AbortSignal | undefined;
}

/** The same once the log is read. */
export interface FeatureContext extends ImportContext {
  readonly log: LogRows;
}
