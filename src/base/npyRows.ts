import { closeSync, fstatSync, readSync } from 'node:fs';
import { UserError } from './errors.js';
import { FileRows, openFile } from './fileRows.js';
import { type NpyLayout, parseNpy } from './npy.js';

/** More than any header of a matrix; numpy pads them to a multiple of 64 bytes. */
const HEADER_BYTES = 65536;

/** How many rows an array has, and how many values a row. */
type RowShape = readonly [count: number, width: number];

/** A matrix in a `.npy` file, read by rows. */
export class NpyRows extends FileRows {
  /**
   * @param rowShape makes rows of an array's shape, or throws; default: matrices [rows, width] only
   * @throws UserError when the file is missing, or no whole `.npy` file that `decodeNpy` would read and has rows
   */
  static open(
    file: string,
    rowShape: (shape: readonly number[], file: string) => RowShape = matrix,
  ): NpyRows {
    return withHeader(file, (descriptor, layout) => {
      const [count, width] = rowShape(layout.shape, file);
      return new NpyRows(descriptor, layout, file, count, width);
    });
  }
}

/**
 * Shape of the array in a `.npy` file, of which only the header is read.
 *
 * @throws UserError when the file is missing, or no whole `.npy` file that `decodeNpy` would read
 */
export function npyShape(file: string): readonly number[] {
  return withHeader(file, (descriptor, { shape }) => {
    closeSync(descriptor);
    return shape;
  });
}

/** Opens a file and closes it when something is wrong with it; else `use` has the descriptor. */
function withHeader<T>(file: string, use: (descriptor: number, layout: NpyLayout) => T): T {
  const descriptor = openFile(file);
  try {
    const { size } = fstatSync(descriptor);
    const head = Buffer.alloc(Math.min(HEADER_BYTES, size));
    readSync(descriptor, head, 0, head.length, 0);
    return use(descriptor, parseNpy(head, size, file));
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function matrix(shape: readonly number[], file: string): RowShape {
  const [count, width] = shape;
  if (shape.length === 2 && count !== undefined && width) return [count, width];
  throw new UserError(
    `expected a matrix [rows, width], found shape [${shape}]`,
    'Save one row per identifier.',
    { file },
  );
}
