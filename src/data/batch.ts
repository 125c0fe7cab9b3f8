import type { RandomStream } from '../base/index.js';
import type { Batch, Contexts, HistorySpec, PreparedData } from './types.js';

/** Candidates of one step, before users and items are gathered: columns of equal length. */
export interface PairList {
  /** Row of the store that gives a pair its user and the moment of its history. */
  readonly anchor: Int32Array;
  /** Candidate, an item of the store. */
  readonly item: Int32Array;
  readonly label: Float32Array;
  /** Row of the store that the pair itself is, or -1 for a sampled negative. */
  readonly row: Int32Array;
}

/** How `sample: 'random'` histories are drawn in a batch. */
export interface HistorySampling {
  /**
   * `context`: pairs of one user and window share a sample. `pair`: each draws its own (THACIL's released code).
   * `couple`: pairs 2k and 2k + 1 share one.
   */
  readonly per: 'context' | 'pair' | 'couple';
  /** The stream of one context: its number in the batch, and `key`, which is the same in every batch. */
  stream(context: number, key: number): RandomStream;
}

/**
 * Puts pairs together with their histories. Contexts that are the same are laid out once, and so are items.
 * Keeps scratch arrays as long as the store's items and events, so make one and use it for many batches; what
 * `assemble` returns is fresh and depends on its arguments alone.
 */
export class BatchAssembler {
  private readonly width: number;
  private readonly offsets: Int32Array;
  private readonly events: Int32Array;
  private token = 0;
  private readonly keyStamp: Int32Array;
  private readonly keyContext: Int32Array;
  private readonly itemStamp: Int32Array;
  private readonly itemPosition: Int32Array;
  private readonly distinct: Int32Array;

  // The window that `locate` found last: of the events begin..end-1 the `size` ones whose item is not `skip`.
  private begin = 0;
  private end = 0;
  private skip = -1;
  private size = 0;

  constructor(
    private readonly data: PreparedData,
    private readonly history: HistorySpec | null,
  ) {
    const { histories, store } = data;
    const causal = history?.target === 'causal';
    this.width = history?.length ?? 0;
    this.offsets = causal ? histories.offsets : histories.trainOffsets;
    this.events = causal ? histories.item : histories.trainItem;
    this.keyStamp = new Int32Array(this.events.length + store.userIds.length);
    this.keyContext = new Int32Array(this.keyStamp.length);
    this.itemStamp = new Int32Array(store.itemIds.length);
    this.itemPosition = new Int32Array(store.itemIds.length);
    this.distinct = new Int32Array(store.itemIds.length);
  }

  /**
   * Finds the history that a candidate is judged by at the moment of a row. Equal keys mean the same user and the
   * same history. A window that ends with an event is told by that event, one that leaves an item out by the item's
   * last event, any other by its user.
   */
  locate(row: number, item: number): number {
    const key = this.window(row, item);
    if (this.skip < 0) this.size = this.end - this.begin;
    return key;
  }

  private window(row: number, item: number): number {
    const user = this.data.store.interactions.user[row]!;
    const ofUser = this.events.length + user;
    this.begin = this.offsets[user]!;
    this.end = this.offsets[user + 1]!;
    this.skip = -1;
    switch (this.history?.target) {
      case undefined:
        this.end = this.begin;
        return ofUser;
      case 'include':
        return ofUser;
      case 'causal':
        this.end = this.data.histories.causalEnd[row]!;
        return this.end > this.begin ? this.end - 1 : ofUser;
      case 'exclude': {
        const last = this.leaveOut(item);
        return last < 0 ? ofUser : last;
      }
    }
  }

  /** Takes an item's events out of the window. Returns the last of them; -1 where the history is the same without. */
  private leaveOut(item: number): number {
    const { events, begin, end } = this;
    let last = end - 1;
    while (last >= begin && events[last] !== item) last--;
    const beyondReach = this.history!.sample === 'recent' && last < end - this.width;
    if (last < begin || beyondReach) return -1;
    let count = 0;
    for (let event = begin; event <= last; event++) if (events[event] === item) count++;
    this.skip = item;
    this.size = end - begin - count;
    return last;
  }

  assemble(pairs: PairList, sampling: HistorySampling): Batch {
    this.token++;
    const count = pairs.item.length;
    const item = new Int32Array(count);
    let items = 0;
    for (let p = 0; p < count; p++) {
      items = this.place(pairs.item[p]!, items);
      item[p] = this.itemPosition[pairs.item[p]!]!;
    }
    const context = new Int32Array(count);
    const { contexts, items: total } = this.layOut(pairs, context, sampling, items);
    return {
      items: this.distinct.slice(0, total),
      contexts,
      pairs: { count, context, item, label: pairs.label, row: pairs.row },
    };
  }

  /** Finds the contexts of the pairs, writes each pair's into `context`, and gathers their histories. */
  private layOut(
    { anchor, item }: PairList,
    context: Int32Array,
    sampling: HistorySampling,
    itemsBefore: number,
  ): { contexts: Contexts; items: number } {
    const { width } = this;
    const user = new Int32Array(anchor.length);
    const length = new Int32Array(anchor.length);
    const firstPair = new Int32Array(anchor.length);
    let count = 0;
    for (let p = 0; p < anchor.length; p++) {
      const key = this.locate(anchor[p]!, item[p]!);
      const own = sampling.per === 'pair' || (sampling.per === 'couple' && p % 2 === 0);
      if ((own && this.drawsSample()) || this.keyStamp[key] !== this.token) {
        this.keyStamp[key] = this.token;
        this.keyContext[key] = count;
        user[count] = this.data.store.interactions.user[anchor[p]!]!;
        length[count] = Math.min(width, this.size);
        firstPair[count++] = p;
      }
      context[p] = this.keyContext[key]!;
    }
    const history = new Int32Array(count * width);
    let items = itemsBefore;
    for (let c = 0; c < count && width > 0; c++) {
      const key = this.locate(anchor[firstPair[c]!]!, item[firstPair[c]!]!);
      const to = c * width;
      if (this.drawsSample()) this.sampleInto(history, to, sampling.stream(c, key));
      else this.recentInto(history, to, length[c]!);
      for (let i = to; i < to + length[c]!; i++) {
        items = this.place(history[i]!, items);
        history[i] = this.itemPosition[history[i]!]!;
      }
    }
    for (let c = 0; c < count; c++) history.fill(items, c * width + length[c]!, (c + 1) * width);
    const contexts = { count, user: user.slice(0, count), width, history, length: length.slice(0, count) };
    return { contexts, items };
  }

  private drawsSample(): boolean {
    return this.history?.sample === 'random' && this.size > this.width;
  }

  private sampleInto(history: Int32Array, to: number, random: RandomStream): void {
    let event = this.begin;
    let passed = 0; // events of the window before `event`
    for (const chosen of random.sample(this.size, this.width)) {
      while (this.events[event] === this.skip || passed < chosen) {
        if (this.events[event++] !== this.skip) passed++;
      }
      history[to++] = this.events[event]!;
    }
  }

  private recentInto(history: Int32Array, to: number, length: number): void {
    let event = this.end;
    for (let i = to + length - 1; i >= to; i--) {
      event--;
      while (this.events[event] === this.skip) event--;
      history[i] = this.events[event]!;
    }
  }

  /** Gives the item a position if it has none in this batch; returns how many have one. */
  private place(item: number, count: number): number {
    if (this.itemStamp[item] === this.token) return count;
    this.itemStamp[item] = this.token;
    this.itemPosition[item] = count;
    this.distinct[count] = item;
    return count + 1;
  }
}
