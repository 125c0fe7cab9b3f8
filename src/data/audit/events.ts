import { TRAIN } from './context.js';
import type { AuditContext } from './types.js';

/** Events of all users: those of user u are `offsets[u] .. offsets[u+1]-1`. */
interface EventLists {
  /** [users + 1] */
  readonly offsets: Int32Array;
  /** [events] */
  readonly item: Int32Array;
}

/**
 * The row that each event is, or -1 where the log has none for it. What made the lists is not asked: a user's events are,
 * in order, rows that are positive in the history's column; those of the train part if these hold all of the list (so
 * that an item which the user met again in the test is not taken for that), else rows of any part. [events]
 */
export function rowsOfEvents(context: AuditContext, { offsets, item }: EventLists): Int32Array {
  const { data, settings, parts } = context;
  const { userOffsets, item: itemOf, columns } = data.store.interactions;
  const event = (settings.history !== undefined && columns[settings.history]) || data.label;
  const rows = new Int32Array(item.length);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const [start, stop] = [userOffsets[user]!, userOffsets[user + 1]!];
    const [begin, end] = [offsets[user]!, offsets[user + 1]!];
    if (!align(begin, end, start, stop, TRAIN)) align(begin, end, start, stop, 0);
  }
  return rows;

  /** Gives each event the next row that it can be, of some parts (0: any). Returns whether all have one. */
  function align(begin: number, end: number, start: number, stop: number, within: number): boolean {
    let next = start;
    let complete = true;
    for (let at = begin; at < end; at++) {
      let row = next;
      while (
        row < stop &&
        !(itemOf[row] === item[at] && event[row]! > 0 && (parts[row]! & within) === within)
      )
        row++;
      rows[at] = row < stop ? row : -1;
      if (row < stop) next = row + 1;
      else if (within > 0) return false;
      else complete = false;
    }
    return complete;
  }
}
