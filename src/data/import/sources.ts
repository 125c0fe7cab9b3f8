import { createHash } from 'node:crypto';
import { hashFile, sha256, UserError } from '../../base/index.js';
import type { Card } from '../card.js';
import type { SourceFile } from '../manifest.js';
import { findFiles, type SourcePath } from './paths.js';

/** Changes when the same files would give another store. */
const READER_VERSION = 3;

/** A path of a card, with the checksum it should have. */
export interface NamedPath {
  readonly path: string;
  readonly md5: string | undefined;
}

/** Every path that a card reads, each once. */
export function pathsOfCard(card: Card): NamedPath[] {
  const found = new Map<string, string | undefined>();
  const add = (path: string, md5?: string): void => {
    if (md5 !== undefined || !found.has(path)) found.set(path, md5);
  };
  for (const { path, md5, itemOffset } of Object.values(card.files)) {
    listOf(path).forEach((one, i) => {
      add(one, listOf(md5)[i]);
    });
    if (typeof itemOffset === 'string') add(itemOffset);
  }
  for (const { vectors } of [card.items, card.users]) {
    for (const vector of Object.values(vectors)) {
      if (!('path' in vector)) continue;
      for (const one of listOf(vector.path)) add(one);
      if (vector.ids !== undefined) add(vector.ids);
    }
  }
  return [...found].map(([path, md5]) => ({ path, md5 }));
}

/** One or more of something as a list; none where it is undefined. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** How to take files that are not those of a card; what reads them by the card has no such option. */
export function asFoundHint({ name }: Card, from: string): string {
  return `To take them as they are: mvrec data import CARD --from ${from} --as-found, then source: { store: ${name} }.`;
}

export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told when a file is not the one of the card's md5; default: that is an error. */
  readonly onOther?: (problem: string) => void;
}

/**
 * Every source of a card, with its size and time of change.
 *
 * @throws UserError when one is missing, not a file, empty, or another one than the card's md5 says
 */
export async function findSources(
  card: Card,
  from: string,
  options: CheckOptions = {},
): Promise<SourcePath[]> {
  const sources: SourcePath[] = [];
  for (const { path, md5 } of pathsOfCard(card)) {
    const found = await findFiles(from, path);
    if (md5 !== undefined) await requireMd5(found, md5, asFoundHint(card, from), options);
    sources.push(found);
  }
  return sources;
}

/** The same with their checksums. */
export async function hashSources(
  sources: readonly SourcePath[],
  signal?: AbortSignal,
): Promise<SourceFile[]> {
  const hashed: SourceFile[] = [];
  for (const source of sources) {
    hashed.push({ ...stampOfSource(source), sha256: await hashSource(source, signal) });
  }
  return hashed;
}

async function requireMd5(
  { path, several }: SourcePath,
  md5: string,
  otherwise: string,
  { signal, onOther }: CheckOptions,
): Promise<void> {
  if (several) {
    throw new UserError(
      'is a folder, and the card gives the MD5 of a file',
      'Name its files in the card, or leave md5 out.',
      { file: path },
    );
  }
  if ((await hashFile(path, 'md5', signal)) === md5) return;
  const problem = `not the file that the card describes: its md5 is not ${md5}`;
  if (onOther) return onOther(`${path}: ${problem}`);
  throw new UserError(
    problem,
    `Download it again, or write another card for another version of the data. ${otherwise}`,
    { file: path },
  );
}

/** Size and time of change; of several files their sum, and the latest. */
export function stampOfSource({
  path,
  files,
}: SourcePath): Pick<SourceFile, 'path' | 'bytes' | 'modifiedMs'> {
  return {
    path,
    bytes: files.reduce((sum, { stat }) => sum + stat.size, 0),
    modifiedMs: Math.max(...files.map(({ stat }) => stat.mtimeMs)),
  };
}

/** SHA-256 of a file; of several a hash of their names and hashes. */
async function hashSource(
  { path, files, several }: SourcePath,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (!several) return hashFile(files[0]!.path, 'sha256', signal);
  const all = createHash('sha256');
  for (const file of files) {
    all.update(`${file.path.slice(path.length)} ${await hashFile(file.path, 'sha256', signal)}\n`);
  }
  return all.digest('hex');
}

/**
 * Checks that sources are still what they were when they were hashed, by size and time of change: what was read from
 * them since then is of the same state.
 *
 * @throws UserError naming the first that is not
 */
export async function requireUnchangedSources(sources: readonly SourceFile[]): Promise<void> {
  for (const source of sources) {
    if (await isUnchanged(source)) continue;
    throw new UserError('the file changed while it was imported', 'Import again when nothing writes it.', {
      file: source.path,
    });
  }
}

/** Whether size and time of change of a source are as they were. */
export async function isUnchanged({ path, bytes, modifiedMs }: SourceFile): Promise<boolean> {
  const found = await findFiles('/', path).catch(() => null);
  if (!found) return false;
  const now = stampOfSource(found);
  return now.bytes === bytes && now.modifiedMs === modifiedMs;
}

/** Content address of what a card makes of its files. Names, titles, expectations and places do not count. */
export function importFingerprint(card: Card, sources: readonly SourceFile[]): string {
  const { files, interactions, items, users } = card;
  const reading = Object.entries(files).map(([name, { path: _, md5: __, ...how }]) => [name, how]);
  const contents = sources.map((source) => source.sha256);
  return sha256(JSON.stringify([READER_VERSION, reading, interactions, items, users, contents]));
}
