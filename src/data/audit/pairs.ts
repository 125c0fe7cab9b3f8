import type { Interactions } from '../types.js';

/** Of every row the row before of the same user and item, or -1. [rows] */
export function previousOfPair({ rows, userOffsets, item }: Interactions, items: number): Int32Array {
  const previous = new Int32Array(rows).fill(-1);
  const last = new Int32Array(items).fill(-1);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const start = userOffsets[user]!;
    const end = userOffsets[user + 1]!;
    for (let row = start; row < end; row++) {
      const before = last[item[row]!]!;
      if (before >= start) previous[row] = before;
      last[item[row]!] = row;
    }
  }
  return previous;
}

/** The bits of all rows that a chain joins, for each of them. [rows] */
export function uniteBits(own: Uint8Array, chain: Int32Array): Uint8Array {
  const bits = own.slice();
  for (let row = 0; row < bits.length; row++) if (chain[row]! >= 0) bits[row]! |= bits[chain[row]!]!;
  for (let row = bits.length - 1; row >= 0; row--) if (chain[row]! >= 0) bits[chain[row]!]! |= bits[row]!;
  return bits;
}

/** `previous`, but -1 where that row has another time. */
export function withinMoment(previous: Int32Array, time: Float64Array): Int32Array {
  const within = new Int32Array(previous.length);
  for (let row = 0; row < within.length; row++) {
    const before = previous[row]!;
    within[row] = before >= 0 && time[before] === time[row] ? before : -1;
  }
  return within;
}

/** The parts of a row as bits 0..2 where its label is 0, as bits 3..5 where it is 1. [rows] */
export function partsByLabel(parts: Uint8Array, label: Float32Array): Uint8Array {
  const bits = new Uint8Array(parts.length);
  for (let row = 0; row < bits.length; row++) bits[row] = label[row] === 1 ? parts[row]! << 3 : parts[row]!;
  return bits;
}

/** The parts that such bits name with a label, or with any. */
export const partsOfLabel = (bits: number, label: number): number => (label === 1 ? bits >> 3 : bits & 7);
export const partsOfAny = (bits: number): number => (bits | (bits >> 3)) & 7;
export const bothLabels = (bits: number): boolean => bits > 7 && (bits & 7) > 0;
