import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/index.js';
import { readManifest, storeNames } from '../data/index.js';
import { formatTable } from './output.js';

export interface ListedData {
  /** As commands and experiments take it. */
  readonly name: string;
  readonly title: string;
  readonly users: number;
  readonly items: number;
  readonly rows: number;
  /** On disk. */
  readonly bytes: number;
}

export interface DataList {
  readonly datasets: readonly ListedData[];
  /** Folders that look like data sets and cannot be read. */
  readonly unreadable: readonly { readonly name: string; readonly problem: string }[];
}

/** The data sets of a folder by name. Reads their manifests only. */
export async function listData(dataDir: string): Promise<DataList> {
  const datasets: ListedData[] = [];
  const unreadable: { name: string; problem: string }[] = [];
  for (const name of await storeNames(dataDir)) {
    try {
      const folder = join(dataDir, name);
      const { title, counts, files } = await readManifest(folder);
      datasets.push({ name, title, ...counts, bytes: await sizeOf(folder, Object.keys(files)) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push({ name, problem: error.problem });
    }
  }
  return { datasets, unreadable };
}

/** What `data list` says. */
export function dataListText(dataDir: string, { datasets, unreadable }: DataList): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [{ title: 'name' }, ...['rows', 'users', 'items', 'MB'].map(right), { title: 'what' }];
  const rows = datasets.map(({ name, title, users, items, rows: count, bytes }) => [
    name,
    ...[count, users, items].map((n) => n.toLocaleString('en')),
    (bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 }),
    title,
  ]);
  return [
    rows.length > 0 ? formatTable(columns, rows) : 'no data sets',
    ...unreadable.map(({ name, problem }) => `left out: ${name}: ${problem}`),
    `In ${dataDir}`,
  ].join('\n');
}

async function sizeOf(folder: string, files: readonly string[]): Promise<number> {
  const sizes = files.map(async (file) => (await stat(join(folder, file)).catch(() => null))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
