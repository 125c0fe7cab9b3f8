/**
 * LightGCN: He et al., LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation, SIGIR 2020. Light graph
 * convolution (Eq. 3) over who chose what in the train part, the mean over layers (Eq. 4 with alpha_k = 1 / (K + 1)), inner
 * products (Eq. 5), BPR with L2 on the initial vectors (Eq. 15). Notes: docs/models/lightgcn.md.
 */
import * as tf from '@tensorflow/tfjs';
import type { Pairs, PreparedData } from '../data/index.js';
import {
  type DenseParameter,
  gatherRows,
  glorotUniform,
  ofKnown,
  ParameterSet,
  rowsTensor,
  takeValues,
} from '../engine/index.js';
import { type SparseMatrix, sparseProduct, transposed } from '../layers/index.js';
import { warmUsers } from './features.js';
import { trainPositives } from './interactions.js';
import type { LightgcnOptions } from './options.js';
import { l2Penalty } from './penalty.js';
import type { ContextBatch, EncodedBatch, Encoder, InnerProduct, Model } from './types.js';

type LightGcnItems = {
  /** Items after the convolutions. [N, f] */
  readonly items: tf.Tensor2D;
  /** Before them, where L2 may be wanted. [N, f] */
  readonly ownItems?: tf.Tensor2D;
};
type LightGcnContexts = {
  /** Each context's user, likewise. [U, f] */
  readonly users: tf.Tensor2D;
  readonly ownUsers?: tf.Tensor2D;
};
/** All users and all items after the convolutions. */
interface Convolved {
  readonly users: tf.Tensor2D;
  readonly items: tf.Tensor2D;
}

export class LightGcn implements Model<LightGcnItems, LightGcnContexts> {
  readonly parameters: ParameterSet;
  readonly histories = [];
  readonly pairing = 'pairwise';
  private readonly users: DenseParameter;
  private readonly items: DenseParameter;
  /** The normalised graph: [users, items] and [items, users]. */
  private readonly toUsers: SparseMatrix;
  private readonly toItems: SparseMatrix;
  /**
   * What a step has convolved for its items. Its users would otherwise go through the graph once more, forwards and backwards, which is
   * nearly all that a step costs; and encoded items cannot bring them along, being a row an item.
   */
  private readonly convolved = new WeakMap<LightGcnItems, Convolved>();

  constructor(
    private readonly options: LightgcnOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { factors } = options;
    const { userIds, itemIds } = data.store;
    this.parameters = new ParameterSet(seed);
    const weight = (name: string, rows: number, warm: Uint8Array) =>
      this.parameters.addDense(name, [rows, factors], ofKnown(warm, glorotUniform));
    this.toUsers = normalised(trainPositives(data));
    this.toItems = transposed(this.toUsers);
    const trained = reached(this.toUsers, warmUsers(data), data.warmItems, options.layers);
    this.users = weight('user', userIds.length, trained.users);
    this.items = weight('item', itemIds.length, trained.items);
  }

  /** Eqs. 3 and 4: the mean of the vectors and of what each layer makes of those before. */
  private convolve(): Convolved {
    const { toUsers, toItems } = this;
    let [users, items] = [this.users.value<tf.Rank.R2>(), this.items.value<tf.Rank.R2>()];
    const all = { users: [users], items: [items] };
    for (let layer = 0; layer < this.options.layers; layer++) {
      [users, items] = [sparseProduct(toUsers, items, toItems), sparseProduct(toItems, users, toUsers)];
      all.users.push(users);
      all.items.push(items);
    }
    const mean = (layers: tf.Tensor2D[]): tf.Tensor2D => tf.addN(layers).div(layers.length);
    return { users: mean(all.users), items: mean(all.items) };
  }

  encodeItems(items: Int32Array): LightGcnItems {
    const convolved = this.convolve();
    const encoded = {
      items: gatherRows(convolved.items, items),
      ownItems: gatherRows(this.items.value(), items),
    };
    this.convolved.set(encoded, convolved);
    return encoded;
  }

