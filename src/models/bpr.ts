/**
 * BPR: Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009; matrix factorisation as
 * its section 4.3.1, s_ui = p_u . q_i (+ b_i), trained on couples by BPR-Opt, with any optimiser or by its LearnBPR.
 * Deviations: docs/models/bpr.md.
 */
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../base/index.js';
import type { Pairs, PreparedData } from '../data/index.js';
import {
  bprSgd,
  type FactorTables,
  gatherRows,
  normal,
  ofKnown,
  ParameterSet,
  type Table,
  zeros,
} from '../engine/index.js';
import {
  type ItemEncoder,
  itemEncoder,
  type Linear,
  linear,
  lookupWarm,
  pairLogits,
} from '../layers/index.js';
import { itemFeatures, warmUsers } from './features.js';
import type { BprOptions } from './options.js';
import { l2Penalty } from './penalty.js';
import type { ContextBatch, EncodedBatch, InnerProduct, Model } from './types.js';

type BprItems = {
  /** q. [N, f] */
  readonly items: tf.Tensor2D;
  /** b. [N, 1] */
  readonly bias?: tf.Tensor2D;
};
type BprContexts = {
  /** p of each context's user. [U, f] */
  readonly users: tf.Tensor2D;
};

export class Bpr implements Model<BprItems, BprContexts> {
  readonly parameters: ParameterSet;
  readonly histories = [];
  readonly pairing = 'pairwise';
  private readonly users: Table;
  private readonly items: ItemEncoder;
  private readonly bias: Table | null;
  private readonly warmUsers: Uint8Array;
  private readonly warmItems: Uint8Array;
  private readonly head: { readonly hidden: Linear; readonly out: Linear } | null;
  readonly learn?: NonNullable<Model['learn']>;
  readonly innerProduct?: InnerProduct<BprItems, BprContexts>;

  /** @throws UserError when the data set lacks a named feature, or content is to be learnt couple by couple */
  constructor(
    private readonly options: BprOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { factors, head, hidden } = options;
    const { userIds, itemIds } = data.store;
    this.parameters = new ParameterSet(seed);
    const warm = warmUsers(data);
    this.users = this.parameters.addTable('user', userIds.length, factors, ofKnown(warm, normal(0.01)));
    this.items = itemEncoder(this.parameters, 'item', {
      features: itemFeatures(options.item, data, 'model.item'),
      width: factors,
      categoryInit: normal(0.01),
    });
    this.bias = options.itemBias ? this.parameters.addTable('bias', itemIds.length, 1, zeros) : null;
    this.head =
      head === 'product'
        ? null
        : {
            hidden: linear(this.parameters, 'head.hidden', {
              inputs: 2 * factors,
              outputs: hidden,
              bias: true,
            }),
            out: linear(this.parameters, 'head.out', { inputs: hidden, outputs: 1, bias: true }),
          };
    if (!this.head) this.innerProduct = this.productOfVectors();
    this.warmUsers = warm;
    this.warmItems = data.warmItems;
    if (options.update === 'couple') {
      const tables = this.tablesOfFactors();
      this.learn = (couples, learningRate) =>
        bprSgd(tables, couples, { learningRate, l2: options.l2Weight }) / couples.user.length;
    }
  }

  private tablesOfFactors(): FactorTables {
    const { factors: width, item } = this.options;
    if (item.length > 1 || item[0] !== 'id') {
      throw new UserError(
        `model.update: couple learns identifiers alone, not ${item.join(', ')}`,
        'Use model.item: [id], or model.update: step.',
      );
    }
    const items = this.parameters.tables.find(({ name }) => name === 'item.id.table')!;
    const bias = this.bias?.data ?? new Float32Array(0);
    return { width, users: this.users.data, items: items.data, bias };
  }

  encodeItems(items: Int32Array): BprItems {
    return {
      items: this.items.encode(items),
      ...(this.bias && { bias: lookupWarm(this.bias, items, this.warmItems) }),
    };
  }

  encodeContexts({ contexts }: ContextBatch): BprContexts {
    return { users: lookupWarm(this.users, contexts.user, this.warmUsers) };
  }

  logits({ users }: BprContexts, { items, bias }: BprItems, pairs: Pairs): tf.Tensor1D {
    const score = this.head
      ? this.headLogits(this.head, users, items, pairs)
      : (gatherRows(users, pairs.context).mul(gatherRows(items, pairs.item)).sum(1) as tf.Tensor1D);
    return bias ? score.add(gatherRows(bias, pairs.item).reshape([-1])) : score;
  }

  /** out(relu([p ; q] W + b)), of which p's and q's part of the product are worked out once each. */
  private headLogits(
    { hidden, out }: NonNullable<Bpr['head']>,
    users: tf.Tensor2D,
    items: tf.Tensor2D,
    { context, item }: Pairs,
  ): tf.Tensor1D {
    const [ofUsers, ofItems] = tf.split(hidden.weight.value<tf.Rank.R2>(), 2, 0);
    return pairLogits({ out }, null, [
      { values: tf.matMul(users, ofUsers!), row: context },
      { values: tf.matMul<tf.Tensor2D>(items, ofItems!).add(hidden.bias!.value()), row: item },
    ]);
  }

  /** [p ; 1] and [q ; b]. */
  private productOfVectors(): InnerProduct<BprItems, BprContexts> {
    return {
      ofContexts: ({ users }) => (this.bias ? tf.concat([users, tf.ones([users.shape[0], 1])], 1) : users),
      ofItems: ({ items, bias }) => (bias ? tf.concat([items, bias], 1) : items),
    };
  }

  /** BPR-Opt: the mean over couples (positive 2k, negative 2k + 1) of -log sigmoid(s_ui - s_uj). */
  loss({ batch, contexts, items }: EncodedBatch<BprItems, BprContexts>): tf.Scalar {
    const logits = this.logits(contexts, items, batch.pairs);
    const [positive, negative] = tf.split(logits.reshape([-1, 2]), 2, 1);
    return tf.mean(tf.softplus(negative!.sub(positive!)));
  }

  /** L2 of the vectors in use, each once a step, and of the head's layer. */
  penalty({ contexts: { users }, items: { items, bias } }: EncodedBatch<BprItems, BprContexts>): tf.Scalar {
    return l2Penalty(this.options.l2Weight, [
      users,
      items,
      ...(bias ? [bias] : []),
      ...(this.head ? [this.head.hidden.weight.value()] : []),
    ]);
  }
}
