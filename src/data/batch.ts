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
   * `couple`: pairs 2k and 2k + 1 share one.
   */
  readonly per: 'context' | 'pair' | 'couple';
  /** The stream of one context: its number in the batch, and `key`, which is the same in every batch. */
  stream(context: number, key: number): RandomStream;
}

/** For models without a history: every history is empty, and a user has one context. */
const noHistory: HistorySpec = { length: 0, sample: 'first', target: 'include', prefixes: 'separate' };

/** The event lists of a batch before they are laid out: for each the pair whose history is all of it. */
interface SequenceList {
  readonly count: number;
  readonly pair: Int32Array;
  readonly length: Int32Array;
}

/**
 * Puts pairs together with their histories. Contexts that are the same are laid out once, and so are sequences and
 * items. Keeps scratch arrays as long as the store's items and events, so make one and use it for many batches; what
 * `assemble` returns is fresh and depends on its arguments alone.
 */
export class BatchAssembler {
  private readonly spec: HistorySpec;
  private readonly histories: HistoryFinder;
  private readonly itemNumber: Numbering;
  private readonly contextNumber: Numbering;
  private readonly sequenceNumber: Numbering;
  private readonly distinct: Int32Array;

  constructor(
    private readonly data: PreparedData,
    history: HistorySpec | null,
  ) {
    this.spec = history ?? noHistory;
    this.histories = new HistoryFinder(data, this.spec);
    const { keys } = this.histories;
    this.itemNumber = new Numbering(data.store.itemIds.length);
    this.contextNumber = new Numbering(keys);
    this.sequenceNumber = new Numbering(this.spec.prefixes === 'shared' ? keys : 0);
    this.distinct = new Int32Array(data.store.itemIds.length);
  }

  /** Equal results mean the same user and the same history of the row's candidate, hence one context. */
  contextKey(row: number): number {
    return this.histories.locate(row, this.data.store.interactions.item[row]!);
  }

  assemble(pairs: PairList, sampling: HistorySampling): Batch {
    const count = pairs.item.length;
    this.itemNumber.restart(this.distinct.length);
    const item = new Int32Array(count);
    for (let p = 0; p < count; p++) item[p] = this.place(pairs.item[p]!);
    const context = new Int32Array(count);
    const { contexts, list } = this.findContexts(pairs, context, sampling.per);
    const sequences = this.layOut(pairs, context, list, sampling);
    return {
      items: this.distinct.slice(0, this.itemNumber.count),
      sequences,
      contexts,
      pairs: { count, context, item, label: pairs.label, row: pairs.row },
    };
  }

  /** Finds the distinct contexts of the pairs and their sequences, and writes each pair's context into `context`. */
  private findContexts(
    { anchor, item }: PairList,
    context: Int32Array,
    per: HistorySampling['per'],
  ): { contexts: Contexts; list: SequenceList } {
    const { histories, contextNumber, sequenceNumber } = this;
    const pairCount = anchor.length;
    const user = new Int32Array(pairCount);
    const length = new Int32Array(pairCount);
    const sequence = new Int32Array(pairCount);
    const list = { count: 0, pair: new Int32Array(pairCount), length: new Int32Array(pairCount) };
    contextNumber.restart(pairCount);
    sequenceNumber.restart(pairCount);
    for (let p = 0; p < pairCount; p++) {
      const key = histories.locate(anchor[p]!, item[p]!);
      const own = histories.sampled && (per === 'pair' || (per === 'couple' && p % 2 === 0));
      const before = contextNumber.count;
      const c = own ? contextNumber.renew(key) : contextNumber.of(key);
      context[p] = c;
      if (c < before) continue;
      user[c] = this.data.store.interactions.user[anchor[p]!]!;
      length[c] = histories.length;
      const shared = this.spec.prefixes === 'shared' && !histories.sampled;
      const s = shared ? sequenceNumber.of(histories.sequence) : sequenceNumber.next();
      sequence[c] = s;
      if (s === list.count) list.count++;
      else if (list.length[s]! >= histories.length) continue;
      list.pair[s] = p;
      list.length[s] = histories.length;
    }
    const { count } = contextNumber;
    const contexts = {
      count,
      user: user.slice(0, count),
      sequence: sequence.slice(0, count),
      length: length.slice(0, count),
    };
    return { contexts, list };
  }

  /** Copies the items of the sequences and numbers them. */
  private layOut(
    { anchor, item }: PairList,
    context: Int32Array,
    { count, pair, length }: SequenceList,
    sampling: HistorySampling,
  ): Sequences {
    const width = this.spec.length;
    const positions = new Int32Array(count * width);
    for (let s = 0; s < count && width > 0; s++) {
      const p = pair[s]!;
      const key = this.histories.locate(anchor[p]!, item[p]!);
      const start = s * width;
      this.histories.copy(positions, start, () => sampling.stream(context[p]!, key));
      const end = start + length[s]!;
      for (let i = start; i < end; i++) positions[i] = this.place(positions[i]!);
    }
    const padding = this.itemNumber.count;
    for (let s = 0; s < count; s++) positions.fill(padding, s * width + length[s]!, (s + 1) * width);
    return { count, width, item: positions, length: length.slice(0, count) };
  }

  /** The item's position in this batch. */
  private place(item: number): number {
    const position = this.itemNumber.of(item);
    this.distinct[position] = item;
    return position;
  }
}
