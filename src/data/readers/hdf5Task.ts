import type { FileIdentity } from './hdf5Library.js';

/** What the thread gets: an HDF5 file that is open here, and what to read of it. */
export interface Hdf5Task {
  readonly file: string;
  readonly descriptor: number;
  readonly identity: FileIdentity;
  /** Name of the data set of vectors. */
  readonly values: string;
  /** Name of that of identifiers; null: none is wanted. */
  readonly keys: string | null;
  /** Vectors an identifier. */
  readonly clips: number | undefined;
  /** Folder that unpacked values are written to, for messages. */
  readonly spill: string;
}

/** What the thread says, in this order. */
export type Hdf5Answer =
  /** The values are `count * width` of a type (numpy's name) from `offset` in the file on. */
  | {
      readonly kind: 'values';
      readonly descr: string;
      readonly count: number;
      readonly width: number;
      /** Null: they lie in chunks, and the thread waits for the descriptor of an empty file to unpack them into. */
      readonly offset: number | null;
    }
  | { readonly kind: 'unpacked'; readonly rows: number }
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'done' }
  /** In the place of all that would follow. */
  | { readonly kind: 'failed'; readonly problem: string; readonly fix: string | undefined };
