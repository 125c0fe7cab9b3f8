import { type RandomStream, UserError } from '../base/index.js';
import type { HistorySpec, PreparedData } from './types.js';

/**
 * Finds the history that a candidate is judged by, as a model wants to see it, and copies its items. Describes one
 * history at a time: the one that `locate` was asked for last.
 */
export class HistoryFinder {
  /** Every key is less than this. */
  readonly keys: number;
  /** Number of items. */
  length = 0;
  /** Whether the items are a random choice of a longer history. */
  sampled = false;
  /** Key of the event list that this history is the beginning of; has no meaning for a random choice. */
  sequence = 0;

  private readonly offsets: Int32Array;
  private readonly events: Int32Array;
  private readonly user: Int32Array;
  private readonly userOffsets: Int32Array;
  private readonly causalEnd: Int32Array;
  private readonly windowStart: Int32Array | undefined;
  private readonly time: Float64Array;
  /** The row of each event; null where times are not wanted. */
  private readonly eventRow: Int32Array | null;
  // What the model may see: of the events begin..end-1 the `size` ones whose item is not `skip`.
  private begin = 0;
  private end = 0;
  private skip = -1;
  private size = 0;
  /** The history's first event. */
  private start = 0;

  constructor(
    { histories: listsOf, store }: PreparedData,
    private readonly spec: HistorySpec,
  ) {
    const histories = listsOf(spec.events ?? 'positive');
    const causal = spec.target === 'causal';
    this.offsets = causal ? histories.offsets : histories.trainOffsets;
    this.events = causal ? histories.item : histories.trainItem;
    this.user = store.interactions.user;
    this.userOffsets = store.interactions.userOffsets;
    this.causalEnd = histories.causalEnd;
    this.windowStart = histories.windowStart;
    if (this.windowStart && !causal) {
      throw new UserError(
        `histories that came with the data are one for each row, and this model asks for those of the train part (${spec.target})`,
        'Choose a column of labels for data.history, or causal histories in the model.',
      );
    }
    const eventRow = causal ? histories.row : histories.trainRow;
    if (spec.times && !eventRow) {
      throw new UserError(
        'histories that came with the data do not tell when their events were, and this model asks for their times',
        'Choose a column of labels for data.history and data.negativeHistory, or a model that needs only their order.',
      );
    }
    this.time = store.interactions.time;
    this.eventRow = spec.times && eventRow ? eventRow : null;
    this.keys = this.events.length + store.userIds.length;
  }

  /**
   * The history of a candidate at the moment of a row. Equal keys mean the same user and the same history. One that
   * ends with an event is told by that event, one that leaves an item out by the item's last event, any other by its
   * user.
   */
  locate(row: number, item: number): number {
    const user = this.user[row]!;
    const ofUser = this.events.length + user;
    this.begin = this.offsets[user]!;
    this.end = this.offsets[user + 1]!;
    const first = this.begin;
    const key = this.window(row, item, ofUser);
    this.choose();
    this.sequence = this.skip < 0 && this.start === first ? ofUser : key;
    return key;
  }

  private window(row: number, item: number, ofUser: number): number {
    const { length, sample, target } = this.spec;
    this.skip = -1;
    if (target === 'exclude') {
      const last = this.leaveOut(item);
      if (last >= 0) return last;
    }
    const moment = this.momentOf(row);
    if (target === 'causal') this.end = this.causalEnd[moment]!;
    if (this.windowStart) this.begin = this.windowStart[moment]!;
    if (sample === 'first') this.end = Math.min(this.end, this.begin + length);
    this.size = this.end - this.begin;
    return target === 'causal' && this.size > 0 ? this.end - 1 : ofUser;
  }

  /** The row whose history a row has: the first of its chunk. */
  private momentOf(row: number): number {
    const { chunk = 1 } = this.spec;
    if (chunk === 1) return row;
    const first = this.userOffsets[this.user[row]!]!;
    return row - ((row - first) % chunk);
  }

  /** Takes an item's events out of the window. Returns the last of them; -1 where the history is the same without. */
  private leaveOut(item: number): number {
    const { events, begin, end } = this;
    const { length, sample } = this.spec;
    let first = -1;
    let last = -1;
    let count = 0;
    for (let event = begin; event < end; event++) {
      if (events[event] !== item) continue;
      if (count++ === 0) first = event;
      last = event;
    }
    if (count === 0) return -1;
    if (sample === 'recent' && last < end - length) return -1;
    if (sample === 'first' && first >= begin + length) return -1;
    this.skip = item;
    this.size = end - begin - count;
    return last;
  }

  /** Finds where the history begins in the window. */
  private choose(): void {
    const { length, sample } = this.spec;
    this.length = Math.min(length, this.size);
    this.sampled = sample === 'random' && this.size > length;
    if (sample !== 'recent' || this.size === this.length) {
      this.start = this.begin;
      return;
    }
    this.start = this.end - this.length;
    if (this.skip < 0) return;
    this.start = this.end;
    for (let wanted = this.length; wanted > 0; ) {
      if (this.events[--this.start] !== this.skip) wanted--;
    }
  }

  /** Whether `copyTimes` can be asked. */
  get timed(): boolean {
    return this.eventRow !== null;
  }

  /** Copies the items, oldest first, to `into[to]` and on. A random choice is drawn from `random`. */
  copy(into: Int32Array, to: number, random: () => RandomStream): void {
    this.visit(random, (event) => {
      into[to++] = this.events[event]!;
    });
  }

  /** Copies when the events were, of a random choice with the same stream those of the same events. */
  copyTimes(into: Float64Array, to: number, random: () => RandomStream): void {
    const { eventRow, time } = this;
    if (!eventRow) throw new RangeError('the times of this history were not asked for');
    this.visit(random, (event) => {
      into[to++] = time[eventRow[event]!]!;
    });
  }

  /** Hands out the events of the history, oldest first. */
  private visit(random: () => RandomStream, take: (event: number) => void): void {
    if (this.sampled) this.visitSample(random(), take);
    else if (this.skip < 0) {
      for (let i = 0; i < this.length; i++) take(this.start + i);
    } else {
      let event = this.start;
      for (let i = 0; i < this.length; i++) {
        while (this.events[event] === this.skip) event++;
        take(event++);
      }
    }
  }

  private visitSample(random: RandomStream, take: (event: number) => void): void {
    let event = this.begin;
    let passed = 0; // events of the window before `event`
    for (const chosen of random.sample(this.size, this.length)) {
      while (this.events[event] === this.skip || passed < chosen) {
        if (this.events[event++] !== this.skip) passed++;
      }
      take(event);
    }
  }
}
