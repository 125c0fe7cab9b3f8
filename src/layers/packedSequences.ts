/**
 * Sequences of different lengths without padding: a row for each position, step after step, and within a step the longest
 * sequence first. So the rows of a step are the first ones of the step before, without those that have ended.
 */
export interface Packed {
  /** Rows of each step begin here; the last is their number. [T + 1] */
  readonly starts: Int32Array;
  /** Place of each sequence among the longest first. [S] */
  readonly rank: Int32Array;
  /** [S] */
  readonly lengths: Int32Array;
}

export function packSequences(lengths: Int32Array): Packed {
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  // Sequences that have a step, for each step, then summed.
  const starts = new Int32Array(longest + 1);
  const ended = new Int32Array(longest + 2);
  for (const length of lengths) ended[length]!++;
  let left = lengths.length;
  for (let t = 0; t < longest; t++) {
    left -= ended[t]!;
    starts[t + 1] = starts[t]! + left;
  }
  const rank = new Int32Array(lengths.length);
  const order = Int32Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  order.forEach((s, at) => {
    rank[s] = at;
  });
  return { starts, rank, lengths };
}

/** The row of step t of sequence s. */
export const packedRow = ({ starts, rank }: Packed, s: number, t: number): number => starts[t]! + rank[s]!;

export const packedCount = ({ starts }: Packed): number => starts.at(-1)!;

/**
 * What stands at each row.
 *
 * @param values row-major [S, width]
 */
export function packValues(packed: Packed, values: Int32Array, width: number): Int32Array {
  const all = new Int32Array(packedCount(packed));
  packed.lengths.forEach((length, s) => {
    for (let t = 0; t < length; t++) all[packedRow(packed, s, t)] = values[s * width + t]!;
  });
  return all;
}

/** Steps of sequences. [Q] */
export interface Positions {
  readonly sequence: Int32Array;
  readonly step: Int32Array;
}

/** What each row stands for. */
export function packedPositions(packed: Packed): Positions {
  const count = packedCount(packed);
  const sequence = new Int32Array(count);
  const step = new Int32Array(count);
  packed.lengths.forEach((length, s) => {
    for (let t = 0; t < length; t++) {
      const row = packedRow(packed, s, t);
      sequence[row] = s;
      step[row] = t;
    }
  });
  return { sequence, step };
}

/** The row of each. */
export const packedRows = (packed: Packed, { sequence, step }: Positions): Int32Array =>
  sequence.map((s, q) => packedRow(packed, s, step[q]!));
