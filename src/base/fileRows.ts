import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { UserError } from './errors.js';
import { hashFile } from './files.js';
import { requireRows } from './gather.js';
import type { NpyData, NpyLayout } from './npy.js';

/** What one call may read: less than the limit of the operating system. */
const READ_BYTES = 2 ** 30;

/** Closes the files of matrices that nothing refers to any more. */
const forgotten = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/**
 * A matrix in an open file of which only the rows asked for are read; the operating system's cache of the file is the
 * only one. The file stays open until `close`, or as long as the matrix is in use, so another file that takes its name
 * changes nothing.
 */
export class FileRows {
  /**
   * @param descriptor of the open file, which belongs to the matrix from now on
   * @param layout of `count * width` values
   * @param file name for messages
   */
  constructor(
    private readonly descriptor: number,
    private readonly layout: NpyLayout,
    readonly file: string,
    readonly count: number,
    readonly width: number,
  ) {
    forgotten.register(this, descriptor, this);
  }

  /** Size and times of the file that is open, whatever has its name by now. */
  stat(): Stats {
    return fstatSync(this.descriptor);
  }

  /** SHA-256 of that file. */
  hash(): Promise<string> {
    return hashFile(this.descriptor);
  }

  /** Nothing may be read afterwards. */
  close(): void {
    if (forgotten.unregister(this)) closeSync(this.descriptor);
  }

  /**
   * The rows at the given positions, row-major [N, width], as the file holds them (widened as by `decodeNpy`), in a
   * fresh array. Neighbours are read at once.
   *
   * @throws RangeError for a position outside
   */
  values(positions: Int32Array): NpyData {
    const { layout, width } = this;
    requireRows(positions, 0, this.count);
    const rowBytes = width * layout.bytesPerValue;
    // Memory of its own (not of the pool), so the values are aligned; every byte is overwritten.
    const buffer = Buffer.allocUnsafeSlow(positions.length * rowBytes);
    for (let start = 0, end: number; start < positions.length; start = end) {
      end = start + 1;
      while (end < positions.length && positions[end] === positions[end - 1]! + 1) end++;
      this.readInto(buffer, start * rowBytes, (end - start) * rowBytes, positions[start]! * rowBytes);
    }
    return layout.read(buffer.buffer, 0, positions.length * width);
  }

  /** The same as float32. */
  rows(positions: Int32Array): Float32Array {
    const values = this.values(positions);
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }

  private readInto(buffer: Buffer, to: number, length: number, from: number): void {
    const { dataStart } = this.layout;
    for (let done = 0, bytes: number; done < length; done += bytes) {
      const wanted = Math.min(READ_BYTES, length - done);
      bytes = readSync(this.descriptor, buffer, to + done, wanted, dataStart + from + done);
      if (bytes > 0) continue;
      throw new UserError('the file became shorter while it was read', 'Copy or make it again.', {
        file: this.file,
      });
    }
  }
}

/**
 * Descriptor of a file that is open for reading.
 *
 * @throws UserError when it cannot be opened
 */
export function openFile(file: string): number {
  let problem: string;
  try {
    const descriptor = openSync(file, 'r');
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    problem = 'is no file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    problem = code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${code})`;
  }
  throw new UserError(problem, 'Check the path.', { file });
}
