import type { Interactions, SourceHistory } from '../types.js';

/**
 * The history that a log repeats in each row, as numbers: enough to tell whether it continues the one before. Hashes are
 * of 52 bits, and are compared together with lengths. Columns of [rows] in the order of the store.
 */
export interface RowLists {
  /** Hash of the text. */
  readonly whole: Float64Array;
  /** Hash of the text without its last item; 0 where there is one item only. */
  readonly front: Float64Array;
  /** Hash of the text without its first item; 0 where there is one item only. */
  readonly rest: Float64Array;
  /** Bytes of the text, of the whole and of its last item with the separator; 0 for an empty history. */
  readonly length: Int32Array;
  readonly lastLength: Int32Array;
  /** Bytes of the first item with the separator. */
  readonly firstLength: Int32Array;
  /** Number of the last item, -1 where the log has no such item. */
  readonly last: Int32Array;
}

/** How a row's window comes out of its user's list. */
const EMPTY = 0;
/** As in the row before. */
const SAME = 1;
/** The one before with an item more. */
const GROWN = 2;
/** The one before with an item more and without its first. */
const SLID = 3;
/** One that a row had earlier. */
const KNOWN = 4;
/** One item that starts anew. */
const SINGLE = 5;
/** What is none of these stands by itself. */
const EXPLICIT = 6;

/** Windows of one list a user. */
export interface WindowPlan {
  /** [rows] */
  readonly step: Uint8Array;
  /** KNOWN: the row whose window it is. [rows] */
  readonly of: Int32Array;
  /** Rows that stand by themselves and whose items must be read, ascending. */
  readonly explicit: readonly number[];
}

/**
 * Recognises histories as windows of one list a user, row by row in the order in which the rows stood in the source.
 * Whatever the order, the histories come out as they are; the better it is, the shorter the lists.
 *
 * @param sourceRow where each row stood. [rows]
 */
export function planWindows(
  { rows, userOffsets }: Interactions,
  sourceRow: Int32Array,
  lists: RowLists,
): WindowPlan {
  const step = new Uint8Array(rows);
  const of = new Int32Array(rows);
  const explicit: number[] = [];
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    let before = -1; // the row whose window the list's last one is
    let atEnd = false; // and whether the list ends with it
    const known = new Map<number, number>();
    for (const row of inSourceOrder(userOffsets[user]!, userOffsets[user + 1]!, sourceRow)) {
      if (lists.length[row] === 0) continue;
      const how: number = before < 0 ? EXPLICIT : continuation(lists, before, row, atEnd);
      const earlier = how === EXPLICIT ? known.get(lists.whole[row]!) : undefined;
      if (how !== EXPLICIT) step[row] = how;
      else if (earlier !== undefined && lists.length[earlier] === lists.length[row]) {
        step[row] = KNOWN;
        of[row] = earlier;
      } else {
        const alone = lists.lastLength[row] === 0 && lists.last[row]! >= 0;
        step[row] = alone ? SINGLE : EXPLICIT;
        if (!alone) explicit.push(row);
        known.set(lists.whole[row]!, row);
      }
      if (step[row] !== SAME) atEnd = step[row] !== KNOWN;
      before = row;
    }
  }
  return { step, of, explicit: explicit.sort((a, b) => a - b) };
}

function inSourceOrder(start: number, end: number, sourceRow: Int32Array): Int32Array {
  const rows = new Int32Array(end - start);
  let sorted = true;
  for (let i = 0; i < rows.length; i++) {
    rows[i] = start + i;
    if (i > 0 && sourceRow[start + i]! < sourceRow[start + i - 1]!) sorted = false;
  }
  return sorted ? rows : rows.sort((a, b) => sourceRow[a]! - sourceRow[b]!);
}

/** An item is added at the end of a list only, and only to the window that ends there: then an end has one start. */
function continuation(lists: RowLists, before: number, row: number, atEnd: boolean): number {
  const { whole, front, rest, length, lastLength, firstLength, last } = lists;
  if (whole[row] === whole[before] && length[row] === length[before]) return SAME;
  if (!atEnd || last[row]! < 0 || lastLength[row] === 0) return EXPLICIT;
  const left = length[row]! - lastLength[row]!;
  if (front[row] === whole[before] && left === length[before]) return GROWN;
  const slides = firstLength[before]! > 0 && front[row] === rest[before];
  return slides && left === length[before]! - firstLength[before]! ? SLID : EXPLICIT;
}

/**
 * Lays out the lists.
 *
 * @param itemsOf items of the rows of `plan.explicit`
 */
export function layOutWindows(
  { rows, userOffsets }: Interactions,
  sourceRow: Int32Array,
  { last }: RowLists,
  { step, of }: WindowPlan,
  itemsOf: ReadonlyMap<number, Int32Array>,
): SourceHistory {
  const events = new Events();
  const start = new Int32Array(rows);
  const end = new Int32Array(rows);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    let first = 0;
    let beyond = 0;
    for (const row of inSourceOrder(userOffsets[user]!, userOffsets[user + 1]!, sourceRow)) {
      switch (step[row]) {
        case EMPTY:
          continue;
        case GROWN:
          events.push(last[row]!);
          beyond++;
          break;
        case SLID:
          events.push(last[row]!);
          first++;
          beyond++;
          break;
        case KNOWN:
          first = start[of[row]!]!;
          beyond = end[of[row]!]!;
          break;
        case SINGLE:
          first = events.count;
          events.push(last[row]!);
          beyond = events.count;
          break;
        case EXPLICIT:
          first = events.count;
          for (const item of itemsOf.get(row)!) events.push(item);
          beyond = events.count;
          break;
      }
      start[row] = first;
      end[row] = beyond;
    }
  }
  return { item: events.finish(), start, end };
}

class Events {
  count = 0;
  private items = new Int32Array(1024);

  push(item: number): void {
    if (this.count === this.items.length) {
      const larger = new Int32Array(2 * this.count);
      larger.set(this.items);
      this.items = larger;
    }
    this.items[this.count++] = item;
  }

  finish(): Int32Array {
    return this.items.slice(0, this.count);
  }
}
