import type { SourceHistory } from './types.js';

/** 1 for events that are in the history of one of the rows. [events] */
export function eventsSeen({ item, start, end }: SourceHistory, rows: Int32Array): Uint8Array {
  const change = new Int32Array(item.length + 1); // how many histories begin here, less those that end
  for (let i = 0; i < rows.length; i++) {
    change[start[rows[i]!]!]!++;
    change[end[rows[i]!]!]!--;
  }
  const seen = new Uint8Array(item.length);
  for (let event = 0, open = 0; event < item.length; event++) {
    open += change[event]!;
    if (open > 0) seen[event] = 1;
  }
  return seen;
}

/**
 * The histories of some rows without the events of some items, as if these had never been.
 *
 * Of two windows of one list that end alike once events between their ends are gone, the later may begin some events
 * after the earlier, because the source cut it to a length. Both then begin where the earlier does: the source would
 * have had no reason to cut there, and rows with the same end must have the same start.
 *
 * @param rows whose histories are kept, in their new order
 * @param numberOf new number of each item; -1: its events are left out. [items]
 */
export function pickHistories(history: SourceHistory, rows: Int32Array, numberOf: Int32Array): SourceHistory {
  const seen = eventsSeen(history, rows);
  const item = new Int32Array(history.item.length);
  const place = new Int32Array(history.item.length + 1); // events kept before
  let kept = 0;
  for (let event = 0; event < seen.length; event++) {
    const number = numberOf[history.item[event]!]!;
    if (seen[event] === 1 && number >= 0) item[kept++] = number;
    place[event + 1] = kept;
  }
  const firstOf = new Int32Array(kept + 1).fill(kept); // start of the longest history with that end
  for (let i = 0; i < rows.length; i++) {
    const start = place[history.start[rows[i]!]!]!;
    const end = place[history.end[rows[i]!]!]!;
    firstOf[end] = Math.min(firstOf[end]!, start);
  }
  const start = new Int32Array(rows.length);
  const end = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const from = place[history.start[rows[i]!]!]!;
    end[i] = place[history.end[rows[i]!]!]!;
    start[i] = from < end[i]! ? firstOf[end[i]!]! : from;
  }
  return { item: item.slice(0, kept), start, end };
}
