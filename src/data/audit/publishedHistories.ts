import type { Histories, Interactions } from '../types.js';
import { Tally } from './context.js';
import { sourceOf } from './events.js';
import { detectionsOf } from './ownHistories.js';
import { RangeMaximum } from './rangeMaximum.js';
import type { AuditContext, Detection, HistoryUse } from './types.js';

/**
 * Histories that came with the log say nothing about the time of their items. An item of a row's history of which all rows
 * of the user come at or after the row was known too early: the row's own item (`target-in-history`), or another
 * (`history-after-impression`). Only rows with the label that the history is made of count, if the user has one with the
 * item: a click is no earlier for a view before it. Else rows of either label do: no list, whatever it is made of, can hold
 * what the user had not met. Items that are in no row of the user cannot be judged (`history-not-in-log`).
 */
export function publishedHistories(context: AuditContext): Detection[] {
  return context.settings.model.histories.flatMap((use) => {
    const histories = context.data.histories(use.events ?? 'positive');
    return histories.windowStart === undefined ? [] : published(context, use, histories);
  });
}

function published(context: AuditContext, use: HistoryUse, histories: Histories): Detection[] {
  const { settings, data, parts } = context;
  const scan = new UserScan(context, histories, labelOfEvents(context, histories));
  const tallies = { target: new Tally(), after: new Tally() };
  const { userOffsets } = data.store.interactions;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    if (!scan.open(user)) continue;
    for (let row = userOffsets[user]!; row < userOffsets[user + 1]!; row++) {
      if (parts[row] === 0) continue;
      const { begin, end } = scan.window(row, use);
      if (begin >= end) continue;
      const seesItself = scan.seesItself(row, begin, end);
      if (seesItself) tallies.target.add(parts[row]!, row, row);
      const late = scan.late(row, begin, end, seesItself);
      if (late >= 0) tallies.after.add(parts[row]!, row, late);
    }
  }
  const subject = sourceOf(settings, use.events)!;
  const of = histories.item.length;
  return [...detectionsOf(tallies, context, { subject }), ...outsideLog(scan.unknown, of, subject)];
}

function outsideLog(count: number, of: number, subject: string): Detection[] {
  return count > 0
    ? [{ code: 'history-not-in-log', severity: 'note', count, of, unit: 'events', subject }]
    : [];
}

/** 1 or 0 where (nearly) all events are items that the user has a row of with that label; null where both occur. */
function labelOfEvents({ data }: AuditContext, histories: Histories): 0 | 1 | null {
  const { label, store } = data;
  const { userOffsets, item } = store.interactions;
  const labels = new Uint8Array(store.itemIds.length); // bit y: a row with label y
  const lack = [0, 0];
  let known = 0;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const rows = [userOffsets[user]!, userOffsets[user + 1]!] as const;
    for (let row = rows[0]; row < rows[1]; row++) labels[item[row]!]! |= 1 << label[row]!;
    for (let event = histories.offsets[user]!; event < histories.offsets[user + 1]!; event++) {
      const bits = labels[histories.item[event]!]!;
      if (bits === 0) continue;
      known++;
      for (const y of [0, 1] as const) if (!(bits & (1 << y))) lack[y]!++;
    }
    for (let row = rows[0]; row < rows[1]; row++) labels[item[row]!] = 0;
  }
  const few = 0.01 * known;
  return lack[1]! <= few ? 1 : lack[0]! <= few ? 0 : null;
}

/** One user's events at a time, each with the first row that it can be. */
class UserScan {
  /** Events that are in no row of their user. */
  unknown = 0;
  private readonly interactions: Interactions;
  private readonly label: Float32Array;
  /** Of an item: the current user's first row with it, else a row of an earlier user, or -1. */
  private readonly firstRow: Int32Array;
  /** The same among rows with the label of the events. */
  private readonly firstAlike: Int32Array;
  /** Of an item: its last event of the current user, likewise. */
  private readonly lastEvent: Int32Array;
  /** Of an event: the one before of the same item and user, or -1. */
  private readonly sameBefore: Int32Array;
  private readonly maximum = new RangeMaximum();
  /** The current user's first event, and first row. */
  private base = 0;
  private start = 0;

