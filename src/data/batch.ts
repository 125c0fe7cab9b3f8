import type { RandomStream } from '../base/index.js';
import { HistoryFinder } from './history.js';
import { Numbering } from './numbering.js';
import type { Batch, Contexts, HistorySpec, PreparedData, Sequences } from './types.js';

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

/** The contexts of a batch, and the sequences that they are beginnings of before these are laid out. */
interface Found {
  /** Of each pair. [P] */
  readonly context: Int32Array;
  readonly contexts: Contexts;
  /** For each sequence a pair whose history is all of it. At least [S] */
  readonly whole: Int32Array;
  /** Number of items of each sequence. [S] */
  readonly lengths: Int32Array;
}

/**
 * Puts pairs together with their histories. Contexts that are the same are laid out once, and so are sequences and
 * items. Keeps scratch arrays as long as the store's items and events, so make one and use it for many batches; what
 * `assemble` returns is fresh and depends on its arguments alone.
 */
export class BatchAssembler {
  private readonly width: number;
  private readonly shared: boolean;
  private readonly histories: HistoryFinder | null;
  private readonly contextNumber: Numbering;
  private readonly sequenceNumber: Numbering;
  private readonly itemNumber: Numbering;
  /** The item of each number. */
  private readonly distinct: Int32Array;

  constructor(
    private readonly data: PreparedData,
    history: HistorySpec | null,
  ) {
    const { store } = data;
    this.width = history?.length ?? 0;
    this.shared = history?.prefixes === 'shared';
    this.histories = history && new HistoryFinder(data, history);
    const keys = this.histories?.keys ?? store.userIds.length;
    this.contextNumber = new Numbering(keys);
    this.sequenceNumber = new Numbering(this.shared ? keys : 0);
    this.itemNumber = new Numbering(store.itemIds.length);
    this.distinct = new Int32Array(store.itemIds.length);
  }

  /** Equal keys mean the same user and the same history of the row's candidate, hence one context. */
  contextKey(row: number): number {
    const { item, user } = this.data.store.interactions;
    return this.histories ? this.histories.locate(row, item[row]!) : user[row]!;
  }

  assemble(pairs: PairList, sampling: HistorySampling): Batch {
    this.itemNumber.restart();
    const count = pairs.item.length;
    const item = pairs.item.slice();
    this.itemNumber.replace(item, 0, count, this.distinct);
    const found = this.histories
      ? this.findContexts(this.histories, pairs, sampling.per)
      : this.findUsers(pairs.anchor);
    const sequences = this.layOut(pairs, found, sampling);
    return {
      items: this.distinct.slice(0, this.itemNumber.count),
      sequences,
      contexts: found.contexts,
      pairs: { count, context: found.context, item, label: pairs.label, row: pairs.row },
    };
  }

  /** Without histories a user is a context. */
  private findUsers(anchor: Int32Array): Found {
    const { contextNumber } = this;
    const userOf = this.data.store.interactions.user;
    const context = new Int32Array(anchor.length);
    const user = new Int32Array(anchor.length);
    contextNumber.restart();
    for (let p = 0; p < anchor.length; p++) {
      const u = userOf[anchor[p]!]!;
      const c = contextNumber.of(u);
      context[p] = c;
      user[c] = u;
    }
    const { count } = contextNumber;
    const sequence = new Int32Array(count);
    for (let c = 0; c < count; c++) sequence[c] = c;
    const lengths = new Int32Array(count);
    const contexts = { count, user: user.slice(0, count), sequence, length: lengths.slice() };
    return { context, contexts, whole: sequence, lengths };
  }

  private findContexts(
    histories: HistoryFinder,
    { anchor, item }: PairList,
    per: HistorySampling['per'],
  ): Found {
    const { shared, contextNumber, sequenceNumber } = this;
    const [context, user, sequence, length, whole, lengths] = Array.from(
      { length: 6 },
      () => new Int32Array(anchor.length),
    ) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    const userOf = this.data.store.interactions.user;
    contextNumber.restart();
    sequenceNumber.restart();
    let sequences = 0;
    let firstKey = -1; // of the couple
    for (let p = 0; p < anchor.length; p++) {
      const key = histories.locate(anchor[p]!, item[p]!);
      const opens = p % 2 === 0 || key !== firstKey;
      if (p % 2 === 0) firstKey = key;
      const own = histories.sampled && (per === 'pair' || (per === 'couple' && opens));
      const known = contextNumber.count;
      const c = own ? contextNumber.renew(key) : contextNumber.of(key);
      context[p] = c;
      if (c < known) continue;
      const s = shared && !histories.sampled ? sequenceNumber.of(histories.sequence) : sequenceNumber.next();
      user[c] = userOf[anchor[p]!]!;
      sequence[c] = s;
      length[c] = histories.length;
      if (s === sequences) sequences++;
      else if (histories.length <= lengths[s]!) continue;
      whole[s] = p;
      lengths[s] = histories.length;
    }
    const { count } = contextNumber;
    const contexts = {
      count,
      user: user.slice(0, count),
      sequence: sequence.slice(0, count),
      length: length.slice(0, count),
    };
    return { context, contexts, whole, lengths: lengths.slice(0, sequences) };
  }

  /** Copies the items of the sequences and numbers them. */
  private layOut({ anchor, item }: PairList, found: Found, sampling: HistorySampling): Sequences {
    const { histories, width } = this;
    const { context, whole, lengths } = found;
    const count = lengths.length;
    const positions = new Int32Array(count * width);
    for (let s = 0; s < count && histories; s++) {
      const p = whole[s]!;
      const key = histories.locate(anchor[p]!, item[p]!);
      const start = s * width;
      histories.copy(positions, start, () => sampling.stream(context[p]!, key));
      this.itemNumber.replace(positions, start, start + lengths[s]!, this.distinct);
    }
    const padding = this.itemNumber.count;
    for (let s = 0; s < count; s++) {
      if (lengths[s]! < width) positions.fill(padding, s * width + lengths[s]!, (s + 1) * width);
    }
    return { count, width, item: positions, length: lengths };
  }
}
