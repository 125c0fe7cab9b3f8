import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hashFile, sha256, UserError } from '../base/index.js';
import type { ArrayVectorSpec, Card } from './card.js';
import type { SourceFile } from './manifest.js';

/** Changes when the same files would give another store. */
const READER_VERSION = 1;

/** Files that a card reads, as paths, with the checksum they should have. */
export function filesOfCard(card: Card, from: string): { path: string; md5: string | undefined }[] {
  const tables = Object.values(card.files).map(({ path, md5 }) => ({
    path: resolve(from, path as string),
    md5: md5 as string | undefined,
  }));
  const vectors = [card.items, card.users].flatMap(
    (room) => Object.values(room.vectors) as ArrayVectorSpec[],
  );
  const arrays = vectors.flatMap(({ path, ids }) => [path as string, ...(ids === undefined ? [] : [ids])]);
  return [...tables, ...arrays.map((path) => ({ path: resolve(from, path), md5: undefined }))];
}

/**
 * Size, time and checksum of every file of a card.
 *
 * @throws UserError when one is missing, not a file, empty, or another one than the card's md5 says
 */
export async function checkSources(card: Card, from: string, signal?: AbortSignal): Promise<SourceFile[]> {
  const sources: SourceFile[] = [];
  for (const { path, md5 } of filesOfCard(card, from)) {
    const info = await stat(path).catch(() => null);
    const problem = !info
      ? 'there is no such file'
      : !info.isFile()
        ? `is a ${info.isDirectory() ? 'folder' : 'device'}, not a file`
        : info.size === 0 && 'the file is empty';
    if (!info || problem) {
      throw new UserError(problem || 'unreadable', `The card ${card.name} reads it from ${resolve(from)}.`, {
        file: path,
      });
    }
    if (md5 !== undefined && (await hashFile(path, 'md5', signal)) !== md5) {
      throw new UserError(
        `not the file that the card describes: its md5 is not ${md5}`,
        'Download it again; for another version of the data write another card.',
        { file: path },
      );
    }
    sources.push({
      path,
      bytes: info.size,
      modifiedMs: info.mtimeMs,
      sha256: await hashFile(path, 'sha256', signal),
    });
  }
  return sources;
}

/**
 * Checks that files are still what they were when they were hashed, by size and time of change: what was read from
 * them since then is of the same state.
 *
 * @throws UserError naming the first that is not
 */
export async function requireUnchangedSources(sources: readonly SourceFile[]): Promise<void> {
  for (const { path, bytes, modifiedMs } of sources) {
    const info = await stat(path).catch(() => null);
    if (info && info.size === bytes && info.mtimeMs === modifiedMs) continue;
    throw new UserError('the file changed while it was imported', 'Import again when nothing writes it.', {
      file: path,
    });
  }
}

/** Content address of what a card makes of its files. Names, titles and places do not count. */
export function importFingerprint(card: Card, sources: readonly SourceFile[]): string {
  const { files, interactions, items, users } = card;
  const delimiters = Object.entries(files).map(([name, { delimiter }]) => [name, delimiter]);
  const contents = sources.map((source) => source.sha256);
  return sha256(JSON.stringify([READER_VERSION, delimiters, interactions, items, users, contents]));
}