  constructor(
    { data }: AuditContext,
    private readonly histories: Histories,
    private readonly eventLabel: 0 | 1 | null,
  ) {
    const items = data.store.itemIds.length;
    this.interactions = data.store.interactions;
    this.label = data.label;
    this.firstRow = new Int32Array(items).fill(-1);
    this.firstAlike = eventLabel === null ? this.firstRow : new Int32Array(items).fill(-1);
    this.lastEvent = new Int32Array(items).fill(-1);
    this.sameBefore = new Int32Array(histories.item.length).fill(-1);
  }

  /** False for users without events. */
  open(user: number): boolean {
    const { interactions, histories, lastEvent, sameBefore, maximum } = this;
    this.base = histories.offsets[user]!;
    const end = histories.offsets[user + 1]!;
    if (this.base === end) return false;
    this.openRows(user);
    const times = maximum.reset(end - this.base);
    for (let event = this.base; event < end; event++) {
      const of = histories.item[event]!;
      const row = this.rowOf(of);
      times[event - this.base] = row >= 0 ? interactions.time[row]! : Number.NEGATIVE_INFINITY;
      if (row < 0) this.unknown++;
      if (lastEvent[of]! >= this.base) sameBefore[event] = lastEvent[of]!;
      lastEvent[of] = event;
    }
    maximum.build();
    return true;
  }

  private openRows(user: number): void {
    const { label, eventLabel, firstRow, firstAlike } = this;
    const { userOffsets, item } = this.interactions;
    this.start = userOffsets[user]!;
    for (let row = userOffsets[user + 1]! - 1; row >= this.start; row--) {
      firstRow[item[row]!] = row;
      if (label[row] === eventLabel) firstAlike[item[row]!] = row;
    }
  }

  /** The first row that an event of an item can be; -1: the user has none. */
  private rowOf(item: number): number {
    const alike = this.firstAlike[item]!;
    if (alike >= this.start) return alike;
    const row = this.firstRow[item]!;
    return row >= this.start ? row : -1;
  }

  /** The events that a model sees of a row's history. */
  window(row: number, { length, sample }: { readonly length: number; readonly sample: string }) {
    const begin = this.histories.windowStart![row]!;
    const end = this.histories.causalEnd[row]!;
    if (sample === 'random') return { begin, end };
    return sample === 'first'
      ? { begin, end: Math.min(end, begin + length) }
      : { begin: Math.max(begin, end - length), end };
  }

  /** Whether the history holds the row's item although the user had not met it before, or not with the events' label. */
  seesItself(row: number, begin: number, end: number): boolean {
    const { item, time } = this.interactions;
    const own = item[row]!;
    const now = time[row]!;
    if (time[this.firstRow[own]!] !== now && time[this.rowOf(own)] !== now) return false;
    return this.lastBefore(own, end) >= begin;
  }

  /** The row of an event that comes at or after the row's time, but not of the row itself; -1: none. */
  late(row: number, begin: number, end: number, seesItself: boolean): number {
    const { maximum, base, histories } = this;
    const { item, time } = this.interactions;
    // The stretches between the events of the row's own item, from the end: looking at each event would be quadratic.
    let own = seesItself ? this.lastBefore(item[row]!, end) : -1;
    for (let stop = end; stop > begin; ) {
      const from = Math.max(begin, own + 1);
      if (from < stop) {
        const latest = maximum.at(from - base, stop - base);
        if (maximum.values[latest]! >= time[row]!) return this.rowOf(histories.item[base + latest]!);
      }
      stop = own;
      if (own >= 0) own = this.sameBefore[own]!;
    }
    return -1;
  }

  /** The current user's last event of an item before an event; -1: none. */
  private lastBefore(item: number, end: number): number {
    let event = this.lastEvent[item]!;
    while (event >= end) event = this.sameBefore[event]!;
    return event >= this.base ? event : -1;
  }
}
