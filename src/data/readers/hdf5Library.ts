import { statSync } from 'node:fs';
import { type Filter, type Metadata, ready } from 'h5wasm/node';
import { UserError } from '../../base/index.js';

type Library = Awaited<typeof ready>;

/** What is changed of Emscripten's file system; the types that come with it leave it out. */
interface Files {
  open(path: string, ...how: unknown[]): unknown;
  read(stream: { position: number }, ...what: FileBytes): number;
  write(stream: unknown, ...what: FileBytes): number;
  readonly ErrnoError: new (code: number) => Error;
}
type FileBytes = [buffer: Int8Array, offset: number, length: number, position?: number];

/** Device and number of a file, whatever its name. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** With which the parts of an index of chunks begin: B-trees of both versions, fixed and extensible arrays. */
const indexSignatures = new Set([
  'TREE',
  'BTHD',
  'BTIN',
  'BTLF',
  'FAHD',
  'FADB',
  'EAHD',
  'EAIB',
  'EASB',
  'EADB',
]);

const NO_ENTRY = 44; // ENOENT, as WASI numbers it

/**
 * One HDF5 file in the HDF5 library, which is C compiled to WebAssembly. A thread can have one only. The library sees
 * no file but this (HDF5 files can name others: by links, for their values, as plugins), and what it prints is kept for
 * messages.
 *
 * Whatever goes wrong in the library, a trap of WebAssembly included, becomes a UserError; nothing may be called then.
 */
export class Hdf5Library {
  private id = 0n;
  private said = '';
  /** How many times the library has read something of the file that is no part of an index of chunks: a chunk, mostly. */
  chunkReads = 0;
  /** Where in the file it last began to read, in bytes. */
  lastRead = -1;

  private constructor(
    private readonly library: Library,
    private readonly identity: FileIdentity,
  ) {}

  /**
   * @param identity of the file that must have that path
   * @throws UserError when another has, or it is no HDF5 file, or damaged where that shows first
   */
  static async open(path: string, identity: FileIdentity): Promise<Hdf5Library> {
    if (!hasIdentity(path, identity)) {
      throw new UserError('another file took its name while it was opened', 'Run the command again.');
    }
    const file = new Hdf5Library(await ready, identity);
    file.confine();
    file.id = file.call((library) => library.open(path, library.H5F_ACC_RDONLY, false, -1, -1));
    if (file.id <= 0n) throw file.damage();
    return file;
  }

  close(): void {
    this.call((library) => library.close_file(this.id));
  }

  /** Names of all data sets, those in groups with the way to them; fit to be printed. */
  names(): string[] {
    const all = this.call((library) => library.get_names(this.id, '/', true));
    return all.filter((name) => this.has(name)).map((name) => name.replace(/\p{C}/gu, '\ufffd'));
  }

  has(name: string): boolean {
    return this.call((library) => library.get_type(this.id, name) === library.H5G_DATASET);
  }

  /** Type, shape and layout of a data set that is there. */
  metadata(name: string): Metadata {
    return this.call((library) => library.get_dataset_metadata(this.id, name));
  }

  /** What packs a data set, in the order in which it was applied. */
  filters(name: string): Filter[] {
    return this.call((library) => library.get_dataset_filters(this.id, name));
  }

  /**
   * Reads the rows `start .. start + count - 1` of a data set.
   *
   * @param use is given their bytes, little endian, where they lie in the library's memory, and the whole of that
   * memory, which pointers among them count from; both are void afterwards
   */
  rows<T>(
    name: string,
    { shape, size, vlen }: Metadata,
    start: number,
    count: number,
    use: (bytes: Uint8Array, memory: Uint8Array) => T,
  ): T {
    const sides = [count, ...shape!.slice(1)];
    const bytes = sides.reduce((product, side) => product * side, size);
    const place = this.call(({ _malloc, MAXIMUM_MEMORY }) => (bytes < MAXIMUM_MEMORY ? _malloc(bytes) : 0));
    if (place === 0) {
      throw new UserError(
        `${name} is read in pieces of ${bytes} bytes, for which there is no memory`,
        'If its shape is right, write it in smaller chunks.',
      );
    }
    const extent = sides.map(BigInt);
    const from = sides.map((_, axis) => BigInt(axis === 0 ? start : 0));
    const steps = sides.map(() => 1n);
    const status = this.call((library) =>
      library.get_dataset_data(this.id, name, extent, from, steps, BigInt(place)),
    );
    if (status < 0) throw this.damage();
    const memory = this.library.HEAPU8;
    const result = use(memory.subarray(place, place + bytes), memory);
    this.call((library) => {
      if (vlen) library.reclaim_vlen_memory_count(this.id, name, '', BigInt(place), extent);
      library._free(place);
    });
    return result;
  }

  private call<T>(f: (library: Library) => T): T {
    this.said = '';
    try {
      return f(this.library);
    } catch (error) {
      throw this.damage((error as Error).message);
    }
  }

  /** @param otherwise the cause, where the library printed none; of those that it prints the last is the innermost */
  private damage(otherwise = 'no reason given'): UserError {
    const causes = [...this.said.matchAll(/^ *#\d+: .* in \w+\(\): (.*?)(?:: time = .*)?$/gm)];
    return new UserError(
      `the HDF5 library cannot read it: ${causes.at(-1)?.[1] ?? otherwise}`,
      'It is damaged or cut off: copy or download it again.',
    );
  }

  private confine(): void {
    const files = this.library.FS as unknown as Files;
    const { open, read } = files;
    files.open = (path, ...how) => {
      if (!hasIdentity(path, this.identity)) throw new files.ErrnoError(NO_ENTRY);
      return open(path, ...how);
    };
    files.read = (stream, buffer, offset, length, position) => {
      this.lastRead = position ?? stream.position;
      const done = read(stream, buffer, offset, length, position);
      const signature = Buffer.from(buffer.subarray(offset, offset + 4)).toString('latin1');
      if (!indexSignatures.has(signature)) this.chunkReads++;
      return done;
    };
    // The file is open for reading only, so all that is written are messages.
    files.write = (_stream, buffer, offset, length) => {
      this.said += Buffer.from(buffer.subarray(offset, offset + length)).toString();
      return length;
    };
  }
}

function hasIdentity(path: string, { dev, ino }: FileIdentity): boolean {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.dev === dev && found.ino === ino;
}
