import type { EventKind } from '../types.js';
import { TRAIN } from './context.js';
import type { AuditContext, AuditSettings } from './types.js';

/** Events of all users: those of user u are `offsets[u] .. offsets[u+1]-1`. */
interface EventLists {
  /** [users + 1] */
  readonly offsets: Int32Array;
  /** [events] */
  readonly item: Int32Array;
}

/** What makes up a history: the name of a column or of published histories; null: the label, or the rows left over. */
export function sourceOf(
  { history, negativeHistory }: AuditSettings,
  events: EventKind = 'positive',
): string | null {
  if (events === 'positive') return history ?? null;
  return (events === 'negative' ? negativeHistory : events.column) ?? null;
}

/** Whether a row of the log is an event of a history. */
function eventTest({ data, settings }: AuditContext, events: EventKind | undefined) {
  const { columns } = data.store.interactions;
  const columnOf = (kind: EventKind | undefined) => columns[sourceOf(settings, kind) ?? ''];
  const own = columnOf(events);
  const positive = columnOf('positive') ?? data.label;
  if (events === 'negative' && !own) return (row: number) => !(positive[row]! > 0);
  const event = own ?? data.label;
  return (row: number) => event[row]! > 0;
}

/**
 * The row that each event is, or -1 where the log has none for it. What made the lists is not asked: a user's events are,
 * in order, rows that are positive in the history's column; those of the train part if these hold all of the list (so
 * that an item which the user met again in the test is not taken for that), else rows of any part. [events]
 */
export function rowsOfEvents(
  context: AuditContext,
  { offsets, item }: EventLists,
  events: EventKind | undefined,
): Int32Array {
  const { data, parts } = context;
  const { userOffsets, item: itemOf } = data.store.interactions;
  const isEvent = eventTest(context, events);
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
      while (row < stop && !(itemOf[row] === item[at] && isEvent(row) && (parts[row]! & within) === within))
        row++;
      rows[at] = row < stop ? row : -1;
      if (row < stop) next = row + 1;
      else if (within > 0) return false;
      else complete = false;
    }
    return complete;
  }
}
