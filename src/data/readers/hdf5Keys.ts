import type { Metadata } from 'h5wasm/node';
import { UserError } from '../../base/index.js';
import { INTEGERS } from './hdf5Datasets.js';

const SPACE_PADDED = 2;
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Identifiers from their bytes in memory: integers in digits, texts of a fixed or a variable length.
 *
 * @param memory that the pointers of a variable length count from
 * @param firstRow row of the first, for messages
 * @throws UserError when one is empty or no UTF-8
 */
export function decodeKeys(
  metadata: Metadata,
  bytes: Uint8Array,
  memory: Uint8Array,
  firstRow: number,
): string[] {
  if (metadata.type === INTEGERS) return Array.from(integers(metadata, bytes), String);
  const { size, vlen, strpad } = metadata;
  const one = (i: number): Uint8Array => {
    if (!vlen) return bytes.subarray(i * size, (i + 1) * size);
    const pointer = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * i, true);
    return pointer === 0 ? new Uint8Array() : memory.subarray(pointer);
  };
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const field = one(i);
    const end = field.indexOf(0);
    const key = decode(end < 0 ? field : field.subarray(0, end), firstRow + i);
    const trimmed = strpad === SPACE_PADDED ? key.trimEnd() : key;
    if (trimmed !== '') return trimmed;
    throw new UserError(`the key of row ${firstRow + i} is empty`, 'Write an identifier for every row.');
  });
}

function integers({ size, signed }: Metadata, bytes: Uint8Array): Iterable<number | bigint> {
  const { buffer } = bytes.slice();
  switch (size) {
    case 1:
      return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
    case 2:
      return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
    case 4:
      return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
    default:
      return signed ? new BigInt64Array(buffer) : new BigUint64Array(buffer);
  }
}

function decode(bytes: Uint8Array, row: number): string {
  try {
    return text.decode(bytes);
  } catch {
    throw new UserError(`the key of row ${row} is not valid UTF-8`, 'Write texts as UTF-8.');
  }
}
