/**
 * The sequence baselines of the papers' tables: LSTM, LSTM+Attention and LSTM-R, CNN and CNN-R, ATRank. An encoder makes
 * of a history the interest vector u, a head judges the candidate x by it.
 *
 * - `lstm`: Hochreiter and Schmidhuber 1997, as THACIL's, ALPINE's and MTIN's tables describe it (`lstmEncoder`).
 * - `cnn`: Kim, EMNLP 2014, as ATRank's code and the tables of ALPINE and MTIN have it (`cnnEncoder`).
 * - `atrank`: Zhou et al., ATRank, AAAI 2018 (`atrankEncoder`).
 *
 * docs/models/lstm.md, cnn.md and atrank.md list where the tables are silent and the option that chooses.
 *
 * Sizes: U contexts whose histories are beginnings of S sequences, P pairs, N distinct items, d = width of items.
 */
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../base/index.js';
import type { HistorySpec, Pairs, PreparedData } from '../../data/index.js';
import {
  gatherRows,
  type Mode,
  normal,
  ofKnown,
  ParameterSet,
  type Table,
  zeros,
} from '../../engine/index.js';
import { lookupWarm, type RowLists } from '../../layers/index.js';
import { candidateRows } from '../candidates.js';
import { warmUsers } from '../features.js';
import { polaritiesOf, type SequenceOptions } from '../options.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, EncodedBatch, InnerProduct, Model } from '../types.js';
import { atrankEncoder } from './atrankEncoder.js';
import { cnnEncoder } from './cnnEncoder.js';
import type { EncodedHistory, EncoderSpec, Interest, InterestEncoder } from './encoder.js';
import { dotLogits, type MlpHead, mlpHead } from './heads.js';
import { sequenceItems } from './items.js';
import { lstmEncoder } from './lstmEncoder.js';

type SequenceItems = {
  /** [N, d] */
  readonly x: tf.Tensor2D;
  /** Of the items, where the head is an inner product. [N, 1] */
  readonly bias?: tf.Tensor2D;
};

type SequenceContexts = {
  /** What the encoder made of the histories: rows and, where candidates read them, those of each context. */
  readonly positive: tf.Tensor2D;
  readonly positiveRows?: RowLists;
  readonly negative?: tf.Tensor2D;
  readonly negativeRows?: RowLists;
  /** Identifier embeddings, where the head takes them. [U, userSize] */
  readonly user?: tf.Tensor2D;
};

/** One kind of history, and the head that reads it; without one the logit is an inner product. */
interface Branch {
  readonly encoder: InterestEncoder;
  readonly head: MlpHead | null;
}

/** A table of identifiers, zero where they are not trained. */
interface Identifiers {
  readonly table: Table;
  readonly warm: Uint8Array;
}

export class Sequence implements Model<SequenceItems, SequenceContexts> {
  readonly parameters: ParameterSet;
  readonly histories: readonly HistorySpec[];
  readonly pairing = 'pointwise';
  readonly keepItems: boolean;
  readonly taps: Readonly<Record<string, string>>;
  readonly innerProduct?: InnerProduct<SequenceItems, SequenceContexts>;
  private readonly items: ReturnType<typeof sequenceItems>;
  private readonly positive: Branch;
  private readonly negative: Branch | null;
  private readonly user: Identifiers | null;
  private readonly bias: Identifiers | null;

  /** @throws UserError when the data set lacks what the options ask for, or widths do not fit */
  constructor(
    private readonly options: SequenceOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { head, hidden, userSize } = options;
    const { historyLength: length, historySample: sample, historyTarget: target } = options;
    const parameters = new ParameterSet(seed);
    const items = sequenceItems(parameters, options, data);
    const { width } = items;
    const branch = (name: string): Branch => {
      const encoder = encoderOf(parameters, { name, width }, options);
      const widths = [encoder.width, width, userSize] as const;
      return { encoder, head: head === 'dot' ? null : mlpHead(parameters, `${name}.head`, widths, hidden) };
    };
    const polarities = polaritiesOf(options);

    this.parameters = parameters;
    this.items = items;
    this.keepItems = items.isCostly;
    this.positive = branch('positive');
    this.negative = polarities.length > 1 ? branch('negative') : null;
    const { encoder } = this.positive;
    if (head === 'dot' && encoder.width !== width) {
      throw new UserError(
        `model.head: dot multiplies interest vectors, ${encoder.width} wide, with items, ${width} wide`,
        `Make both equally wide, or use model.head: mlp.`,
      );
    }
    const warm = warmUsers(data);
    const { userIds, itemIds } = data.store;
    this.user =
      userSize > 0
        ? { table: parameters.addTable('user', userIds.length, userSize, ofKnown(warm, normal(0.01))), warm }
        : null;
    this.bias =
      head === 'dot'
        ? { table: parameters.addTable('bias', itemIds.length, 1, zeros), warm: data.warmItems }
        : null;
    this.histories = polarities.map((events) => ({
      events,
      length,
      sample,
      target,
      prefixes: encoder.prefixes,
    }));
    if (head === 'dot' && encoder.perContext) this.innerProduct = innerProduct;
    this.taps = this.tapsOf();
  }

