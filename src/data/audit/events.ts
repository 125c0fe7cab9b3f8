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
 * The row that each event is, or -1 where the log has none for it: the events of a user are, in order, the rows that are
 * positive in the history's column, or where there are more of these, those of the train part. What made the lists is
 * not asked. [events]
 */
export function rowsOfEvents(context: AuditContext, { offsets, item }: EventLists): Int32Array {
  const { data, settings, parts } = context;
  const { userOffsets, item: itemOf, columns } = data.store.interactions;
  const event = (settings.history !== undefined && columns[settings.history]) || data.label;
  const rows = new Int32Array(item.length).fill(-1);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const start = userOffsets[user]!;
    const stop = userOffsets[user + 1]!;
    const end = offsets[user + 1]!;
    const trainOnly = countEvents(event, start, stop) > end - offsets[user]!;
    let at = offsets[user]!;
    for (let row = start; row < stop && at < end; row++) {
      if (!(event[row]! > 0) || item[at] !== itemOf[row]) continue;
      if (!trainOnly || parts[row]! & TRAIN) rows[at++] = row;
    }
  }
  return rows;
}

function countEvents(event: Float32Array, start: number, stop: number): number {
  let count = 0;
  for (let row = start; row < stop; row++) if (event[row]! > 0) count++;
  return count;
}
