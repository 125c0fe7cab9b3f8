import { maskedCrc32c } from '../base/index.js';

/**
 * Writes what TensorBoard reads: TFRecord frames around `Event` messages, of which we need the scalars. Formats:
 * tensorflow/core/lib/io/record_writer.cc, tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
 * Lengths do not depend on the clock, so that a resumed run's file can be cut back to a byte count.
 */

/** The event that opens a file. @param seconds since 1970 */
export function encodeFileVersion(seconds: number): Uint8Array {
  return frame(message(double(1, seconds), bytes(3, utf8('brain.Event:2'))));
}

/** One event with all scalars of a step, by tag. @param seconds since 1970 */
export function encodeScalars(
  seconds: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytes(1, message(bytes(1, utf8(tag)), float(2, value))),
  );
  return frame(message(double(1, seconds), varintField(2, step), bytes(5, message(...values))));
}

/** Length (uint64), its checksum, the data, its checksum; all little endian. */
function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function message(...fields: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(fields));
}

/** Protocol buffers: a field begins with its number and its wire type (0 varint, 1 64 bits, 2 bytes, 5 32 bits). */
function double(field: number, value: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(9));
  out.setUint8(0, (field << 3) | 1);
  out.setFloat64(1, value, true);
  return new Uint8Array(out.buffer);
}

function float(field: number, value: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(5));
  out.setUint8(0, (field << 3) | 5);
  out.setFloat32(1, value, true);
  return new Uint8Array(out.buffer);
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return message(Uint8Array.of((field << 3) | 2), varint(value.length), value);
}

function varintField(field: number, value: number): Uint8Array {
  return message(Uint8Array.of(field << 3), varint(value));
}

/** Seven bits a byte, the lowest first. `value` is a non-negative integer up to 2^53. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return Uint8Array.from(out);
}
