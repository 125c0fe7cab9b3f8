import { constants, existsSync, type Stats } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../base/index.js';

/** What a card's path means: a file, or the files of a folder or pattern. */
export interface SourcePath {
  /** As the card says it, made absolute. */
  readonly path: string;
  /** The files in order of their names; of a file itself alone. */
  readonly files: readonly { readonly path: string; readonly stat: Stats }[];
  /** Whether the path stands for as many files as there happen to be. */
  readonly several: boolean;
}

/**
 * Finds the files that a path of a card stands for. A `*` stands for any characters but `/`; of a folder all files count,
 * also those in folders in it (as Spark and DuckDB write partitions), but none whose name begins with `_` or `.`.
 *
 * @throws UserError when there are none, or one is empty
 */
export async function findFiles(from: string, path: string): Promise<SourcePath> {
  const absolute = resolve(from, path);
  const info = await stat(absolute).catch(() => null);
  if (info?.isFile()) {
    if (info.size === 0) throw new UserError('the file is empty', emptyHint, { file: absolute });
    await requireReadable(absolute);
    return { path: absolute, files: [{ path: absolute, stat: info }], several: false };
  }
  if (info && !info.isDirectory()) {
    throw new UserError('is a device, not a file', undefined, { file: absolute });
  }
  if (!info) await requireFolder(from);
  const found = info ? await filesBelow(absolute) : path.includes('*') ? await matching(absolute) : [];
  if (found.length === 0) {
    throw new UserError(
      info
        ? 'the folder holds no files'
        : path.includes('*')
          ? 'no file fits this pattern'
          : 'there is no such file',
      `It is looked for in ${resolve(from)}: give its folder as --from, or with --set data.source.from=FOLDER.`,
      { file: absolute },
    );
  }
  const files = await Promise.all(found.map(async (file) => ({ path: file, stat: await stat(file) })));
  const folder = files.find((file) => file.stat.isDirectory());
  if (folder) {
    throw new UserError(
      `is a folder that the pattern ${path} fits`,
      'Name the folder, or a pattern of its files.',
      {
        file: folder.path,
      },
    );
  }
  const empty = files.find((file) => file.stat.size === 0);
  if (empty) throw new UserError('the file is empty', emptyHint, { file: empty.path });
  for (const file of files) await requireReadable(file.path);
  return { path: absolute, files, several: true };
}

const emptyHint = 'Download it again, or leave it out of the card.';

async function requireReadable(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot be opened (${error.code})`, 'Change its permissions.', { file });
  });
}

/** Where a file is not found, its folder may be the file itself. */
async function requireFolder(from: string): Promise<void> {
  const info = await stat(from).catch(() => null);
  if (!info?.isFile()) return;
  throw new UserError(
    '--from (or data.source.from) is a file, not a folder',
    `Name the folder of the card's files: ${dirname(resolve(from))}`,
    { file: resolve(from) },
  );
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !file
          .slice(folder.length)
          .split(/[\\/]/)
          .some((word) => /^[_.]/.test(word)),
    )
    .sort();
}

/** What fits a pattern, folder by folder. A folder that is there under a name with a `*` is meant itself. */
async function matching(pattern: string): Promise<string[]> {
  const parent = dirname(pattern);
  const folders = parent.includes('*') && !existsSync(parent) ? await matching(parent) : [parent];
  const name = new RegExp(`^${basename(pattern).split('*').map(escaped).join('[^/]*')}$`);
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder).catch((): string[] => []);
      return names.filter((entry) => name.test(entry)).map((entry) => join(folder, entry));
    }),
  );
  return found.flat().sort();
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
