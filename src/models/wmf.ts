/**
 * WMF: Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, ICDM 2008; s_ui = x_u . z_i, fitted to
 * all cells by alternating least squares (Eqs. 3 to 5). Deviations: docs/models/wmf.md.
 */
import type * as tf from '@tensorflow/tfjs';
import type { Pairs, PreparedData } from '../data/index.js';
import {
  alsObjective,
  gatherRows,
  normal,
  ofKnown,
  ParameterSet,
  solveAls,
  type Table,
  zeros,
} from '../engine/index.js';
import { transposed } from '../layers/index.js';
import { trainPositives } from './interactions.js';
import type { WmfOptions } from './options.js';
import type { ContextBatch, InnerProduct, Model } from './types.js';

type WmfItems = {
  /** z. [N, K] */
  readonly items: tf.Tensor2D;
};
type WmfContexts = {
  /** x of each context's user. [U, K] */
  readonly users: tf.Tensor2D;
};

export class Wmf implements Model<WmfItems, WmfContexts> {
  readonly parameters: ParameterSet;
  readonly histories = [];
  readonly pairing = 'pointwise';
  private readonly users: Table;
  private readonly items: Table;
  private chosen: ReturnType<typeof bothWays> | null = null;

  constructor(
    private readonly options: WmfOptions,
    private readonly data: PreparedData,
    seed: number,
  ) {
    const { factors, initStd } = options;
    const { userIds, itemIds } = data.store;
    this.parameters = new ParameterSet(seed);
    const init = ofKnown(data.warmItems, normal(initStd));
    this.users = this.parameters.addTable('user', userIds.length, factors, zeros, { trained: false });
    this.items = this.parameters.addTable('item', itemIds.length, factors, init, { trained: false });
  }

  encodeItems(items: Int32Array): WmfItems {
    return { items: this.items.lookup(items) };
  }

  encodeContexts({ contexts }: ContextBatch): WmfContexts {
    return { users: this.users.lookup(contexts.user) };
  }

  logits({ users }: WmfContexts, { items }: WmfItems, pairs: Pairs): tf.Tensor1D {
    return gatherRows(users, pairs.context).mul(gatherRows(items, pairs.item)).sum(1);
  }

  readonly innerProduct: InnerProduct<WmfItems, WmfContexts> = {
    ofContexts: ({ users }) => users,
    ofItems: ({ items }) => items,
  };

  /** All users given the items, then all items given the users. The loss is the objective a chosen item. */
  sweep(): { readonly loss: number; readonly pairs: number } {
    this.chosen ??= bothWays(this.data);
    const { byUser, byItem } = this.chosen;
    const { factors, alpha, l2Weight: l2, solver } = this.options;
    const [users, items] = [this.users.data, this.items.data];
    const steps = solver === 'exact' ? null : this.options.steps;
    solveAls(users, items, factors, byUser, { alpha, l2 }, steps);
    solveAls(items, users, factors, byItem, { alpha, l2 }, steps);
    const pairs = byUser.column.length;
    return { loss: alsObjective(users, items, factors, byUser, { alpha, l2 }) / pairs, pairs };
  }
}

function bothWays(data: PreparedData) {
  const byUser = trainPositives(data);
  return { byUser, byItem: transposed(byUser) };
}
