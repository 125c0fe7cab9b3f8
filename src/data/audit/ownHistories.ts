import type { Histories } from '../types.js';
import { rowsInUse, Tally, TEST, TRAIN, VALIDATION } from './context.js';
import { rowsOfEvents } from './events.js';
import type { AuditContext, Detection, HistoryUse } from './types.js';

/**
 * Histories that were made of the log's own rows: the row's own event among them (`target-in-history`), or an event of the
 * same moment or a later one (`history-after-impression`), or an event that a later part asks for (`later-part-in-history`).
 */
export function ownHistories(context: AuditContext): Detection[] {
  return context.settings.model.histories.flatMap((use) => {
    const histories = context.data.histories(use.events ?? 'positive');
    if (histories.windowStart) return [];
    const subject = subjectOf(use);
    return use.target === 'causal'
      ? detectionsOf(causal(context, use, histories), context, subject)
      : detectionsOf(fixed(context, use, histories), context, { ...subject, setting: use.setting });
  });
}

/** Which of a model's histories is meant; the positive one needs no word. */
const subjectOf = ({ events = 'positive' }: HistoryUse): Pick<Detection, 'subject'> =>
  events === 'positive' ? {} : { subject: events === 'negative' ? 'negative' : events.column };

/** Rows that see themselves, rows that see others too early, and rows that see what a later part is there to ask. */
export interface HistoryTallies {
  readonly target: Tally;
  readonly after: Tally;
  readonly later?: Tally;
}

export function detectionsOf(
  { target, after, later }: HistoryTallies,
  { parts }: AuditContext,
  where: Pick<Detection, 'setting' | 'subject'>,
): Detection[] {
  const common = { ...where, severity: 'leak', of: rowsInUse(parts), unit: 'rows' } as const;
  return [
    ...target.found({ code: 'target-in-history', ...common }),
    ...after.found({ code: 'history-after-impression', ...common }),
    ...(later?.found({ code: 'later-part-in-history', ...common }) ?? []),
  ];
}

/** Each row's history ends with an event of its own; events ascend in time, so the last ones tell. */
function causal(context: AuditContext, use: HistoryUse, histories: Histories): HistoryTallies {
  const { data, parts } = context;
  const { time, user } = data.store.interactions;
  const { offsets, causalEnd } = histories;
  const tallies = { target: new Tally(), after: new Tally(), later: new Tally() };
  const eventRow = rowsOfEvents(context, histories, use.events);
  const passed = eventsOfLaterParts(eventRow, parts);
  for (let row = 0; row < parts.length; row++) {
    if (parts[row] === 0) continue;
    const { begin, end } = windowOf(offsets[user[row]!]!, causalEnd[row]!, use);
    let late = -1;
    let own = false;
    for (let event = end - 1; event >= begin; event--) {
      const at = eventRow[event]!;
      if (at >= 0 && time[at]! < time[row]!) break;
      if (at === row) own = true;
      else if (at >= 0) late = at;
    }
    if (own) tallies.target.add(parts[row]!, row, row);
    if (late >= 0) tallies.after.add(parts[row]!, row, late);
    if (seesLater(passed, parts[row]!, { begin, end })) tallies.later.add(parts[row]!, row);
  }
  return tallies;
}

type LaterParts = Readonly<Record<number, Int32Array>>;

/**
 * How many events before an event lie in a later part than a row of the train part, and of validation; by the bits of
 * the row's parts. [events + 1] each
 */
function eventsOfLaterParts(eventRow: Int32Array, parts: Uint8Array): LaterParts {
  const count = (from: number): Int32Array => {
    const passed = new Int32Array(eventRow.length + 1);
    for (let event = 0; event < eventRow.length; event++) {
      const bits = eventRow[event]! >= 0 ? parts[eventRow[event]!]! : 0;
      passed[event + 1] = passed[event]! + (bits >= from ? 1 : 0);
    }
    return passed;
  };
  return { [TRAIN]: count(VALIDATION), [VALIDATION]: count(TEST) };
}

/** Whether one of the events begin..end-1 lies in a later part than a row. */
function seesLater(
  passed: LaterParts,
  part: number,
  { begin, end }: { begin: number; end: number },
): boolean {
  const before = passed[part];
  return before !== undefined && end > begin && before[end]! > before[begin]!;
}

/** All rows of a user share the events of the train part, perhaps without those of the candidate's item. */
function fixed(context: AuditContext, use: HistoryUse, histories: Histories): HistoryTallies {
  const { data, parts } = context;
  const { time, item, userOffsets } = data.store.interactions;
  const { trainOffsets: offsets, trainItem } = histories;
  const tallies = { target: new Tally(), after: new Tally(), later: new Tally() };
  const eventRow = rowsOfEvents(context, { offsets, item: trainItem }, use.events);
  const passed = eventsOfLaterParts(eventRow, parts);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const window = windowOf(offsets[user]!, offsets[user + 1]!, use);
    let own = window.begin; // the event that the row is, if it is one
    for (let row = userOffsets[user]!; row < userOffsets[user + 1]!; row++) {
      while (own < window.end && eventRow[own]! < row) own++;
      if (parts[row] === 0) continue;
      if (use.target === 'include' && own < window.end && eventRow[own] === row) {
        tallies.target.add(parts[row]!, row, row);
      }
      if (seesLater(passed, parts[row]!, window)) tallies.later.add(parts[row]!, row);
      let last = window.end - 1;
      while (last >= window.begin && isLeftOut(last, row)) last--;
      if (last < window.begin || time[eventRow[last]!]! < time[row]!) continue;
      tallies.after.add(parts[row]!, row, eventRow[last]);
    }
  }
  return tallies;

  /** The row itself is counted elsewhere. */
  function isLeftOut(event: number, row: number): boolean {
    const at = eventRow[event]!;
    return at === row || at < 0 || (use.target === 'exclude' && trainItem[event] === item[row]);
  }
}

/** The events that a model with all of a user's train events can have before it; a random choice may be any of them. */
function windowOf(begin: number, end: number, { length, sample, target }: HistoryUse) {
  // Where events of the candidate are left out, others move up; without one there are as many as elsewhere.
  if (target === 'exclude' || sample === 'random') return { begin, end };
  return sample === 'first'
    ? { begin, end: Math.min(end, begin + length) }
    : { begin: Math.max(begin, end - length), end };
}
