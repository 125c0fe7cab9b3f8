import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, NpyRows, npyHeader, UserError } from '../../base/index.js';
import type { VectorFeature, VectorTraits } from '../types.js';
import { StreamedVectors } from '../vectors.js';

const CHUNK_ROWS = 4096;

/** Writes vectors that come as texts, in ascending order of their owners, to a temporary file; the missing are zero. */
export class VectorSpill {
  /** Owners that have one. */
  added = 0;
  /** Texts of owners that had one already. */
  repeated = 0;
  private readonly file: string;
  private readonly descriptor: number;
  private width = 0;
  private dataStart = 0;
  private last = -1;
  private chunk = new Float32Array(0);
  /** Owner of the chunk's first row. */
  private first = 0;

  constructor(
    folder: string,
    name: string,
    private readonly count: number,
  ) {
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, `${name}.npy`);
    this.descriptor = openSync(this.file, 'w');
  }

  /** @returns what is wrong with the text, or null. The first of several texts of an owner counts. */
  add(owner: number, text: string): string | null {
    if (owner === this.last) {
      this.repeated++;
      return null;
    }
    const numbers = text === '' ? [] : text.split(' ');
    if (this.width === 0) this.begin(numbers.length);
    if (numbers.length !== this.width || this.width === 0) {
      return `has ${numbers.length} numbers, the first vector ${this.width}`;
    }
    if (owner - this.first >= CHUNK_ROWS) this.flush(owner);
    const at = (owner - this.first) * this.width;
    for (let w = 0; w < this.width; w++) {
      const value = Math.fround(Number(numbers[w]));
      if (!Number.isFinite(value)) return `has ${numbers[w]} at place ${w + 1}, not a finite float32 number`;
      this.chunk[at + w] = value;
    }
    this.last = owner;
    this.added++;
    return null;
  }

  private begin(width: number): void {
    this.width = width;
    const header = npyHeader('<f4', [this.count, width]);
    this.dataStart = header.length;
    writeSync(this.descriptor, header);
    ftruncateSync(this.descriptor, header.length + this.count * width * 4);
    this.chunk = new Float32Array(CHUNK_ROWS * width);
  }

  private flush(next: number): void {
    const rows = Math.min(CHUNK_ROWS, this.count - this.first);
    const bytes = bytesOf(this.chunk.subarray(0, rows * this.width));
    writeSync(this.descriptor, bytes, 0, bytes.length, this.dataStart + this.first * this.width * 4);
    this.chunk.fill(0);
    this.first = next;
  }

  /** The file may still be read. */
  close(): void {
    closeSync(this.descriptor);
  }

  /** @throws UserError when there was no text at all */
  finish(source: string, traits: VectorTraits): VectorFeature {
    if (this.added > 0) this.flush(this.count);
    if (this.added > 0) return new StreamedVectors(NpyRows.open(this.file), traits);
    throw new UserError('no row of the file belongs to the log', 'Are these the features of other data?', {
      file: source,
    });
  }
}
