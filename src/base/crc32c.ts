/**
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of TensorFlow's checkpoints and event files.
 * Four bytes a step through four tables ("slicing").
 */
const TABLES = makeTables();

/** CRC-32C of the bytes, as an unsigned integer. */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = TABLES;
  const end = bytes.length;
  let crc = ~0;
  let i = 0;
  for (; i + 4 <= end; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!;
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

/**
 * The form in which checksums are stored beside the data they cover (TFRecord, LevelDB): rotated and shifted, so
 * that the checksum of data that holds checksums stays meaningful.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function makeTables(): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const t0 = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    return crc;
  });
  const oneByteOn = (table: Int32Array) => table.map((crc) => (crc >>> 8) ^ t0[crc & 255]!);
  const t1 = oneByteOn(t0);
  const t2 = oneByteOn(t1);
  return [t0, t1, t2, oneByteOn(t2)];
}
