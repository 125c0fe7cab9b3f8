/** Rows by falling score, a place each. */
export interface FallingOrder {
  /** Equal scores keep the order of the rows. [rows] */
  readonly row: Int32Array;
  /** How many different scores are higher than that of each place: the same number for ties. [rows] */
  readonly higher: Int32Array;
}

/**
 * Sorts rows by falling score; `-0` equals `0`.
 *
 * Radix sorts of the bits of the scores: stable, and linear where a comparing sort of millions of rows takes seconds.
 * Floating-point numbers order like their bits once the sign is taken care of (IEEE 754, section 5.10). Doubles are
 * sorted by their upper half first; then what is equal in it, mostly a few neighbours, by the lower. The keys travel
 * with the rows, since to look them up would miss the cache at every row. Scores must not be NaN.
 */
export function orderByFallingScore(score: Float32Array | Float64Array): FallingOrder {
  const records = recordsOf(score);
  const { words, width } = records;
  sort(records, 0, score.length, HIGH);
  if (width > LOW) sortRuns(records);
  const row = new Int32Array(score.length);
  const higher = new Int32Array(score.length);
  let different = 0;
  for (let i = 0, at = 0; i < row.length; i++, at += width) {
    if (i > 0 && !(sameWord(words, at, width, HIGH) && (width === 2 || sameWord(words, at, width, LOW)))) {
      different++;
    }
    row[i] = words[at + ROW]!;
    higher[i] = different;
  }
  return { row, higher };
}

// The words of a record. Only doubles have a low one.
const HIGH = 0;
const ROW = 1;
const LOW = 2;

interface Records {
  readonly words: Uint32Array;
  readonly spare: Uint32Array;
  /** Words a record. */
  readonly width: 2 | 3;
}

/** A record a row, with unsigned keys that rise as the score falls. */
function recordsOf(score: Float32Array | Float64Array): Records {
  const rows = score.length;
  const positive = score.slice();
  for (let row = 0; row < rows; row++) positive[row]! += 0; // -0 + 0 is 0
  const bits = new Uint32Array(positive.buffer);
  const isDouble = positive instanceof Float64Array;
  const width = isDouble ? 3 : 2;
  const words = new Uint32Array(width * rows);
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    const high = bits[isDouble ? 2 * row + 1 : row]!;
    // Negative numbers already fall as their bits rise; of the others all bits but the sign are turned over.
    words[at + HIGH] = high >>> 31 ? high : high ^ 0x7fffffff;
    words[at + ROW] = row;
    if (isDouble) words[at + LOW] = high >>> 31 ? bits[2 * row]! : ~bits[2 * row]!;
  }
  return { words, spare: new Uint32Array(words.length), width };
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const counts = new Int32Array(3 * DIGITS);

/** Sorts records begin .. end-1 by one word, from its last 11 bits to its first. */
function sort({ words, spare, width }: Records, begin: number, end: number, word: number): void {
  if (begin === end) return;
  counts.fill(0);
  for (let at = begin * width + word; at < end * width; at += width) {
    const key = words[at]!;
    counts[key & (DIGITS - 1)]!++;
    counts[DIGITS + ((key >>> DIGIT_BITS) & (DIGITS - 1))]!++;
    counts[2 * DIGITS + (key >>> (2 * DIGIT_BITS))]!++;
  }
  for (let digit = 0; digit < 3; digit++) {
    const shift = digit * DIGIT_BITS;
    const next = counts.subarray(digit * DIGITS, (digit + 1) * DIGITS);
    const isShared = next[(words[begin * width + word]! >>> shift) & (DIGITS - 1)] === end - begin;
    if (isShared) continue;
    let start = begin * width;
    for (let value = 0; value < DIGITS; value++) {
      const size = next[value]! * width;
      next[value] = start;
      start += size;
    }
    for (let at = begin * width; at < end * width; at += width) {
      const value = (words[at + word]! >>> shift) & (DIGITS - 1);
      const to = next[value]!;
      next[value] = to + width;
      spare[to] = words[at]!;
      spare[to + 1] = words[at + 1]!;
      if (width === 3) spare[to + 2] = words[at + 2]!;
    }
    words.set(spare.subarray(begin * width, end * width), begin * width);
  }
}

/** Up to here moving neighbours is faster than counting digits. */
const SHORT = 128;

/** Sorts each run of equal high words by the low ones. */
function sortRuns(records: Records): void {
  const { words, width } = records;
  const rows = words.length / width;
  for (let begin = 0; begin < rows; ) {
    const high = words[begin * width + HIGH];
    let end = begin + 1;
    while (end < rows && words[end * width + HIGH] === high) end++;
    if (end - begin > SHORT) sort(records, begin, end, LOW);
    else insertByLow(words, width, begin, end);
    begin = end;
  }
}

/** Insertion sort of records that differ in rows and low words only. */
function insertByLow(words: Uint32Array, width: number, begin: number, end: number): void {
  for (let i = begin + 1; i < end; i++) {
    const low = words[i * width + LOW]!;
    const row = words[i * width + ROW]!;
    let at = i * width;
    for (; at > begin * width && words[at - width + LOW]! > low; at -= width) {
      words[at + ROW] = words[at - width + ROW]!;
      words[at + LOW] = words[at - width + LOW]!;
    }
    words[at + ROW] = row;
    words[at + LOW] = low;
  }
}

/** Whether a record has a word in common with the one before. */
const sameWord = (words: Uint32Array, at: number, width: number, word: number): boolean =>
  words[at + word] === words[at - width + word];
