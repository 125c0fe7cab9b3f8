import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { NpyRows, npyShape, UserError } from '../../base/index.js';
import { asRows } from './arrayShape.js';
import { type ArraySource, FileArray, JoinedArrays } from './arraySource.js';
import { FolderArray } from './folderArray.js';
import { countHdf5, openHdf5 } from './hdf5.js';

export type { ArraySource } from './arraySource.js';

export interface ArrayOptions {
  /** HDF5: name of the data set of vectors. */
  readonly values: string;
  /** HDF5: name of the data set of identifiers; null: rows are numbered, whatever the file has. */
  readonly keys: string | null;
  /** Vectors an identifier. A matrix of that many rows for each is read as one with rows that are as many times wider. */
  readonly clips?: number | undefined;
  /** Folder for compressed values while they are in use. Default: the system's folder of temporary files. */
  readonly spill?: string;
}

/**
 * Opens what a card names as an array: `.npy` and HDF5 files (several follow one another), or a folder with one `.npy`
 * for each identifier. A file stays the one that was opened, whatever takes its name meanwhile; files of a folder are
 * opened when they are read.
 *
 * @throws UserError when something is missing, damaged, not of a kind that is read, or not alike
 */
export async function openArray(paths: readonly string[], options: ArrayOptions): Promise<ArraySource> {
  const parts: ArraySource[] = [];
  try {
    for (const path of paths) parts.push(await openOne(path, options));
    return parts.length === 1 ? parts[0]! : new JoinedArrays(parts, paths);
  } catch (error) {
    for (const part of parts) part.close();
    throw error;
  }
}

async function openOne(path: string, options: ArrayOptions): Promise<ArraySource> {
  const { clips, values, keys, spill = tmpdir() } = options;
  switch (await kindOf(path)) {
    case 'npy':
      return new FileArray(
        NpyRows.open(path, (shape) => asRows(shape, clips, path)),
        null,
      );
    case 'hdf5': {
      const { rows, ids } = await openHdf5(path, { values, keys, clips, spill });
      return new FileArray(rows, ids);
    }
    case 'folder':
      return new FolderArray(await filesOfArray(path), clips);
  }
}

/**
 * Number of rows of an array, of which the values are not read. Of an HDF5 file that of the data set `value`.
 *
 * @throws UserError as `openArray`
 */
export async function countRows(path: string): Promise<number> {
  switch (await kindOf(path)) {
    case 'npy':
      return asRows(npyShape(path), undefined, path)[0];
    case 'hdf5':
      return countHdf5(path, 'value');
    case 'folder':
      return (await filesOfArray(path)).length;
  }
}

/**
 * All files that the path of an array means, in order.
 *
 * @throws UserError when there is none, or not of a kind that is read
 */
export async function filesOfArray(path: string): Promise<string[]> {
  if ((await kindOf(path)) !== 'folder') return [path];
  const names = (await readdir(path)).filter((name) => extname(name) === '.npy').sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new UserError('the folder has no .npy files', 'Name one with a file for each identifier.', {
    file: path,
  });
}

async function kindOf(path: string): Promise<'npy' | 'hdf5' | 'folder'> {
  const info = await stat(path).catch(() => null);
  if (!info) throw new UserError('there is no such file', 'Check the path.', { file: path });
  if (info.isDirectory()) return 'folder';
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return 'npy';
    case '.h5':
    case '.hdf5':
    case '.hdf':
      return 'hdf5';
    default:
      throw new UserError(
        'not a kind of array that is read',
        'Name a .npy file, an HDF5 file (.h5, .hdf5, .hdf), or a folder of .npy files.',
        { file: path },
      );
  }
}