  encodeContexts({ contexts: { user } }: ContextBatch, items: LightGcnItems): LightGcnContexts {
    const known = this.convolved.get(items);
    const { users } = known && !known.users.isDisposed ? known : this.convolve();
    return { users: gatherRows(users, user), ownUsers: gatherRows(this.users.value(), user) };
  }

  logits({ users }: LightGcnContexts, { items }: LightGcnItems, pairs: Pairs): tf.Tensor1D {
    return gatherRows(users, pairs.context).mul(gatherRows(items, pairs.item)).sum(1);
  }

  readonly innerProduct: InnerProduct<LightGcnItems, LightGcnContexts> = {
    ofContexts: ({ users }) => users,
    ofItems: ({ items }) => items,
  };

  /** The graph is gone through once, however many batches there are. */
  async forEvaluation(): Promise<Encoder<LightGcnItems, LightGcnContexts>> {
    const { users, items } = tf.tidy(() => ({ ...this.convolve() }));
    const [ofUsers, ofItems] = await takeValues([users, items]);
    const { factors } = this.options;
    return {
      encodeItems: (ids) => ({ items: rowsTensor(ofItems!, factors, ids) }),
      encodeContexts: ({ contexts }) => ({ users: rowsTensor(ofUsers!, factors, contexts.user) }),
      logits: (contexts, items, pairs) => this.logits(contexts, items, pairs),
    };
  }

  /** The mean over couples (positive 2k, negative 2k + 1) of -log sigmoid(s_ui - s_uj). */
  loss({ batch, contexts, items }: EncodedBatch<LightGcnItems, LightGcnContexts>): tf.Scalar {
    const logits = this.logits(contexts, items, batch.pairs);
    const [positive, negative] = tf.split(logits.reshape([-1, 2]), 2, 1);
    return tf.mean(tf.softplus(negative!.sub(positive!)));
  }

  /** L2 of the initial vectors of each couple, one that several couples share as often, a couple's mean. */
  penalty({ batch, contexts, items }: EncodedBatch<LightGcnItems, LightGcnContexts>): tf.Scalar {
    const { context, item, count } = batch.pairs;
    const couples = count / 2;
    const users = context.filter((_, p) => p % 2 === 0);
    return l2Penalty(this.options.l2Weight / couples, [
      gatherRows(contexts.ownUsers!, users),
      gatherRows(items.ownItems!, item),
    ]);
  }
}

/** 1 for whoever lies within so many edges of a user or item of a couple, and so is trained. */
function reached(
  { offsets, column }: SparseMatrix,
  ofUsers: Uint8Array,
  ofItems: Uint8Array,
  layers: number,
): { readonly users: Uint8Array; readonly items: Uint8Array } {
  let [users, items] = [ofUsers, ofItems];
  for (let layer = 0; layer < layers; layer++) {
    const [nextUsers, nextItems] = [users.slice(), items.slice()];
    for (let u = 0; u < users.length; u++) {
      for (let k = offsets[u]!; k < offsets[u + 1]!; k++) {
        if (users[u]) nextItems[column[k]!] = 1;
        if (items[column[k]!]) nextUsers[u] = 1;
      }
    }
    [users, items] = [nextUsers, nextItems];
  }
  return { users, items };
}

/** Entries over the root of the number of entries in their row and in their column. */
function normalised(matrix: SparseMatrix): SparseMatrix {
  const { offsets, column, columns } = matrix;
  const inColumn = new Int32Array(columns);
  for (const c of column) inColumn[c]!++;
  const value = new Float32Array(column.length);
  for (let r = 0; r + 1 < offsets.length; r++) {
    const inRow = offsets[r + 1]! - offsets[r]!;
    for (let k = offsets[r]!; k < offsets[r + 1]!; k++)
      value[k] = 1 / Math.sqrt(inRow * inColumn[column[k]!]!);
  }
  return { ...matrix, value };
}
