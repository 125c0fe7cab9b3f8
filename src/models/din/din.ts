/**
 * DIN: Zhou et al., Deep Interest Network for Click-Through Rate Prediction, KDD 2018. Deviations and where the paper is
 * silent: docs/models/din.md.
 *
 * Sizes: U contexts, N distinct items, R distinct items of histories, P pairs, K factors a field, d = K fields of an item.
 */
import * as tf from '@tensorflow/tfjs';
import { distinct } from '../../base/index.js';
import type { HistorySpec, Pairs, PreparedData } from '../../data/index.js';
import { gatherRows, type Mode, normal, ParameterSet } from '../../engine/index.js';
import {
  type ActivationUnit,
  activationUnit,
  embedSlots,
  type Field,
  type FieldEmbedding,
  fieldEmbedding,
  type RowLists,
} from '../../layers/index.js';
import { candidateRows } from '../candidates.js';
import { itemFields, userFields } from '../fields.js';
import type { DinOptions } from '../options.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, EncodedBatch, Model } from '../types.js';
import { type Head, head } from './head.js';

type DinItems = {
  /** x, the fields of each item side by side. [N, d] */
  readonly x: tf.Tensor2D;
};

type DinContexts = {
  /** Items of the histories. [R, d] */
  readonly events: tf.Tensor2D;
  /** What each adds to the first layer of the activation unit. [R, h] */
  readonly keys: tf.Tensor2D;
  /** The history of each context, oldest first: rows of the two. */
  readonly lists: RowLists;
  /** What the user adds to the first layer of the MLP. [U, h] */
  readonly user: tf.Tensor2D;
};

export class Din implements Model<DinItems, DinContexts> {
  readonly parameters: ParameterSet;
  readonly histories: readonly [HistorySpec];
  readonly pairing = 'pointwise';
  readonly keepItems = true;
  readonly taps: Readonly<Record<string, string>> = {
    item: 'x, the embeddings of the fields of each item. [N, d]',
    'unit.weights': 'Weights of the activation unit: of each pair and event of the history. [P, n]',
    interest: 'The weighted sum of the history of each pair. [P, d]',
  };
  private readonly user: readonly FieldEmbedding[];
  private readonly item: readonly FieldEmbedding[];
  private readonly unit: ActivationUnit;
  private readonly head: Head;

  /** @throws UserError when the data set lacks a named field */
  constructor(
    private readonly options: DinOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { factors, historyLength: length, hidden, activation, dropout } = options;
    const parameters = new ParameterSet(seed);
    const embed = (side: string, fields: readonly Field[]) =>
      fields.map((field) =>
        fieldEmbedding(parameters, `${side}.${field.name}`, field, {
          width: factors,
          init: normal(0.01),
          activation: 'linear',
        }),
      );
    this.parameters = parameters;
    this.histories = [{ length, sample: 'recent', target: 'causal', prefixes: 'shared' }];
    this.user = embed('user', userFields(options.userFields, data, 'model.userFields'));
    this.item = embed('item', itemFields(options.itemFields, data, 'model.itemFields'));
    const width = factors * this.item.length;
    this.unit = activationUnit(parameters, 'unit', {
      width,
      hidden: options.unitHidden,
      activation: options.unitActivation,
      softmax: options.softmax,
    });
    const parts = { user: factors * this.user.length, item: width, interest: width };
    this.head = head(parameters, parts, { hidden, activation, keep: 1 - dropout });
  }

  encodeItems(items: Int32Array, mode: Mode): DinItems {
    const x = embedSlots(this.item, items);
    mode.tap?.('item', x);
    return { x };
  }

  encodeContexts({ contexts, histories }: ContextBatch, { x }: DinItems): DinContexts {
    const { sequences, sequence, length } = histories[0]!;
    const { offsets, rows } = listsOf(sequences, sequence, length);
    const { values, at } = distinct(rows);
    const events = gatherRows(x, values);
    return {
      events,
      keys: this.unit.keys(events),
      lists: { offsets, rows: at },
      user: this.head.ofUser(embedSlots(this.user, contexts.user)),
    };
  }

  logits({ events, keys, lists, user }: DinContexts, { x }: DinItems, pairs: Pairs, mode: Mode): tf.Tensor1D {
    const candidates = candidateRows(x, pairs);
    const history = { x: events, keys, lists };
    const judged = { candidates, context: pairs.context, candidate: pairs.item };
    const interest = this.unit.apply(history, judged, mode);
    mode.tap?.('unit.weights', this.unit.weights(history, judged, this.options.historyLength, mode));
    mode.tap?.('interest', interest);
    const users = { values: user, row: pairs.context };
    return this.head.logits(interest, users, { values: candidates, row: pairs.item }, mode);
  }

  /** L2 of the embeddings that a step uses, each once. */
  penalty({ batch }: EncodedBatch<DinItems, DinContexts>): tf.Scalar {
    const { l2Weight } = this.options;
    if (l2Weight === 0) return tf.scalar(0);
    return l2Penalty(l2Weight, [
      ...this.user.flatMap((field) => field.usedRows(batch.contexts.user)),
      ...this.item.flatMap((field) => field.usedRows(batch.items)),
    ]);
  }

  async afterStep(): Promise<void> {
    for (const activation of [...this.unit.activations, ...this.head.activations])
      await activation.afterStep();
  }
}

/** The items of each context's history, one after another: positions in the batch's items. */
function listsOf(
  { item, width }: { readonly item: Int32Array; readonly width: number },
  sequence: Int32Array,
  length: Int32Array,
): RowLists {
  const offsets = new Int32Array(sequence.length + 1);
  length.forEach((count, c) => {
    offsets[c + 1] = offsets[c]! + count;
  });
  const rows = new Int32Array(offsets.at(-1)!);
  sequence.forEach((s, c) => {
    rows.set(item.subarray(s * width, s * width + length[c]!), offsets[c]);
  });
  return { offsets, rows };
}
