import { createHash } from 'node:crypto';
import { UserError } from './errors.js';
import { sizeOf } from './shape.js';

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array;

/** A named array in row-major order. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface SafetensorsFile {
  /** By name. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** What the writer gave, without our checksum. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether there was a checksum of ours (it fitted then). Files of other programs have none. */
  readonly verified: boolean;
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
const CHUNK = 1 << 30;

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
 * Reads a `.safetensors` file of float32, float64, int32, uint8 and int64 tensors. The arrays are views of `bytes`
 * where the alignment allows it.
 *
 * @param file name for messages
 * @throws UserError for a file that is foreign, truncated or altered: bad header, tensors that overlap or leave
 * holes, sizes that do not fit, types that have no place here, or a checksum of ours that does not match
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafetensorsFile {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = buffer.length >= 8 ? buffer.readBigUInt64LE() : 0n;
  if (headerLength < 2n || headerLength > BigInt(MAX_HEADER) || buffer[8] !== 0x7b) {
    throw new UserError('not a safetensors file, or cut off within its first bytes', undefined, { file });
  }
  const dataStart = 8 + Number(headerLength);
  if (dataStart > buffer.length) throw damaged(file, 'the header is cut off');
  const header = buffer.subarray(8, dataStart);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(header, file);
  if (!isTextRecord(metadata)) throw damaged(file, 'the metadata are not texts by name');
  const data = buffer.subarray(dataStart);
  const tensors = readTensors(entries, data, file);
  const { [CHECKSUM]: expected, ...rest } = metadata;
  if (expected !== undefined) verifyChecksum(header, data, expected, file);
  return { tensors, metadata: rest, verified: expected !== undefined };
}

function readTensors(
  entries: Record<string, unknown>,
  data: Buffer,
  file: string,
): ReadonlyMap<string, NamedTensor> {
  const tensors = new Map<string, NamedTensor>();
  const ranges: (readonly [number, number])[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw damaged(file, `the entry of '${name}' is malformed`);
    const { dtype, shape, data_offsets: range } = entry;
    if (!Object.hasOwn(types, dtype)) {
      throw new UserError(
        `tensor '${name}' is of type ${dtype}`,
        `Types that are read: ${Object.keys(types).join(', ')}.`,
        { file },
      );
    }
    const type = types[dtype as TypeName];
    if (range[1] - range[0] !== sizeOf(shape) * type.BYTES_PER_ELEMENT) {
      throw damaged(file, `the size of '${name}' does not fit its shape [${shape}]`);
    }
    if (range[1] > data.length) throw damaged(file, `the data end before '${name}' does`);
    ranges.push(range);
    tensors.set(name, { name, shape, data: view(type, data.subarray(range[0], range[1])) });
  }
  // Every byte belongs to one tensor. This also finds a name given twice: the entry that JSON drops leaves a hole.
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const end = ranges.reduce((reached, [from, to]) => (from === reached ? to : Number.NaN), 0);
  if (end !== data.length) throw damaged(file, 'the tensors overlap or leave holes');
  return tensors;
}

function verifyChecksum(header: Buffer, data: Buffer, expected: string, file: string): void {
  const blank = Buffer.from(header);
  checksumField(blank)?.write(ZEROS);
  if (digest([blank, data]) !== expected) throw damaged(file, 'its checksum does not match');
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

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}
function isEntry(value: unknown): value is Entry {
  const { dtype, shape, data_offsets: range } = (value ?? {}) as Partial<Entry>;
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

function view(type: (typeof types)[TypeName], bytes: Buffer): TensorData {
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new type(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / type.BYTES_PER_ELEMENT,
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
    // One update takes less than 2 GiB.
    for (let from = 0; from < part.length; from += CHUNK) hash.update(part.subarray(from, from + CHUNK));
  }
  return hash.digest('hex');
}

function damaged(file: string, how: string): UserError {
  return new UserError(
    `the file is damaged: ${how}`,
    'Use another checkpoint or copy the file again; a safetensors file that another program changed counts as damaged too.',
    { file },
  );
}
