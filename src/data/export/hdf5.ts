import { InterruptedError, UserError } from '../../base/index.js';
import type { VectorFeature } from '../types.js';
import type { WriteOptions } from './types.js';

/** Values of vectors that are in memory at a time while they are written; also what HDF5 keeps together. */
const CHUNK_VALUES = 2 ** 20;

/**
 * Writes vectors as reczoo's files have them: data sets `key`, the identifiers, and `value`, float32 [count, width].
 * Whole numbers become int64 keys, other identifiers strings of a fixed length.
 *
 * @throws UserError for an identifier that is neither, the system's words when the disk is full
 */
export async function writeVectors(
  path: string,
  ids: readonly string[],
  vector: VectorFeature,
  { signal, onRows }: Pick<WriteOptions, 'signal'> & { readonly onRows?: (rows: number) => void },
): Promise<void> {
  const keys = keysOf(ids);
  const { ready, File } = await import('h5wasm/node');
  const library = await ready;
  library.activate_throwing_error_handler(); // it would print and go on otherwise
  try {
    const file = new File(path, 'w');
    try {
      file.create_dataset({ name: 'key', ...keys });
      for await (const rows of writeValues(file, ids.length, vector)) {
        if (signal?.aborted) throw new InterruptedError();
        onRows?.(rows);
      }
    } finally {
      file.close();
    }
  } finally {
    library.deactivate_throwing_error_handler();
  }
}

/** Writes the data set `value` by stretches; yields after each, with its number of rows. */
async function* writeValues(
  file: import('h5wasm').File,
  count: number,
  vector: VectorFeature,
): AsyncGenerator<number> {
  const { width } = vector;
  const step = Math.min(count, Math.max(1, Math.floor(CHUNK_VALUES / width)));
  const rows = (start: number, end: number): Float32Array =>
    vector.rows(Int32Array.from({ length: end - start }, (_, i) => start + i));
  const values = file.create_dataset({
    name: 'value',
    data: rows(0, step),
    shape: [step, width],
    maxshape: [count, width],
    chunks: [step, width],
    dtype: '<f',
  });
  yield step;
  for (let start = step; start < count; start += step) {
    const end = Math.min(count, start + step);
    values.resize([end, width]);
    values.write_slice(
      [
        [start, end],
        [0, width],
      ],
      rows(start, end),
    );
    await new Promise(setImmediate); // so that an interrupt is heard
    yield end - start;
  }
}

type Keys =
  | { readonly data: BigInt64Array; readonly dtype: '<q' }
  | { readonly data: string[]; readonly dtype: string };

function keysOf(ids: readonly string[]): Keys {
  // A number that is written in another way, like 007, would not come back as it was.
  if (ids.every((id) => /^(0|-?[1-9]\d{0,17})$/.test(id))) {
    return { data: BigInt64Array.from(ids, BigInt), dtype: '<q' };
  }
  const foreign = ids.find((id) => !/^[ -~]*$/.test(id));
  if (foreign !== undefined) {
    throw new UserError(
      `the vector of ${JSON.stringify(foreign)} cannot be written: FuxiCTR reads ASCII identifiers only`,
      'Export to parquet, or import the data with other identifiers.',
    );
  }
  const longest = ids.reduce((length, id) => Math.max(length, id.length), 1);
  return { data: [...ids], dtype: `S${longest}` };
}
