import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { explainWriteFailure, UserError } from '../base/index.js';

/** A file that grows by whole records. */
export class Stream {
  constructor(readonly path: string) {}

  /** Bytes so far; 0 where the file is not there yet. */
  get length(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  append(record: string | Uint8Array): void {
    try {
      appendFileSync(this.path, record);
    } catch (error) {
      throw explainWriteFailure(error, this.path);
    }
  }

  /** Brings what was appended to the disk, so that no checkpoint counts bytes that a power failure can take. */
  flush(): void {
    if (this.length === 0) return;
    const file = openSync(this.path, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** @throws UserError when the file is shorter: somebody changed it */
  cutBackTo(length: number): void {
    const found = this.length;
    if (found < length) {
      throw new UserError(
        `${this.path} has ${found} bytes where the checkpoint counts ${length}; it was changed after the run`,
        'Restore the file, or start the run anew.',
      );
    }
    if (found > length) truncateSync(this.path, length);
  }

  /** Cuts off a last line without its end, so that the next one stays whole. */
  cutTornLine(): void {
    if (this.length > 0) this.cutBackTo(readFileSync(this.path).lastIndexOf('\n') + 1);
  }
}

/** The whole lines of a JSON lines file; a last line without its end, torn or under way, is left out. */
export function readJsonLines<T>(path: string): T[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      try {
        return JSON.parse(line) as T;
      } catch {
        throw new UserError('this line is not JSON', 'Restore the file.', { file: path, line: i + 1 });
      }
    });
}
