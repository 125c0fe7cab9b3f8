import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type CardInput, importInto, loadStore, parseCard } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A fresh folder with the given files. */
export function folderOf(files: Files): string {
  const from = temporaryFolder();
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(from, name)), { recursive: true });
    writeFileSync(join(from, name), contents);
  }
  return from;
}

export interface ImportSettings {
  readonly signal?: AbortSignal;
  readonly asFound?: boolean;
}

export async function importFrom(from: string, card: CardInput, settings: ImportSettings = {}) {
  const dataDir = join(from, '.stores');
  const folder = join(dataDir, 'tiny');
  const options = { dataDir, ...settings };
  const { report } = await importInto(parseCard(JSON.stringify(card), 'card.yaml'), from, folder, options);
  return { store: await loadStore(folder), report, folder, dataDir };
}

/** What comes out of an import of the given files. */
export function imported(files: Files, card: CardInput, settings: ImportSettings = {}) {
  return importFrom(folderOf(files), card, settings);
}

/** Writes the result of a query as Parquet. */
export async function writeParquet(path: string, sql: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  await duckdb.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
  duckdb.closeSync();
}
