import { resolve } from 'node:path';
import { writeFolder } from './folder.js';
import { writeFuxictr } from './fuxictr.js';
import { writeParquetExport } from './parquet.js';
import { writeRecbole } from './recbole.js';
import type { Exported, ExportFormat, WriteOptions, Writer } from './types.js';

export { requireFree } from './folder.js';
export { originOf } from './origin.js';
export { ofDataSet, ofExperiment, type SelectOptions } from './select.js';
export { type Exported, type ExportFormat, exportFormats, type Origin, type WriteOptions } from './types.js';

const writers: Readonly<Record<ExportFormat, Writer>> = {
  recbole: writeRecbole,
  fuxictr: writeFuxictr,
  parquet: writeParquetExport,
};

export interface ExportOptions extends WriteOptions {
  readonly to: ExportFormat;
  /** Folder to make. */
  readonly folder: string;
  /** Whether an export that is there may be replaced. */
  readonly replace: boolean;
  /** What `export.json` keeps of how the rows were chosen. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** What was written. */
export interface ExportSummary {
  readonly to: ExportFormat;
  readonly dataset: string;
  readonly fingerprint: string;
  readonly caveat: string | null;
  readonly users: number;
  readonly items: number;
  /** Rows of each part, or of `all`. */
  readonly rows: Readonly<Record<string, number>>;
  /** What the files cannot hold as it is, one sentence each. */
  readonly notes: readonly string[];
  readonly [more: string]: unknown;
}

/**
 * Writes rows of a store for another program, into a folder that appears whole or not at all.
 *
 * @throws UserError when the format cannot hold the data, or the folder is taken or cannot be written
 */
export async function exportData(
  exported: Exported,
  { to, folder, replace, request, ...options }: ExportOptions,
): Promise<ExportSummary> {
  const target = resolve(folder);
  const { store, parts, label, histories, origin } = exported;
  return writeFolder(target, replace, async (into) => {
    const notes = await writers[to](exported, into, target, options);
    const rows: Record<string, number> = parts
      ? { train: parts.train.length, validation: parts.validation.length, test: parts.test.length }
      : { all: store.interactions.rows };
    return {
      to,
      dataset: store.name,
      fingerprint: store.fingerprint,
      caveat: store.caveat,
      ...origin,
      request,
      label,
      histories: Object.fromEntries(histories.map(({ name, length }) => [name, length])),
      users: store.userIds.length,
      items: store.itemIds.length,
      rows,
      notes,
    };
  });
}
