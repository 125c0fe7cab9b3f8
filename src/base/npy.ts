import { endianness } from 'node:os';
import { UserError } from './errors.js';
import { sizeOf } from './shape.js';

/** Arrays as JavaScript holds them; narrower numpy types are widened to one of these when read. */
export type NpyData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** An array in row-major (C) order. */
export interface NpyArray {
  readonly data: NpyData;
  readonly shape: readonly number[];
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/**
 * The bytes of a `.npy` file (format 1.0, little endian, C order), laid out as the numpy enhancement proposal
 * NEP 1 says: the data begin at a multiple of 64 bytes.
 *
 * @throws RangeError when the shape does not hold as many values as `data`
 */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array {
  return Buffer.concat(npyParts(data, shape));
}

/** The same in two pieces, the second a view of `data`, for writers that take one after the other. */
export function npyParts(data: NpyData, shape: readonly number[]): [header: Uint8Array, body: Uint8Array] {
  if (sizeOf(shape) !== data.length) {
    throw new RangeError(`shape [${shape}] does not hold ${data.length} values`);
  }
  return [npyHeader(descrOf(data), shape), bytesOf(data)];
}

/**
 * What stands before the values in a `.npy` file.
 *
 * @param descr numpy's name of their type, `<f4` for float32
 */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const preamble = MAGIC.length + 4;
  const padding = 63 - ((preamble + dict.length) % 64);
  const header = Buffer.from(`${dict}${' '.repeat(padding)}\n`, 'latin1');
  const lead = Buffer.alloc(preamble);
  MAGIC.copy(lead);
  lead[MAGIC.length] = 1;
  lead.writeUInt16LE(header.length, MAGIC.length + 2);
  return Buffer.concat([lead, header]);
}

/**
 * Reads a `.npy` file of format 1.0, 2.0 or 3.0. Nothing is executed: object arrays (pickles) are refused.
 * float16 and float32 become Float32Array; float64, uint32, int64 and uint64 Float64Array; int8, int16, uint16
 * and int32 Int32Array; uint8 and bool Uint8Array.
 *
 * The result is a view of `bytes` where type and alignment allow it.
 *
 * @param file name for messages
 * @throws UserError when the file is not npy, is truncated or too long, is big-endian, in Fortran order, of a
 * type that has no place here, or holds 64-bit integers beyond 2^53
 */
export function decodeNpy(bytes: Uint8Array, file: string): NpyArray {
  const layout = parseNpy(bytes, bytes.byteLength, file);
  const { shape, dataStart, bytesPerValue } = layout;
  return { data: layout.read(...aligned(bytes, dataStart, bytesPerValue), sizeOf(shape)), shape };
}

/** Where the values of an array lie in a file and how they are read. */
export interface NpyLayout {
  readonly shape: readonly number[];
  /** Offset of the first value, in bytes. */
  readonly dataStart: number;
  readonly bytesPerValue: number;
  /**
   * Values of a stretch of the data, widened as `decodeNpy` says; a view of `buffer` where the type allows it.
   *
   * @param offset in bytes, a multiple of `bytesPerValue`
   */
  read(buffer: ArrayBufferLike, offset: number, count: number): NpyData;
}

/**
 * Checks the header of a `.npy` file, and that the file is as long as it says.
 *
 * @param bytes the file's first bytes, with the whole header among them
 * @param fileBytes length of the file
 * @throws UserError as `decodeNpy`
 */
export function parseNpy(bytes: Uint8Array, fileBytes: number, file: string): NpyLayout {
  const { descr, fortranOrder, shape, dataStart } = parseHeader(bytes, file);
  if (fortranOrder && shape.filter((size) => size !== 1).length > 1) {
    throw new UserError(
      'the array is in Fortran (column-major) order',
      'Write it again with numpy.save(file, numpy.ascontiguousarray(array)).',
      { file },
    );
  }
  const layout = layoutOf(descr, shape, dataStart, file);
  const expected = sizeOf(shape) * layout.bytesPerValue;
  const found = fileBytes - dataStart;
  if (found !== expected) {
    throw new UserError(
      `shape [${shape}] of ${descr} needs ${expected} bytes of data, found ${found}`,
      found < expected
        ? 'The file is truncated: copy or download it again.'
        : 'The file holds more than one array.',
      { file },
    );
  }
  return layout;
}

/**
 * Values in row-major order somewhere in a file, whatever its format.
 *
 * @param descr numpy's name of their type
 * @param file name for messages
 * @throws UserError when the type has no place here
 */
