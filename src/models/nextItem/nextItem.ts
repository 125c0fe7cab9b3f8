/**
 * Models that read a user's history from left to right and score an item by an inner product with what they know after it:
 * SASRec and a GRU4Rec-style model. What they read it with is a `SequenceEncoder`; losses and ranking are here.
 *
 * Sizes: U contexts, N distinct items, S sequences, R positions of them, P pairs, f width of the vectors.
 */
import * as tf from '@tensorflow/tfjs';
import { gather } from '../../base/index.js';
import type { Batch, HistorySpec, Pairs, PreparedData } from '../../data/index.js';
import { gatherRows, type Mode, normal, ParameterSet, type Table, zeros } from '../../engine/index.js';
import { type ItemEncoder, itemEncoder, lookupWarm, packSequences, packValues } from '../../layers/index.js';
import { itemFeatures } from '../features.js';
import type { Gru4recOptions, SasrecOptions } from '../options.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, EncodedBatch, InnerProduct, Model } from '../types.js';
import { recurrentEncoder } from './gru4rec.js';
import { selfAttentionEncoder } from './sasrec.js';
import type { SequenceEncoder } from './sequenceEncoder.js';
import { setLoss } from './setLoss.js';

type NextItems = {
  /** As they are read, and scored unless the next is there. [N, factors] */
  readonly x: tf.Tensor2D;
  /** As they are scored. [N, f] */
  readonly out?: tf.Tensor2D;
  /** [N, 1] */
  readonly bias?: tf.Tensor2D;
};

type NextContexts = {
  /** State after the history, 0 for an empty one. [U, f] */
  readonly user: tf.Tensor2D;
};

export class NextItem implements Model<NextItems, NextContexts> {
  readonly parameters: ParameterSet;
  readonly histories: readonly [HistorySpec];
  readonly pairing: 'pointwise' | 'pairwise';
  readonly taps: Readonly<Record<string, string>> = {
    item: 'Vector of each item as it is read. [N, factors]',
    user: 'State after the history of each context, whose inner product with items is the logit. [U, f]',
  };
  private readonly item: ItemEncoder;
  private readonly out: ItemEncoder | null;
  private readonly bias: Table | null;
  private readonly encoder: SequenceEncoder;
  private readonly warm: Uint8Array;
  /** `contrast: catalogue`: items with a row in the train part. */
  private readonly catalogue: ItemSet | null;
  /** log(positive rows in the train part) times `logQ` of every item. */
  private readonly logRows: Float32Array | null;

  /** @throws UserError when the data set lacks a named feature */
  constructor(
    private readonly options: SasrecOptions | Gru4recOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { factors, historyLength: length, loss, logQ } = options;
    const parameters = new ParameterSet(seed);
    const features = itemFeatures(options.item, data, 'model.item');
    const encode = (name: string, width: number) =>
      itemEncoder(parameters, name, { features, width, categoryInit: normal(0.02), idInit: normal(0.02) });
    this.parameters = parameters;
    this.histories = [{ length, sample: 'recent', target: 'causal', prefixes: 'shared' }];
    this.pairing = loss === 'bpr' ? 'pairwise' : 'pointwise';
    this.item = encode('item', factors);
    this.encoder =
      options.name === 'sasrec'
        ? selfAttentionEncoder(parameters, options)
        : recurrentEncoder(parameters, options);
    const separate = options.name === 'gru4rec' && options.output === 'separate';
    this.out = separate ? encode('output', this.encoder.width) : null;
    const items = data.store.itemIds.length;
    const hasBias = options.name === 'gru4rec' && options.itemBias;
    this.bias = hasBias ? parameters.addTable('bias', items, 1, zeros) : null;
    this.warm = data.warmItems;
    const warm = Int32Array.from(data.warmItems.keys()).filter((item) => data.warmItems[item] === 1);
    this.catalogue = options.contrast === 'catalogue' ? itemSet(warm) : null;
    this.logRows = logQ > 0 ? logRowsOf(data).map((value) => logQ * value) : null;
  }

  encodeItems(items: Int32Array, mode: Mode): NextItems {
    const x = this.item.encode(items);
    mode.tap?.('item', x);
    return {
      x,
      ...(this.out && { out: this.out.encode(items) }),
      ...(this.bias && { bias: lookupWarm(this.bias, items, this.warm) }),
    };
  }

  encodeContexts({ histories }: ContextBatch, { x }: NextItems, mode: Mode): NextContexts {
    const { sequences, sequence, length } = histories[0]!;
    const packed = packSequences(sequences.length);
    const some = Int32Array.from(length.keys()).filter((c) => length[c]! > 0);
    const asked = { sequence: gather(sequence, some), step: gather(length, some).map((steps) => steps - 1) };
    const zero = tf.zeros<tf.Rank.R2>([1, this.encoder.width]);
    const states = (): tf.Tensor2D => {
      const read = gatherRows(x, packValues(packed, sequences.item, sequences.width));
      return tf.concat([this.encoder.states(read, packed, asked, mode), zero], 0);
    };
    const place = new Int32Array(length.length).fill(some.length);
    some.forEach((c, at) => {
      place[c] = at;
    });
    const user = gatherRows(some.length === 0 ? zero : states(), place);
    mode.tap?.('user', user);
    return { user };
  }

