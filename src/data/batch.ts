import type { RandomStream } from '../base/index.js';
import { HistoryLayout, pad } from './historyLayout.js';
import { Numbering, TupleNumbering } from './numbering.js';
import type { Batch, HistorySpec, PreparedData } from './types.js';

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
   * `couple`: pairs 2k and 2k + 1 share one, unless what they may see differs (`exclude`); then each draws its own.
   */
  readonly per: 'context' | 'pair' | 'couple';
  /** The stream of one context: its number in the batch, and `key`, which is the same in every batch. */
  stream(context: number, key: number): RandomStream;
}

/**
 * Puts pairs together with their histories. Contexts that are the same are laid out once, and so are sequences and
 * items. Keeps scratch arrays as long as the store's items and events, so make one and use it for many batches; what
 * `assemble` returns is fresh and depends on its arguments alone.
 */
export class BatchAssembler {
  private readonly layouts: readonly HistoryLayout[];
  private readonly contextNumber: TupleNumbering;
  private readonly userNumber: Numbering;
  private readonly itemNumber: Numbering;
  /** The item of each number. */
  private readonly distinct: Int32Array;
  /** Keys of the histories that were located last, and of those before. */
  private key: number[];
  private keyBefore: number[];

  constructor(
    private readonly data: PreparedData,
    histories: readonly HistorySpec[],
  ) {
    const { store } = data;
    this.layouts = histories.map((spec) => new HistoryLayout(data, spec));
    const sizes = this.layouts.map(({ finder }) => finder.keys);
    this.contextNumber = new TupleNumbering(sizes.length > 0 ? sizes : [0]);
    this.userNumber = new Numbering(sizes.length > 0 ? 0 : store.userIds.length);
    this.itemNumber = new Numbering(store.itemIds.length);
    this.distinct = new Int32Array(store.itemIds.length);
    this.key = [...sizes];
    this.keyBefore = [...sizes];
  }

  /** Whether two rows of the log have the same user and the same histories, hence one context. */
  sharesContext(a: number, b: number): boolean {
    const { item, user } = this.data.store.interactions;
    if (this.layouts.length === 0) return user[a] === user[b];
    this.locate(a, item[a]!);
    this.locate(b, item[b]!);
    return this.repeatsKey();
  }

  assemble(pairs: PairList, sampling: HistorySampling): Batch {
    const { layouts, itemNumber, distinct } = this;
    itemNumber.restart();
    const count = pairs.item.length;
    const item = pairs.item.slice();
    itemNumber.replace(item, 0, count, distinct);
    const { context, user } =
      layouts.length === 0 ? this.findUsers(pairs) : this.findContexts(pairs, sampling.per);
    const histories = layouts.map((layout) => layout.layOut(itemNumber, distinct, sampling.stream));
    for (const history of histories) pad(history, itemNumber.count);
    return {
      items: distinct.slice(0, itemNumber.count),
      contexts: { count: user.length, user },
      histories,
      pairs: { count, context, item, label: pairs.label, row: pairs.row },
    };
  }

  /** Without histories a user is a context. Gives the context of each pair [P], and the user of each context [U]. */
  private findUsers({ anchor }: PairList) {
    const { userNumber } = this;
    const userOf = this.data.store.interactions.user;
    const context = new Int32Array(anchor.length);
    const user = new Int32Array(anchor.length);
    userNumber.restart();
    for (let p = 0; p < anchor.length; p++) {
      const u = userOf[anchor[p]!]!;
      const c = userNumber.of(u);
      context[p] = c;
      user[c] = u;
    }
    return { context, user: user.slice(0, userNumber.count) };
  }

  /** The same for users with their histories; the layouts are told of these. */
  private findContexts({ anchor, item }: PairList, per: HistorySampling['per']) {
    const { layouts, contextNumber } = this;
    const userOf = this.data.store.interactions.user;
    const context = new Int32Array(anchor.length);
    const user = new Int32Array(anchor.length);
    contextNumber.restart();
    for (const layout of layouts) layout.restart();
    for (let p = 0; p < anchor.length; p++) {
      this.locate(anchor[p]!, item[p]!);
      const opens = p % 2 === 0 || !this.repeatsKey();
      const sampled = layouts.some(({ finder }) => finder.sampled);
      const own = sampled && (per === 'pair' || (per === 'couple' && opens));
      const known = contextNumber.count;
      const c = contextNumber.of(this.key, own);
      context[p] = c;
      if (c < known) continue;
      user[c] = userOf[anchor[p]!]!;
      for (const layout of layouts) layout.add({ anchor: anchor[p]!, item: item[p]! });
    }
    return { context, user: user.slice(0, contextNumber.count) };
  }

  /** Finds the histories of a candidate at the moment of a row. Equal keys mean the same user and histories. */
  private locate(row: number, item: number): void {
    const { layouts } = this;
    [this.key, this.keyBefore] = [this.keyBefore, this.key];
    for (let h = 0; h < layouts.length; h++) this.key[h] = layouts[h]!.finder.locate(row, item);
  }

  private repeatsKey(): boolean {
    return this.key.every((key, h) => key === this.keyBefore[h]);
  }
}