export function layoutOf(
  descr: string,
  shape: readonly number[],
  dataStart: number,
  file: string,
): NpyLayout {
  if (endianness() !== 'LE') throw new Error('arrays are read on little-endian machines only');
  const reader = readers[descr];
  if (!reader) throw refuseType(descr, file);
  const read: NpyLayout['read'] = (buffer, offset, count) => {
    const data = reader.read(buffer, offset, count);
    if (data) return data;
    throw new UserError(
      `${descr} values beyond 2^53 cannot be held exactly`,
      'Renumber the identifiers, or write them as strings in a CSV or Parquet file.',
      { file },
    );
  };
  return { shape, dataStart, bytesPerValue: reader.width, read };
}

interface Reader {
  readonly width: number;
  /** `null` when a value has no exact place in the result. */
  read(buffer: ArrayBufferLike, offset: number, count: number): NpyData | null;
}
const asBytes: Reader = { width: 1, read: (...at) => new Uint8Array(...at) };
const readers: Readonly<Record<string, Reader>> = {
  '|b1': asBytes,
  '|u1': asBytes,
  '|i1': { width: 1, read: (...at) => Int32Array.from(new Int8Array(...at)) },
  '<i2': { width: 2, read: (...at) => Int32Array.from(new Int16Array(...at)) },
  '<u2': { width: 2, read: (...at) => Int32Array.from(new Uint16Array(...at)) },
  '<i4': { width: 4, read: (...at) => new Int32Array(...at) },
  '<u4': { width: 4, read: (...at) => Float64Array.from(new Uint32Array(...at)) },
  '<i8': { width: 8, read: (...at) => safeIntegers(new BigInt64Array(...at)) },
  '<u8': { width: 8, read: (...at) => safeIntegers(new BigUint64Array(...at)) },
  '<f2': { width: 2, read: (...at) => Float32Array.from(new Uint16Array(...at), halfToNumber) },
  '<f4': { width: 4, read: (...at) => new Float32Array(...at) },
  '<f8': { width: 8, read: (...at) => new Float64Array(...at) },
};

/** Where the data can be viewed as elements of that width: in place, or in a copy where they begin in between. */
function aligned(bytes: Uint8Array, dataStart: number, width: number): [ArrayBufferLike, number] {
  const start = bytes.byteOffset + dataStart;
  return start % width === 0 ? [bytes.buffer, start] : [new Uint8Array(bytes.subarray(dataStart)).buffer, 0];
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

function parseHeader(bytes: Uint8Array, file: string): Header {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new UserError('not a .npy file', 'Write it with numpy.save(file, array).', { file });
  }
  const major = buffer[MAGIC.length];
  if (major !== undefined && major !== 1 && major !== 2 && major !== 3) {
    throw new UserError(`npy format ${major} is not known`, 'Formats 1, 2 and 3 are.', { file });
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const dictStart = MAGIC.length + 2 + lengthBytes;
  const truncated = new UserError('the npy header is cut off', 'Copy or download the file again.', { file });
  if (buffer.length < dictStart) throw truncated;
  const dataStart = dictStart + buffer.readUIntLE(dictStart - lengthBytes, lengthBytes);
  if (buffer.length < dataStart) throw truncated;
  const dict = buffer.toString('utf8', dictStart, dataStart);
  // A literal Python dictionary with three keys; numpy writes nothing else.
  const descr = /'descr':\s*('([^']*)'|\[)/.exec(dict);
  const order = /'fortran_order':\s*(True|False)/.exec(dict);
  const shape = /'shape':\s*\(([\d\s,L]*)\)/.exec(dict);
  if (!descr || !order || !shape) {
    throw new UserError(`unreadable npy header ${dict.trim()}`, 'Write it with numpy.save(file, array).', {
      file,
    });
  }
  return {
    descr: descr[2] ?? 'structured',
    fortranOrder: order[1] === 'True',
    shape: shape[1]!
      .split(',')
      .filter((size) => size.trim())
      .map((size) => Number.parseInt(size, 10)),
    dataStart,
  };
}

function refuseType(descr: string, file: string): UserError {
  if (descr.includes('O')) {
    return new UserError(
      'the array holds Python objects (a pickle), which could run code when read',
      'Write plain numbers, or a CSV or Parquet file.',
      { file },
    );
  }
  if (descr.startsWith('>')) {
    return new UserError(
      `big-endian data (${descr})`,
      `Write it again with numpy.save(file, array.astype('<${descr.slice(1)}')).`,
      { file },
    );
  }
  return new UserError(
    `arrays of type ${descr} are not read`,
    `Convert it to one of ${Object.keys(readers).join(' ')}.`,
    { file },
  );
}

function safeIntegers(values: BigInt64Array | BigUint64Array): Float64Array | null {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isSafeInteger(value)) return null;
    result[i] = value;
  }
  return result;
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function descrOf(data: NpyData): string {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Float64Array) return '<f8';
  return data instanceof Int32Array ? '<i4' : '|u1';
}

/** The memory of an array as bytes. */
export function bytesOf(data: NpyData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
