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

/** Which rows make up each list, best first. The rows of list l are `order[offsets[l] .. offsets[l+1]-1]`. */
export interface Grouping {
  readonly order: Int32Array;
  readonly user: Int32Array;
  readonly offsets: Int32Array;
}

/** One list of all rows. `order` holds them by falling score. */
export function oneGroup(order: Int32Array): Grouping {
  return { order, user: Int32Array.of(0), offsets: Int32Array.of(0, order.length) };
}

/** A list a user: a stable counting sort by user keeps the order by score within each. */
export function groupByUser(user: Int32Array, order: Int32Array): Grouping {
  let last = -1;
  for (let row = 0; row < user.length; row++) if (user[row]! > last) last = user[row]!;
  const next = new Int32Array(last + 2);
  for (let row = 0; row < user.length; row++) next[user[row]! + 1]!++;
  for (let u = 0; u <= last; u++) next[u + 1]! += next[u]!;
  const present = Int32Array.from({ length: last + 1 }, (_, u) => u).filter((u) => next[u + 1]! > next[u]!);
  const offsets = new Int32Array(present.length + 1).fill(order.length);
  present.forEach((u, list) => {
    offsets[list] = next[u]!;
  });
  const byUser = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    byUser[next[user[row]!]!++] = row;
  }
  return { order: byUser, user: present, offsets };
}

/** Compresses every list of a grouping into runs. */
export function rankedLists({ label, score }: ScoredRows, grouping: Grouping, ties: Ties): RankedLists {
  const { order, user, offsets } = grouping;
  const lists = user.length;
  const rows = new Int32Array(lists);
  const positives = new Int32Array(lists);
  const runOffsets = new Int32Array(lists + 1);
  const runSize = new Int32Array(order.length);
  const runHits = new Int32Array(order.length);
  let runs = 0;
  for (let list = 0; list < lists; list++) {
    const start = offsets[list]!;
    const end = offsets[list + 1]!;
    let hits = 0;
    let previous = Number.NaN;
    for (let i = start; i < end; i++) {
      const row = order[i]!;
      if (ties === 'byRow') runs++;
      else if (score[row] !== previous) {
        runs++;
        previous = score[row]!;
      }
      runSize[runs - 1]!++;
      runHits[runs - 1]! += label[row]!;
      hits += label[row]!;
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
