import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from './errors.js';
import { sizeOf } from './shape.js';

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array;

/** A named array in row-major order. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

const types = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U8: Uint8Array,
  I64: BigInt64Array,
} as const;
type TypeName = keyof typeof types;

/** Metadata key of our checksum: SHA-256 over header and data, taken with zeros in the place of its own digits. */
const CHECKSUM = 'mvrec.sha256';
const ZEROS = '0'.repeat(64);
/** The limit of the format's reference reader. */
const MAX_HEADER = 100_000_000;
/** Bytes that are read or hashed at a time. */
const CHUNK = 1 << 24;

/** Where a tensor lies: bytes of the file from `start` up to `end`. */
interface Entry {
  readonly type: TypeName;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * The bytes of a `.safetensors` file, as parts to be written one after the other (the data are not copied):
 * 8 bytes length, a JSON header padded to a multiple of 8 bytes, the data. Tensors with wider elements come first,
 * so that each begins at a multiple of its element's width. Any reader of the format opens it; ours also checks a
 * checksum that is kept in the metadata.
 *
 * @throws RangeError for a duplicate or reserved name, or a shape that does not hold as many values as its data
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const ordered = [...tensors].sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const entries = new Map<string, object>([['__metadata__', { ...metadata, [CHECKSUM]: ZEROS }]]);
  let offset = 0;
  for (const { name, shape, data } of ordered) {
    if (entries.has(name)) throw new RangeError(`two tensors are called '${name}'`);
    if (sizeOf(shape) !== data.length) {
      throw new RangeError(`'${name}': shape [${shape}] does not hold ${data.length} values`);
    }
    const end = offset + data.byteLength;
    entries.set(name, { dtype: typeName(data), shape, data_offsets: [offset, end] });
    offset = end;
  }
  // Built entry by entry: an object would move names that look like numbers to the front.
  const json = `{${[...entries].map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const text = Buffer.from(json);
  const header = Buffer.alloc(8 * Math.ceil(text.length / 8), ' ');
  text.copy(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = ordered.map((tensor) => bytesOf(tensor.data));
  checksumField(header)!.write(digest([header, ...data]));
  return [length, header, ...data];
}

/**
 * Opens a `.safetensors` file of float32, float64, int32, uint8 and int64 tensors. A checksum of ours is verified by
 * reading the file once; after that the tensors are read one by one, so a file may be larger than the memory that is
 * left. The caller closes it.
 *
 * @throws UserError for a file that is foreign, truncated or altered: bad header, tensors that overlap or leave
 * holes, sizes that do not fit, types that have no place here, or a checksum of ours that does not match; errors of
 * the system as they are
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path);
  try {
    return await readLayout(file, path);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** An open file, verified where it can be. */
export class SafetensorsFile {
  constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly entries: ReadonlyMap<string, Entry>,
    /** What the writer gave, without our checksum. */
    readonly metadata: Readonly<Record<string, string>>,
    /** Whether there was a checksum of ours (it fitted then). Files of other programs have none. */
    readonly verified: boolean,
  ) {}

  /** Names in the order of the header. */
  get names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Throws a RangeError where there is no such tensor. */
  shape(name: string): readonly number[] {
    return this.entry(name).shape;
  }

  /** `F32`, `F64`, `I32`, `U8` or `I64`. Throws a RangeError where there is no such tensor. */
  type(name: string): TypeName {
    return this.entry(name).type;
  }

  /** Throws a RangeError where there is no such tensor or the array is of another type or length. */
  requireFits(name: string, data: TensorData): void {
    const { type, start, end } = this.entry(name);
    if (typeName(data) === type && data.byteLength === end - start) return;
    throw new RangeError(`${name} is ${type} of ${end - start} bytes, which the array does not hold`);
  }

  /**
   * One tensor: read into the array that is given, else into a new one.
   *
   * @throws RangeError where there is no such tensor or the array is of another type or length; UserError when the
   * file has become shorter meanwhile
   */
  async read(name: string, into?: TensorData): Promise<TensorData> {
    const { type, start, end } = this.entry(name);
    const data = into ?? new types[type]((end - start) / types[type].BYTES_PER_ELEMENT);
    this.requireFits(name, data);
    const bytes = bytesOf(data);
    if ((await readFully(this.file, bytes, start)) < bytes.length) {
      throw damaged(this.path, `the data end before '${name}' does`);
    }
    return data;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (!entry) throw new RangeError(`no array named ${name}`);
    return entry;
  }
}

async function readLayout(file: FileHandle, path: string): Promise<SafetensorsFile> {
  const { size } = await file.stat();
  const start = Buffer.alloc(Math.min(size, 9));
  await readFully(file, start, 0);
  const headerLength = start.length >= 8 ? start.readBigUInt64LE() : 0n;
  if (headerLength < 2n || headerLength > BigInt(MAX_HEADER) || start[8] !== 0x7b) {
    throw new UserError(
      size === 0 ? 'the file is empty' : 'not a safetensors file, or cut off within its first bytes',
      'Write the arrays with a safetensors library (in Python safetensors.numpy.save_file); another file under that name does not do.',
      { file: path },
    );
  }
  const dataStart = 8 + Number(headerLength);
  if (dataStart > size) throw damaged(path, 'the header is cut off');
  const header = Buffer.alloc(Number(headerLength));
  await readFully(file, header, 8);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(header, path);
  if (!isTextRecord(metadata)) throw damaged(path, 'the metadata are not texts by name');
  const tensors = layOut(entries, dataStart, size, path);
  const { [CHECKSUM]: expected, ...rest } = metadata;
  if (expected !== undefined && (await checksumOf(file, header, size)) !== expected) {
    throw damaged(path, 'its checksum does not match');
  }
  return new SafetensorsFile(file, path, tensors, rest, expected !== undefined);
}

function layOut(
  entries: Record<string, unknown>,
  dataStart: number,
  size: number,
  file: string,
): ReadonlyMap<string, Entry> {
  const tensors = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(entries)) {
    if (!isHeaderEntry(entry)) throw damaged(file, `the entry of '${name}' is malformed`);
    const { dtype, shape, data_offsets: range } = entry;
    if (!Object.hasOwn(types, dtype)) {
      throw new UserError(
        `tensor '${name}' is of type ${dtype}`,
        `Types that are read: ${Object.keys(types).join(', ')}.`,
        { file },
      );
    }
    const type = dtype as TypeName;
    if (range[1] - range[0] !== sizeOf(shape) * types[type].BYTES_PER_ELEMENT) {
      throw damaged(file, `the size of '${name}' does not fit its shape [${shape}]`);
    }
    const [start, end] = [dataStart + range[0], dataStart + range[1]];
    if (end > size) throw damaged(file, `the data end before '${name}' does`);
    tensors.set(name, { type, shape, start, end });
  }
  // Every byte belongs to one tensor. This also finds a name given twice: the entry that JSON drops leaves a hole.
  const ordered = [...tensors.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  const end = ordered.reduce((reached, part) => (part.start === reached ? part.end : Number.NaN), dataStart);
  if (end !== size) throw damaged(file, 'the tensors overlap or leave holes');
  return tensors;
}

/** Over header and data, as `encodeSafetensors` takes it. */
async function checksumOf(file: FileHandle, header: Buffer, size: number): Promise<string> {
  const blank = Buffer.from(header);
  checksumField(blank)?.write(ZEROS);
  const hash = createHash('sha256').update(blank);
  const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, size));
  for (let at = 8 + header.length; at < size; ) {
    const filled = await readFully(file, chunk.subarray(0, Math.min(chunk.length, size - at)), at);
    if (filled === 0) break; // cut off while we read
    hash.update(chunk.subarray(0, filled));
    at += filled;
  }
  return hash.digest('hex');
}

/** Fills the bytes from a position of the file on; returns how many there were. */
async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const wanted = Math.min(bytes.length - filled, CHUNK);
    const { bytesRead } = await file.read(bytes, filled, wanted, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** The 64 digits of the checksum inside the header. */
function checksumField(header: Buffer): Buffer | undefined {
  const key = `"${CHECKSUM}":"`;
  const start = header.indexOf(key);
  return start < 0 ? undefined : header.subarray(start + key.length, start + key.length + ZEROS.length);
}

function parseHeader(header: Buffer, file: string): Record<string, unknown> {
  try {
    return JSON.parse(header.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw damaged(file, 'the header is not JSON');
  }
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}
function isHeaderEntry(value: unknown): value is HeaderEntry {
  const { dtype, shape, data_offsets: range } = (value ?? {}) as Partial<HeaderEntry>;
  const natural = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  return (
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.every(natural) &&
    Array.isArray(range) &&
    range.length === 2 &&
    range.every(natural)
  );
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

function typeName(data: TensorData): TypeName {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  return data instanceof BigInt64Array ? 'I64' : 'U8';
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function digest(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    for (let from = 0; from < part.length; from += CHUNK) hash.update(part.subarray(from, from + CHUNK));
  }
  return hash.digest('hex');
}

function damaged(file: string, how: string): UserError {
  return new UserError(
    `the file is damaged: ${how}`,
    'Copy or write the file again, or take another one; a file of ours that another program changed counts as damaged too.',
    { file },
  );
}
