import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Guess, type GuessOptions, guessCard } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';

/** Guesses the card of a file that is made of the given text or bytes. */
export async function guessOf(
  contents: string | Uint8Array,
  options: Partial<GuessOptions> & { readonly file?: string } = {},
): Promise<Guess> {
  const folder = temporaryFolder();
  const { file = 'log.csv', given, ...rest } = options;
  const path = join(folder, file);
  writeFileSync(path, contents);
  const spill = join(folder, 'spill');
  return guessCard(path, { given: given ?? { labels: [], categories: [] }, spill, ...rest });
}

/** Lines of cells, a header before them if there is one. */
export function csv(
  header: readonly string[] | null,
  rows: readonly (readonly (string | number)[])[],
  delimiter = ',',
): string {
  const lines = [...(header ? [header] : []), ...rows];
  return lines.map((line) => `${line.join(delimiter)}\n`).join('');
}

/** Of row i: 11 users and 20 videos, so that 220 rows meet every pair once. */
export const user = (i: number): number => 100 + (i % 11);
export const item = (i: number): number => 1 + ((i * 7) % 20);
export const rows = <T>(n: number, row: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => row(i));
