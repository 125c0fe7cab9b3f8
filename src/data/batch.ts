import type { RandomStream } from '../base/index.js';
import { HistoryLayout, pad } from './historyLayout.js';
import { Numbering, TupleNumbering } from './numbering.js';
import type { Batch, ContextSpec, PreparedData, RowField } from './types.js';

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
  private readonly rowFields: readonly RowField[];
  private readonly contextNumber: TupleNumbering;
  private readonly userNumber: Numbering;
  private readonly itemNumber: Numbering;
  /** The item of each number. */
  private readonly distinct: Int32Array;
  /** Keys of the histories (without any: the user) and places in fields that were located last, and those before. */
  private key: number[];
  private keyBefore: number[];

  constructor(
    private readonly data: PreparedData,
    { histories, rowFields = [] }: ContextSpec,
  ) {
    const { store } = data;
    this.layouts = histories.map((spec) => new HistoryLayout(data, spec));
    this.rowFields = rowFields;
    const users = store.userIds.length;
    const keys = histories.length > 0 ? this.layouts.map(({ finder }) => finder.keys) : [users];
    const sizes = [...keys, ...rowFields.map(({ places }) => places)];
    this.contextNumber = new TupleNumbering(this.usersOnly ? [0] : sizes);
    this.userNumber = new Numbering(this.usersOnly ? users : 0);
    this.itemNumber = new Numbering(store.itemIds.length);
    this.distinct = new Int32Array(store.itemIds.length);
    this.key = [...sizes];
    this.keyBefore = [...sizes];
  }

  /** Whether two rows of the log have the same user and the same histories, hence one context. */
  sharesContext(a: number, b: number): boolean {
    const { item, user } = this.data.store.interactions;
    if (this.usersOnly) return user[a] === user[b];
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
    const { context, user, places } = this.usersOnly
      ? this.findUsers(pairs)
      : this.findContexts(pairs, sampling.per);
    const histories = layouts.map((layout) => layout.layOut(itemNumber, distinct, sampling.stream));
    for (const history of histories) pad(history, itemNumber.count);
    return {
      items: distinct.slice(0, itemNumber.count),
      contexts: { count: user.length, user, places },
      histories,
      pairs: { count, context, item, label: pairs.label, row: pairs.row },
    };
  }

  /** Without histories and fields a user is a context. Gives the context of each pair [P], and the user of each context [U]. */
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
    return { context, user: user.slice(0, userNumber.count), places: [] };
  }

  /** The same for users with their histories and places; the layouts are told of these. */
  private findContexts({ anchor, item }: PairList, per: HistorySampling['per']) {
    const { layouts, contextNumber, rowFields } = this;
    const userOf = this.data.store.interactions.user;
    const context = new Int32Array(anchor.length);
    const user = new Int32Array(anchor.length);
    const places = rowFields.map(() => new Int32Array(anchor.length));
    const firstPlace = Math.max(1, layouts.length);
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
      for (let f = 0; f < places.length; f++) places[f]![c] = this.key[firstPlace + f]!;
      for (const layout of layouts) layout.add({ anchor: anchor[p]!, item: item[p]! });
    }
    const count = contextNumber.count;
    return { context, user: user.slice(0, count), places: places.map((all) => all.slice(0, count)) };
  }

  /** Whether a user is a context, whichever its row. */
  private get usersOnly(): boolean {
    return this.layouts.length === 0 && this.rowFields.length === 0;
  }

  /** Finds the histories and places of a candidate at the moment of a row. Equal keys mean the same user and all of these. */
  private locate(row: number, item: number): void {
    const { layouts, rowFields } = this;
    const { user, columns } = this.data.store.interactions;
    [this.key, this.keyBefore] = [this.keyBefore, this.key];
    let k = 0;
    for (const { finder } of layouts) this.key[k++] = finder.locate(row, item);
    if (layouts.length === 0) this.key[k++] = user[row]!;
    for (const { column, placeOf } of rowFields) {
      const values = columns[column];
      this.key[k++] = values ? placeOf(values[row]!) : 0;
    }
  }

  private repeatsKey(): boolean {
    return this.key.every((key, h) => key === this.keyBefore[h]);
  }
}
