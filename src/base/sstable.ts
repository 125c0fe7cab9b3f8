import { maskedCrc32c } from './crc32c.js';

/**
 * A cursor over bytes in the encodings that LevelDB tables and protocol buffers share.
 * Reading past the end throws a RangeError.
 */
export class ByteReader {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.at) throw new RangeError('the data are cut off');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  uint32(): number {
    const [a, b, c, d] = this.take(4) as unknown as [number, number, number, number];
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  /** Seven bits a byte, lowest first. Up to 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 56; scale *= 128) {
      const byte = this.take(1)[0]!;
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw new RangeError('a number is too large');
  }
}

const FOOTER = 48;
const MAGIC = '57fb808b247547db';

/**
 * The entries of a LevelDB table ("SSTable"), in order of their keys: the container of a TensorFlow checkpoint's
 * index. All blocks are checked against their checksums.
 *
 * Layout: data blocks, an index block with a handle (offset, size) a data block, and a footer of 48 bytes with the
 * handle of the index block and a magic number. After each block stand a byte for its compression and 4 of checksum.
 *
 * @throws RangeError saying what is wrong
 */
export function readSstable(bytes: Uint8Array): (readonly [key: string, value: Uint8Array])[] {
  const footer = bytes.subarray(-FOOTER);
  if (footer.length < FOOTER || Buffer.from(footer.subarray(-8)).toString('hex') !== MAGIC) {
    throw new RangeError('it does not end like a table');
  }
  const handles = new ByteReader(footer);
  readHandle(handles); // of the metaindex, which TensorFlow leaves empty
  return readBlock(bytes, readHandle(handles)).flatMap(([, handle]) =>
    readBlock(bytes, readHandle(new ByteReader(handle))),
  );
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}
function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varint(), size: reader.varint() };
}

/** Entries: shared length, own length, value length, the key's own end, the value; then the restart offsets. */
function readBlock(
  bytes: Uint8Array,
  { offset, size }: Handle,
): (readonly [key: string, value: Uint8Array])[] {
  const withType = bytes.subarray(offset, offset + size + 1);
  const trailer = new ByteReader(bytes.subarray(offset + size));
  const compression = trailer.take(1)[0]!;
  if (trailer.uint32() !== maskedCrc32c(withType)) throw new RangeError('a checksum does not match');
  if (compression !== 0)
    throw new RangeError(`a block is compressed (type ${compression}; only 0, none, is read)`);
  const restarts = new ByteReader(bytes.subarray(offset + size - 4)).uint32();
  const reader = new ByteReader(bytes.subarray(offset, offset + size - 4 * (restarts + 1)));
  const entries: (readonly [string, Uint8Array])[] = [];
  let key = Buffer.alloc(0);
  while (!reader.done) {
    const shared = reader.varint();
    const unshared = reader.varint();
    const valueLength = reader.varint();
    key = Buffer.concat([key.subarray(0, shared), reader.take(unshared)]);
    entries.push([key.toString('utf8'), reader.take(valueLength)]);
  }
  return entries;
}
