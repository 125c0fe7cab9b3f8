import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { sha256 } from '../base/index.js';

/** What one call may read: less than the limit of the operating system. */
const READ_BYTES = 2 ** 30;

/** Closes files that nothing refers to any more. */
const forgotten = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/** A file that is open, so that it stays the same whatever takes its name, and is read later if at all. */
export class StoreFile {
  private constructor(private readonly descriptor: number) {}

  /** Null where there is no such file. */
  static open(path: string): StoreFile | null {
    try {
      const descriptor = openSync(path, 'r');
      const file = new StoreFile(descriptor);
      forgotten.register(file, descriptor, file);
      return file;
    } catch {
      return null;
    }
  }

  /** Nothing may be read afterwards. */
  close(): void {
    forgotten.unregister(this);
    closeSync(this.descriptor);
  }

  /** All of its bytes, in memory of their own; null where their SHA-256 is another one. */
  read(hash: string): Uint8Array | null {
    const { size } = fstatSync(this.descriptor);
    const bytes = Buffer.allocUnsafeSlow(size);
    let done = 0;
    while (done < size) {
      const got = readSync(this.descriptor, bytes, done, Math.min(READ_BYTES, size - done), done);
      if (got === 0) return null;
      done += got;
    }
    return sha256(bytes) === hash ? bytes : null;
  }
}