  encodeItems(items: Int32Array, mode: Mode): SequenceItems {
    const x = this.items.encode(items);
    mode.tap?.('item', x);
    return { x, ...(this.bias && { bias: lookupWarm(this.bias.table, items, this.bias.warm) }) };
  }

  encodeContexts(batch: ContextBatch, { x }: SequenceItems, mode: Mode): SequenceContexts {
    const [positive, negative] = [this.positive, this.negative].map((branch, h) =>
      branch?.encoder.encode(x, batch.histories[h]!, mode),
    );
    return {
      positive: positive!.rows,
      ...(positive!.ofContext && { positiveRows: positive!.ofContext }),
      ...(negative && { negative: negative.rows }),
      ...(negative?.ofContext && { negativeRows: negative.ofContext }),
      ...(this.user && { user: lookupWarm(this.user.table, batch.contexts.user, this.user.warm) }),
    };
  }

  logits(contexts: SequenceContexts, { x, bias }: SequenceItems, pairs: Pairs, mode: Mode): tf.Tensor1D {
    const { positive, positiveRows, negative, negativeRows, user } = contexts;
    const candidates = candidateRows(x, pairs);
    const read = (branch: Branch, rows: tf.Tensor2D, ofContext: RowLists | undefined, name: string) => {
      const encoded: EncodedHistory = { rows, ...(ofContext && { ofContext }) };
      const interest = branch.encoder.interest(encoded, candidates, pairs, mode);
      mode.tap?.(`${name}.interest`, ofPairs(interest));
      const logits = branch.head
        ? branch.head.logits(interest, candidates, pairs, user)
        : dotLogits(interest, x, bias!, pairs);
      mode.tap?.(`${name}.logit`, logits);
      return logits;
    };
    const logit = read(this.positive, positive, positiveRows, 'positive');
    if (!this.negative || !negative) return logit;
    const [a, b] = this.options.alphas as [number, number];
    const other = read(this.negative, negative, negativeRows, 'negative');
    return logit.mul<tf.Tensor1D>(a).add(other.mul(b));
  }

  /** L2 of all matrices and of the rows of tables in use; no biases, no LayerNorm. */
  penalty({ batch, contexts: { user } }: EncodedBatch<SequenceItems, SequenceContexts>): tf.Scalar {
    const { l2Weight } = this.options;
    if (l2Weight === 0) return tf.scalar(0);
    const branches = [this.positive, this.negative].filter((branch) => branch !== null);
    const matrices = branches.flatMap(({ encoder, head }) => [
      ...encoder.matrices,
      ...(head?.matrices ?? []),
    ]);
    const rows = this.items.rows(batch.items);
    if (user) rows.push(this.userRows(Int32Array.from(new Set(batch.contexts.user))));
    return l2Penalty(l2Weight, [
      ...[...this.items.weights, ...matrices].map((weight) => weight.value()),
      ...rows,
    ]);
  }

  private userRows(users: Int32Array): tf.Tensor2D {
    return lookupWarm(this.user!.table, users, this.user!.warm);
  }

  private tapsOf(): Readonly<Record<string, string>> {
    const taps: Record<string, string> = { item: 'x of each item. [N, d]' };
    for (const [name, branch] of [
      ['positive', this.positive] as const,
      ['negative', this.negative] as const,
    ]) {
      if (!branch) continue;
      Object.assign(taps, branch.encoder.taps, {
        [`${name}.interest`]: `u, the ${name} history as each candidate meets it. [P, width]`,
        [`${name}.logit`]: `Logit of the ${name} history. [P]`,
      });
    }
    return taps;
  }
}

function encoderOf(parameters: ParameterSet, spec: EncoderSpec, options: SequenceOptions): InterestEncoder {
  switch (options.name) {
    case 'lstm':
      return lstmEncoder(parameters, spec, options);
    case 'cnn':
      return cnnEncoder(parameters, spec, options);
    case 'atrank':
      return atrankEncoder(parameters, spec, options);
  }
}

/** [u ; 1] and [x ; b]. */
const innerProduct: InnerProduct<SequenceItems, SequenceContexts> = {
  ofContexts: ({ positive }) => tf.concat([positive, tf.ones<tf.Rank.R2>([positive.shape[0], 1])], 1),
  ofItems: ({ x, bias }) => tf.concat([x, bias!], 1),
};

const ofPairs = ({ vectors, row }: Interest): tf.Tensor2D => (row ? gatherRows(vectors, row) : vectors);
