import type { Interactions } from './types.js';

/** Known defects of a log, in rows. */
export interface OrderDefects {
  /** Rows that repeat a (user, item) pair. */
  readonly pairs: number;
  /** Rows with the user and time of another row before them. */
  readonly moments: number;
  /** Rows that stood behind a later row of the same user in the source. */
  readonly back: number;
}

/** @param sourceRow where each row stood in the source. [rows] */
export function orderDefects(interactions: Interactions, items: number, sourceRow: Int32Array): OrderDefects {
  const { userOffsets, time } = interactions;
  let moments = 0;
  let back = 0;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const start = userOffsets[user]!;
    const end = userOffsets[user + 1]!;
    let inOrder = true;
    for (let row = start + 1; row < end; row++) {
      if (time[row] === time[row - 1]) moments++;
      if (sourceRow[row]! < sourceRow[row - 1]!) inOrder = false;
    }
    if (!inOrder) back += rowsBehind(time.subarray(start, end), sourceRow.subarray(start, end));
  }
  return { pairs: countRepeats(interactions, items), moments, back };
}

/** Rows before which a later one stood in the order of the source. */
function rowsBehind(time: Float64Array, sourceRow: Int32Array): number {
  const order = Int32Array.from(time.keys()).sort((a, b) => sourceRow[a]! - sourceRow[b]!);
  let back = 0;
  let latest = Number.NEGATIVE_INFINITY;
  for (const row of order) {
    if (time[row]! < latest) back++;
    else latest = time[row]!;
  }
  return back;
}

/** Rows that repeat a (user, item) pair. */
export function countRepeats(
  { userOffsets, item }: Pick<Interactions, 'userOffsets' | 'item'>,
  items: number,
): number {
  const lastUser = new Int32Array(items).fill(-1);
  let repeats = 0;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    for (let row = userOffsets[user]!; row < userOffsets[user + 1]!; row++) {
      if (lastUser[item[row]!] === user) repeats++;
      lastUser[item[row]!] = user;
    }
  }
  return repeats;
}
