import type { PreparedData, Store } from '../types.js';

/** Programs that an export is for, and Parquet for any other. */
export const exportFormats = ['recbole', 'fuxictr', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Row numbers of each part, ascending. */
export type Parts = PreparedData['split'];

/** Rows of a store that are to be written, and what others should know about them. */
export interface Exported {
  readonly store: Store;
  /** Null: all rows, in no parts. */
  readonly parts: Parts | null;
  /** Column that is to be predicted, where one is named. */
  readonly label: string | null;
  readonly histories: readonly ExportedHistory[];
  /** What is passed on with the data. */
  readonly origin: Origin;
}

export interface Origin {
  readonly title: string;
  readonly licence: string | null;
  readonly citation: string | null;
}

/** A history for each row: its items are `item[start(row) .. end(row)-1]`, oldest first, at most `length`. */
export interface ExportedHistory {
  readonly name: string;
  readonly length: number;
  /** [events] */
  readonly item: Int32Array;
  start(row: number): number;
  end(row: number): number;
}

export interface WriteOptions {
  /** Once for every file. */
  readonly onProgress?: ((stage: string) => void) | undefined;
  /** Within a file: rows done, of how many. */
  readonly onCount?: ((done: number, total: number) => void) | undefined;
  /** Ends the writing with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes the files of one format.
 *
 * @param into the folder to fill
 * @param folder where it will be in the end, absolute: files that name each other name it
 * @returns what the user should know, one sentence each
 * @throws UserError when the format cannot hold the data
 */
export type Writer = (
  exported: Exported,
  into: string,
  folder: string,
  options: WriteOptions,
) => Promise<readonly string[]>;