  logits({ user }: NextContexts, items: NextItems, pairs: Pairs): tf.Tensor1D {
    const scored = items.out ?? items.x;
    const product = gatherRows(user, pairs.context).mul(gatherRows(scored, pairs.item)).sum<tf.Tensor1D>(1);
    return items.bias ? product.add(gatherRows(items.bias, pairs.item).reshape([-1])) : product;
  }

  /** [user ; 1] and [item ; bias]. */
  readonly innerProduct: InnerProduct<NextItems, NextContexts> = {
    ofContexts: ({ user }) => (this.bias ? tf.concat([user, tf.ones([user.shape[0], 1])], 1) : user),
    ofItems: ({ x, out, bias }) => (bias ? tf.concat([out ?? x, bias], 1) : (out ?? x)),
  };

  /** The mean over the pairs (couples, positives) whose history is not empty. */
  loss({ batch, contexts, items }: EncodedBatch<NextItems, NextContexts>, mode: Mode): tf.Scalar {
    const { loss } = this.options;
    if (loss !== 'bce' && loss !== 'bpr') return this.lossOverSet(batch, contexts, items, mode);
    const pairs = pairsWhere(batch.pairs, (p) => this.hasHistory(batch, p));
    if (pairs.count === 0) return tf.scalar(0);
    const logits = this.logits(contexts, items, pairs);
    if (loss === 'bce') return tf.mean(tf.softplus(logits).sub(logits.mul(tf.tensor1d(pairs.label))));
    const [positive, negative] = tf.split(logits.reshape([-1, 2]), 2, 1);
    return tf.mean(tf.softplus(negative!.sub(positive!)));
  }

  /** L2 of the item vectors in use, each once a step, and of all matrices. Of a catalogue all that are scored are in use. */
  penalty({ items }: EncodedBatch<NextItems, NextContexts>): tf.Scalar {
    const { l2Weight } = this.options;
    if (l2Weight === 0) return tf.scalar(0);
    const matrices = this.encoder.matrices.map((weight) => weight.value());
    const scored = this.catalogue && (this.out ?? this.item).encode(this.catalogue.items);
    const vectors = items.out ? [items.x, scored ?? items.out] : [scored ?? items.x];
    return l2Penalty(l2Weight, [...matrices, ...vectors]);
  }

  /** Positives against all candidates of the step, or all items of the train part. */
  private lossOverSet(batch: Batch, { user }: NextContexts, items: NextItems, mode: Mode): tf.Scalar {
    const { loss, bprReg: regularisation } = this.options;
    const { pairs } = batch;
    const positives = pairsWhere(pairs, (p) => pairs.label[p] === 1 && this.hasHistory(batch, p));
    if (positives.count === 0) return tf.scalar(0);
    const set = this.catalogue ?? itemSet(batch.items.slice(0, candidatesOf(pairs)));
    const scored = this.catalogue ? this.encodeItems(set.items, mode) : firstRows(items, set.items.length);
    return setLoss(
      {
        users: gatherRows(user, positives.context),
        items: scored.out ?? scored.x,
        offset: this.offsetOf(scored, set.items),
        positive: positives.item.map((at) => set.place.get(batch.items[at]!)!),
      },
      { loss: loss as Exclude<typeof loss, 'bce' | 'bpr'>, regularisation },
    );
  }

  /** Bias less log Q. */
  private offsetOf({ bias }: NextItems, set: Int32Array): tf.Tensor1D | null {
    const { logRows } = this;
    const own = bias ? bias.reshape<tf.Tensor1D>([-1]) : null;
    if (!logRows) return own;
    const log = tf.tensor1d(Float32Array.from(set, (item) => -logRows[item]!));
    return own ? own.add(log) : log;
  }

  private hasHistory({ histories, pairs }: Batch, p: number): boolean {
    return histories[0]!.length[pairs.context[p]!]! > 0;
  }
}

/** Items, and where each is among them. */
interface ItemSet {
  readonly items: Int32Array;
  readonly place: ReadonlyMap<number, number>;
}

const itemSet = (items: Int32Array): ItemSet => ({
  items,
  place: new Map(Array.from(items, (item, at) => [item, at])),
});

function pairsWhere(pairs: Pairs, keep: (p: number) => boolean): Pairs {
  const kept = Int32Array.from(pairs.item.keys()).filter(keep);
  return {
    count: kept.length,
    context: kept.map((p) => pairs.context[p]!),
    item: kept.map((p) => pairs.item[p]!),
    label: Float32Array.from(kept, (p) => pairs.label[p]!),
    row: kept.map((p) => pairs.row[p]!),
  };
}

/** Batches name candidates first. */
const candidatesOf = ({ item }: Pairs): number => 1 + item.reduce((a, b) => Math.max(a, b), -1);

function firstRows(items: NextItems, count: number): NextItems {
  const first = (x: tf.Tensor2D): tf.Tensor2D => x.slice([0, 0], [count, -1]);
  const { x, out, bias } = items;
  return { x: first(x), ...(out && { out: first(out) }), ...(bias && { bias: first(bias) }) };
}

/** log of the positive rows of each item in the train part, of items without one 0. */
function logRowsOf({ store, split, label }: PreparedData): Float32Array {
  const rows = new Float64Array(store.itemIds.length);
  for (const row of split.train) rows[store.interactions.item[row]!]! += label[row]!;
  return Float32Array.from(rows, (count) => Math.log(Math.max(1, count)));
}
