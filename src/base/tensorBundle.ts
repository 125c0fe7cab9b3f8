import { type FileHandle, open, readFile } from 'node:fs/promises';
import { maskedCrc32c } from './crc32c.js';
import { UserError } from './errors.js';
import type { NamedTensor, TensorData } from './safetensors.js';
import { ByteReader, readSstable } from './sstable.js';

/** What a checkpoint holds. */
export interface TensorBundle {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Entries of other types (texts, bfloat16, ...), which are not read. */
  readonly skipped: readonly string[];
}

/** `DataType` numbers of TensorFlow's types.proto. */
const types: Readonly<Record<number, { width: number; read(buffer: ArrayBuffer): TensorData }>> = {
  1: { width: 4, read: (buffer) => new Float32Array(buffer) },
  2: { width: 8, read: (buffer) => new Float64Array(buffer) },
  3: { width: 4, read: (buffer) => new Int32Array(buffer) },
  4: { width: 1, read: (buffer) => new Uint8Array(buffer) },
  9: { width: 8, read: (buffer) => new BigInt64Array(buffer) },
};

/**
 * Reads a TensorFlow checkpoint of format V2: `PREFIX.index`, a table of names, shapes and places, and
 * `PREFIX.data-0000S-of-0000N` with the values. Nothing in it is executed (`PREFIX.meta`, the graph, is not
 * opened). Every block of the index and every tensor is checked against its CRC-32C.
 *
 * @param prefix path without `.index`
 * @throws UserError for files that are missing, foreign, truncated or altered, big-endian, compressed, or hold
 * partitioned variables
 */
export async function readTensorBundle(prefix: string): Promise<TensorBundle> {
  const index = `${prefix}.index`;
  const bytes = await openOrExplain(index, () => readFile(index));
  const { shards, entries } = explain(index, () => readIndex(bytes));
  const tensors = new Map<string, NamedTensor>();
  const files = new Map<number, FileHandle>();
  try {
    for (const [name, entry] of entries) {
      const type = types[entry.dtype];
      if (!type) continue;
      const path = `${prefix}.data-${digits(entry.shard)}-of-${digits(shards)}`;
      const file = files.get(entry.shard) ?? (await openOrExplain(path, () => open(path)));
      files.set(entry.shard, file);
      const values = await readRange(file, entry, path, name);
      const count = entry.shape.reduce((total, size) => total * size, 1);
      if (count * type.width !== entry.size) {
        throw damaged(index, `the size of '${name}' does not fit its shape [${entry.shape}]`);
      }
      tensors.set(name, { name, shape: entry.shape, data: type.read(values) });
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  return { tensors, skipped: [...entries.keys()].filter((name) => !tensors.has(name)) };
}

interface BundleEntry {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

/** The first entry, with the empty key, is the BundleHeaderProto; the others are BundleEntryProtos by name. */
function readIndex(bytes: Uint8Array): { shards: number; entries: Map<string, BundleEntry> } {
  const [first, ...rest] = readSstable(bytes);
  if (first?.[0] !== '') throw new RangeError('it has no header');
  const header = readMessage(first[1]);
  if (header.number(2) !== 0) throw new RangeError('the values are big-endian');
  return {
    shards: header.number(1),
    entries: new Map(rest.map(([name, value]) => [name, readEntry(name, value)])),
  };
}

function readEntry(name: string, bytes: Uint8Array): BundleEntry {
  const entry = readMessage(bytes);
  if (entry.messages(7).length > 0) {
    throw new RangeError(`'${name}' is a partitioned variable, which is not supported`);
  }
  const shape = entry.messages(2).flatMap((message) => readMessage(message).messages(2));
  return {
    dtype: entry.number(1),
    shape: shape.map((dimension) => readMessage(dimension).number(1)),
    shard: entry.number(3),
    offset: entry.number(4),
    size: entry.number(5),
    crc: entry.number(6),
  };
}

/** Fields of a protocol buffer message: numbers (absent: 0) and nested messages (absent: none). */
interface Message {
  number(field: number): number;
  messages(field: number): readonly Uint8Array[];
}

function readMessage(bytes: Uint8Array): Message {
  const numbers = new Map<number, number>();
  const nested = new Map<number, Uint8Array[]>();
  const reader = new ByteReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        numbers.set(field, reader.varint());
        break;
      case 2:
        nested.set(field, [...(nested.get(field) ?? []), reader.take(reader.varint())]);
        break;
      case 5:
        numbers.set(field, reader.uint32());
        break;
      default:
        throw new RangeError(`wire type ${tag % 8} in an entry`);
    }
  }
  return { number: (field) => numbers.get(field) ?? 0, messages: (field) => nested.get(field) ?? [] };
}

async function readRange(
  file: FileHandle,
  { offset, size, crc }: BundleEntry,
  path: string,
  name: string,
): Promise<ArrayBuffer> {
  const { size: available } = await file.stat();
  if (offset + size > available) {
    throw damaged(path, `it ends before '${name}' does (${available} of ${offset + size} bytes)`);
  }
  const values = new Uint8Array(size);
  await file.read(values, 0, size, offset);
  if (maskedCrc32c(values) !== crc) throw damaged(path, `the checksum of '${name}' does not match`);
  return values.buffer;
}

function explain<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw damaged(file, error.message);
    throw error;
  }
}

async function openOrExplain<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    const problem = {
      ENOENT: 'there is no such file',
      EISDIR: 'this is a folder',
      EACCES: 'no permission to read',
    };
    throw new UserError(
      problem[code],
      'Give the path of a TensorFlow checkpoint (format V2) without its ending .index.',
      { file },
    );
  }
}

function damaged(file: string, how: string): UserError {
  return new UserError(
    `not a TensorFlow checkpoint of format V2 that can be read, or damaged: ${how}`,
    'Copy or download the checkpoint again.',
    { file },
  );
}

function digits(n: number): string {
  return String(n).padStart(5, '0');
}
