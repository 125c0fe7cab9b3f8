import { readSync, writeSync } from 'node:fs';
import type { Metadata } from 'h5wasm/node';
import { didYouMean, explainWriteFailure, UserError } from '../../base/index.js';
import { asRows } from './arrayShape.js';
import { requireKeys, typeOfVectors } from './hdf5Datasets.js';
import { decodeKeys } from './hdf5Keys.js';
import { Hdf5Library } from './hdf5Library.js';
import type { Hdf5Answer, Hdf5Task } from './hdf5Task.js';

/** Read at a time: so many bytes of the vectors, so many keys. */
const STEP_BYTES = 2 ** 23;
const STEP_KEYS = 2 ** 16;
/** A chunk is unpacked as a whole. */
const MOST_BYTES = 2 ** 28;

/**
 * Finds vectors and keys in an HDF5 file, and unpacks the vectors where they do not lie in it row after row.
 *
 * @param answer is told what was found
 * @param room is told of vectors that have to be unpacked, and gives an empty file for them
 * @throws UserError when the file is damaged, or has not what it should
 */
export async function readHdf5(
  task: Hdf5Task,
  answer: (message: Hdf5Answer) => void,
  room: (message: Hdf5Answer) => Promise<number>,
): Promise<void> {
  const library = await Hdf5Library.open(task.file, task.identity);
  const metadata = describe(library, task.values, 'values');
  const descr = typeOfVectors(task.values, metadata, library.filters(task.values));
  const [count, width] = asRows(metadata.shape!, task.clips, task.file);
  const offset = placeOf(library, task, metadata);
  const message: Hdf5Answer = { kind: 'values', descr, count, width, offset };
  if (offset === null) {
    const target = await room(message);
    for (const rows of unpack(library, task, metadata, target)) answer({ kind: 'unpacked', rows });
  } else {
    answer(message);
  }
  if (task.keys !== null) {
    for (const keys of readKeys(library, task.keys, count)) answer({ kind: 'keys', keys });
  }
  library.close();
}

function describe(library: Hdf5Library, name: string, option: 'values' | 'keys'): Metadata {
  if (library.has(name)) return library.metadata(name);
  throw new UserError(
    `there is no data set ${name}`,
    `${didYouMean(name, library.names(), 'The file has')} Name the right one as \`${option}\` in the card.`,
  );
}

/**
 * Where in the file the values lie, row after row; null: they lie in chunks. The library does not tell, but which place
 * it reads for a row can be seen, and whether the row's bytes are there.
 */
function placeOf(library: Hdf5Library, task: Hdf5Task, metadata: Metadata): number | null {
  const { chunks, size, total_size } = metadata;
  if (chunks) return null;
  const rows = metadata.shape![0]!;
  const rowBytes = (total_size / rows) * size;
  const [place = -1, ...others] = [0, Math.floor(rows / 2), rows - 1].map((row) =>
    library.rows(task.values, metadata, row, 1, (bytes) => {
      const there = Buffer.alloc(rowBytes);
      readSync(task.descriptor, there, 0, rowBytes, library.lastRead);
      return there.equals(bytes) ? library.lastRead - row * rowBytes : -1;
    }),
  );
  if (place >= 0 && others.every((other) => other === place)) return place;
  // Values that were never written are zeros to the library. Few programs write into headers, and never much.
  throw new UserError(
    `the values of ${task.values} are in its header, or were never written`,
    'Make or download the file again.',
  );
}

/** Writes the values, row after row, into an empty file; gives the number of rows after each piece. */
function* unpack(
  library: Hdf5Library,
  task: Hdf5Task,
  metadata: Metadata,
  target: number,
): Generator<number> {
  const { size, total_size, shape, chunks } = metadata;
  const rowBytes = (total_size / shape![0]!) * size;
  if (chunks![0]! * rowBytes > MOST_BYTES) {
    throw new UserError(
      `${task.values} is in chunks of ${chunks![0]} rows, together ${chunks![0]! * rowBytes} bytes`,
      `Write it in chunks of ${Math.floor(STEP_BYTES / rowBytes) || 1} rows, or without chunks.`,
    );
  }
  for (const [start, count] of steps(metadata, STEP_BYTES / rowBytes)) {
    const before = library.chunkReads;
    library.rows(task.values, metadata, start, count, (bytes) => write(target, bytes, task.spill));
    // Chunks that the file has not got read as zeros.
    if (library.chunkReads - before < chunksOf(metadata, count)) {
      throw new UserError(
        `rows ${start} to ${start + count - 1} of ${task.values} were not all written`,
        'Make or download the file again.',
      );
    }
    yield start + count;
  }
}

/** How many chunks so many rows lie in. */
function chunksOf({ shape, chunks }: Metadata, rows: number): number {
  const sides = [rows, ...shape!.slice(1)];
  return sides.reduce((product, side, axis) => product * Math.ceil(side / chunks![axis]!), 1);
}

function* readKeys(library: Hdf5Library, name: string, count: number): Generator<string[]> {
  const metadata = describe(library, name, 'keys');
  requireKeys(name, metadata, library.filters(name));
  const [found] = metadata.shape!;
  if (found !== count) {
    throw new UserError(
      `${found} keys in ${name} for ${count} rows`,
      'Each row needs one; where an identifier has several vectors, say how many as `clips` in the card.',
    );
  }
  for (const [start, rows] of steps(metadata, STEP_KEYS)) {
    yield library.rows(name, metadata, start, rows, (bytes, memory) =>
      decodeKeys(metadata, bytes, memory, start),
    );
  }
}

/** Stretches of about so many rows. Each chunk lies in one of them, because the library unpacks it anew for each. */
function* steps({ shape, chunks }: Metadata, about: number): Generator<[start: number, count: number]> {
  const rows = shape![0]!;
  const chunk = chunks?.[0] || 1;
  const step = Math.max(1, Math.floor(about / chunk)) * chunk;
  for (let start = 0; start < rows; start += step) yield [start, Math.min(step, rows - start)];
}

function write(target: number, bytes: Uint8Array, folder: string): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(target, bytes, done);
  } catch (error) {
    throw explainWriteFailure(error, folder);
  }
}
