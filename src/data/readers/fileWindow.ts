import { type FileHandle, open } from 'node:fs/promises';
import { InterruptedError, UserError } from '../../base/index.js';

/**
 * A file read front to back through a buffer of fixed size, for parsers that are synchronous between two reads. What
 * is unread always lies in one piece at `bytes[position .. end-1]`.
 */
export class FileWindow {
  readonly bytes: Buffer;
  readonly view: DataView;
  position = 0;
  end = 0;
  /** Place in the file of `bytes[0]`. */
  private start = 0;

  private constructor(
    readonly path: string,
    /** Of the file, in bytes. */
    readonly size: number,
    private readonly file: FileHandle,
    private readonly signal: AbortSignal | undefined,
    capacity: number,
  ) {
    this.bytes = Buffer.alloc(capacity);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, capacity);
  }

  /**
   * @param signal ends the next read with an InterruptedError
   * @throws UserError when there is no such file, or it cannot be read
   */
  static async use<T>(
    path: string,
    capacity: number,
    signal: AbortSignal | undefined,
    work: (window: FileWindow) => Promise<T>,
  ): Promise<T> {
    const file = await open(path).catch((error: NodeJS.ErrnoException) => {
      const problem = error.code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${error.code})`;
      throw new UserError(problem, 'Check the path.', { file: path });
    });
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new UserError('is not a file', 'Check the path.', { file: path });
      return await work(new FileWindow(path, info.size, file, signal, Math.min(capacity, info.size + 1)));
    } finally {
      await file.close();
    }
  }

  /** Whether the buffer holds all that is left of the file. */
  get atEnd(): boolean {
    return this.start + this.end >= this.size;
  }

  /** Place in the file of a place in the buffer. */
  offsetOf(position: number): number {
    return this.start + position;
  }

  /** Goes back to the beginning of the file. */
  rewind(): void {
    this.start = 0;
    this.position = 0;
    this.end = 0;
  }

  /** Moves what is unread to the front and fills the buffer up, or reads to the end of the file. */
  async fill(): Promise<void> {
    const { bytes, position, end } = this;
    bytes.copyWithin(0, position, end);
    this.start += position;
    this.position = 0;
    this.end = end - position;
    while (!this.atEnd && this.end < bytes.length) {
      if (this.signal?.aborted) throw new InterruptedError();
      const wanted = Math.min(bytes.length - this.end, this.size - this.offsetOf(this.end));
      const { bytesRead } = await this.file.read(bytes, this.end, wanted, this.offsetOf(this.end));
      if (bytesRead === 0)
        throw new UserError(
          'the file became shorter while it was read',
          'Import again when nothing writes it.',
          { file: this.path },
        );
      this.end += bytesRead;
    }
  }
}
