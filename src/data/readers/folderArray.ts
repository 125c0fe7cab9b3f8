import { closeSync, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { decodeNpy, npyShape, openFile, requireRows, sizeOf, UserError } from '../../base/index.js';
import type { ArraySource } from './arraySource.js';
import { finiteRows } from './finite.js';

/** A folder with a `.npy` file of one row for each identifier, opened and checked whenever its row is read. */
export class FolderArray implements ArraySource {
  readonly count: number;
  readonly width: number;
  readonly ids: readonly string[];
  private readonly shape: readonly number[];

  /**
   * @param files at least one; the identifiers are their names
   * @throws UserError when the first is no `.npy` file with numbers, or not of so many clips
   */
  constructor(
    private readonly files: readonly string[],
    clips: number | undefined,
  ) {
    const [first = ''] = files;
    this.count = files.length;
    this.ids = files.map((file) => basename(file, extname(file)));
    this.shape = npyShape(first);
    this.width = sizeOf(this.shape);
    const refuse = (problem: string, fix: string): UserError => new UserError(problem, fix, { file: first });
    if (this.width === 0)
      throw refuse(`the array is empty: its shape is [${this.shape}]`, 'Save at least one number.');
    if (clips === undefined || (this.shape.length > 1 && this.shape.at(-2) === clips)) return;
    throw refuse(
      `shape [${this.shape}] is not [${clips}, width], a vector for each of ${clips} clips`,
      'Correct `clips` in the card.',
    );
  }

  values(positions: Int32Array): Float32Array {
    const { width, files } = this;
    requireRows(positions, 0, this.count);
    const result = new Float32Array(positions.length * width);
    for (let i = 0; i < positions.length; i++) result.set(this.read(files[positions[i]!]!), i * width);
    return result;
  }

  close(): void {}

  private read(file: string): Float32Array {
    const { data, shape } = decodeNpy(readFile(file), file);
    const columns = shape.at(-1) ?? 1;
    if (String(shape) === String(this.shape)) return finiteRows(data, columns, (row) => row, file);
    throw new UserError(
      `shape [${shape}], but ${this.files[0]} has [${this.shape}]`,
      'All files of a folder must be of one shape.',
      { file },
    );
  }
}

function readFile(file: string): Uint8Array {
  const descriptor = openFile(file);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
