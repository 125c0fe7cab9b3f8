import type { FallingOrder } from './order.js';

/**
 * Ranked lists in compressed form: a list is a series of runs, best first. The rows of a run are tied, and all that
 * a metric needs of them is how many there are and how many are positive.
 */
export interface RankedLists {
  /** Whose list it is, ascending. [lists] */
  readonly user: Int32Array;
  /** Rows and positives of each list. [lists] */
  readonly rows: Int32Array;
  readonly positives: Int32Array;
  /** The runs of list l are `runOffsets[l] .. runOffsets[l+1]-1`. [lists + 1] */
  readonly runOffsets: Int32Array;
  /** [runs] */
  readonly runSize: Int32Array;
  readonly runHits: Int32Array;
}

/** What becomes of equal scores: they are a run, or a run each in the order of the rows. */
export type Ties = 'together' | 'byRow';

/** A test part: one row an impression. Users are numbered from 0; labels are 0 or 1. */
export interface ScoredRows {
  readonly user: Int32Array;
  readonly label: Float32Array;
  /** Higher is better. */
  readonly score: Float32Array | Float64Array;
}

/** Lists of rows, best first. Those of list l are at the places `offsets[l] .. offsets[l+1]-1`. */
export interface Grouping {
  readonly user: Int32Array;
  readonly offsets: Int32Array;
  /**
   * 2 h + label of the row at each place, where rows of a list are tied if their h is equal. One number, since to
   * reach a place is what costs.
   */
  readonly marks: Uint32Array;
}

/** One list of all rows. */
export function oneGroup({ row, higher }: FallingOrder, label: Float32Array): Grouping {
  const bytes = new Uint8Array(label); // they stay in the cache
  const marks = new Uint32Array(row.length);
  for (let i = 0; i < row.length; i++) marks[i] = 2 * higher[i]! + bytes[row[i]!]!;
  return { user: Int32Array.of(0), offsets: Int32Array.of(0, row.length), marks };
}

/**
 * A list a user: a stable counting sort by user keeps the order by score within each.
 *
 * @param user of each row
 * @param all the list of all rows, in the order `row`
 */
export function groupByUser(user: Int32Array, { row }: FallingOrder, all: Grouping): Grouping {
  let last = -1;
  for (let r = 0; r < user.length; r++) if (user[r]! > last) last = user[r]!;
  const next = new Int32Array(last + 2);
  for (let r = 0; r < user.length; r++) next[user[r]! + 1]!++;
  for (let u = 0; u <= last; u++) next[u + 1]! += next[u]!;
  const present = Int32Array.from({ length: last + 1 }, (_, u) => u).filter((u) => next[u + 1]! > next[u]!);
  const offsets = new Int32Array(present.length + 1).fill(row.length);
  present.forEach((u, list) => {
    offsets[list] = next[u]!;
  });
  const marks = new Uint32Array(row.length);
  for (let i = 0; i < row.length; i++) marks[next[user[row[i]!]!]!++] = all.marks[i]!;
  return { user: present, offsets, marks };
}

/** Compresses every list of a grouping into runs. */
export function rankedLists({ user, offsets, marks }: Grouping, ties: Ties): RankedLists {
  const lists = user.length;
  const rows = new Int32Array(lists);
  const positives = new Int32Array(lists);
  const runOffsets = new Int32Array(lists + 1);
  const runSize = new Int32Array(marks.length);
  const runHits = new Int32Array(marks.length);
  let runs = 0;
  for (let list = 0; list < lists; list++) {
    const start = offsets[list]!;
    const end = offsets[list + 1]!;
    let hits = 0;
    for (let i = start; i < end; i++) {
      const mark = marks[i]!;
      if (ties === 'byRow' || i === start || mark >>> 1 !== marks[i - 1]! >>> 1) runs++;
      runSize[runs - 1]!++;
      runHits[runs - 1]! += mark & 1;
      hits += mark & 1;
    }
    rows[list] = end - start;
    positives[list] = hits;
    runOffsets[list + 1] = runs;
  }
  return {
    user,
    rows,
    positives,
    runOffsets,
    runSize: runSize.subarray(0, runs),
    runHits: runHits.subarray(0, runs),
  };
}
