/**
 * Row numbers by falling score; equal scores keep the order of the rows. `-0` equals `0`. [rows]
 *
 * A least-significant-digit radix sort on the bits of the scores: stable, and linear where a comparing sort of
 * millions of rows takes seconds. Floating-point numbers order like their bits once the sign is taken care of
 * (IEEE 754, section 5.10). Scores must not be NaN.
 */
export function orderByFallingScore(score: Float32Array | Float64Array): Int32Array<ArrayBuffer> {
  const rows = score.length;
  let order = Int32Array.from({ length: rows }, (_, row) => row);
  let spare = new Int32Array(rows);
  const count = new Int32Array(DIGITS);
  for (const key of sortKeys(score)) {
    for (const shift of [0, DIGIT_BITS, 2 * DIGIT_BITS]) {
      if (!sortByDigit(order, spare, key, shift, count)) continue;
      [order, spare] = [spare, order];
    }
  }
  return order;
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** One stable pass over 11 bits of the key. False when all rows share the digit: nothing to do. */
function sortByDigit(
  order: Int32Array,
  sorted: Int32Array,
  key: Uint32Array,
  shift: number,
  count: Int32Array,
): boolean {
  const rows = order.length;
  count.fill(0);
  for (let row = 0; row < rows; row++) count[(key[row]! >>> shift) & (DIGITS - 1)]!++;
  if (rows === 0 || count[(key[0]! >>> shift) & (DIGITS - 1)] === rows) return false;
  let start = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const size = count[digit]!;
    count[digit] = start;
    start += size;
  }
  for (let i = 0; i < rows; i++) {
    const row = order[i]!;
    sorted[count[(key[row]! >>> shift) & (DIGITS - 1)]!++] = row;
  }
  return true;
}

/** Unsigned keys that rise as the score falls, least significant word first. */
function sortKeys(score: Float32Array | Float64Array): Uint32Array[] {
  const rows = score.length;
  const positive = score.map((value) => value + 0); // -0 + 0 is 0
  const words = new Uint32Array(positive.buffer);
  if (positive instanceof Float32Array) {
    for (let row = 0; row < rows; row++) words[row] = fallingHighWord(words[row]!);
    return [words];
  }
  const low = new Uint32Array(rows);
  const high = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const bits = words[2 * row + 1]!;
    low[row] = bits >>> 31 ? words[2 * row]! : ~words[2 * row]!;
    high[row] = fallingHighWord(bits);
  }
  return [low, high];
}

/** Negative numbers already fall as their bits rise; of the others all bits but the sign are turned over. */
function fallingHighWord(bits: number): number {
  return bits >>> 31 ? bits : bits ^ 0x7fffffff;
}
