/**
 * ALPINE: Li et al., Routing Micro-videos via A Temporal Graph-guided Recommendation System, ACM Multimedia 2019; and
 * SCAA: Yao et al., Modeling High-order Interactions across Multi-interests for Micro-video Recommendation, AAAI 2021
 * (student abstract), which is ALPINE-Base with another vector of the user. docs/models/alpine.md and scaa.md list the
 * equations, where the papers are silent or the released code differs, and the option that chooses.
 *
 * 1. Each item of the positive (clicked) history is linked to the most similar one before it (`edgeRule`).
 * 2. A temporal-graph LSTM reads the history: h_t = o tanh(c_t) + o* tanh(c*_t), the starred gates of the linked state
 *    (`temporalGraphLstm`; `edgeCell` says which memory c* goes on from).
 * 3. The candidate attends to the states before it: f_in (`candidateAttention`).
 * 4. y_in = relu([f_in ; x] W1 + b1) w2 + b2. The negative (shown, not clicked) history gives y_un likewise, with weights
 *    of its own (`branch`).
 * 5. y_en = relu([x ; u] W1 + b1) w2 + b2, where u is ALPINE's row of the user matrix (`userMatrix`) or SCAA's v of what
 *    the user liked and followed (`levelInterest`, equations in `selfOverCo`).
 * 6. y = a1 y_in + a2 y_un + a3 y_en, shares of logits (`alphas`); one sigmoid in the loss.
 *
 * Sizes: U contexts whose histories are beginnings of S sequences, P pairs, N distinct items, D = width of items = width of
 * states, V users as the third head knows them.
 */
import * as tf from '@tensorflow/tfjs';
import type { HistorySpec, Pairs, PreparedData } from '../../data/index.js';
import { gatherRows, type Mode, ParameterSet } from '../../engine/index.js';
import { type CandidatePlaces, pairLogits } from '../../layers/index.js';
import { candidateRows } from '../candidates.js';
import { itemFeatures } from '../features.js';
import { type ItemAdvice, type ItemEmbedding, itemEmbedding } from '../itemEmbedding.js';
import { type AlpineOptions, partsOf, type ScaaOptions } from '../options.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, Model } from '../types.js';
import { type Branch, branch, branchTaps, type Head, matricesOf, mlpHead, type Polarity } from './branch.js';
import { edgeRule } from './edges.js';
import { levelInterest, type UserInterest, userMatrix } from './interest.js';

type AlpineItems = {
  /** [N, D] */
  readonly x: tf.Tensor2D;
};

type AlpineContexts = {
  /** States of the sequences, [S, T, D], and which of them each context has. */
  readonly positive: tf.Tensor3D;
  readonly positivePlaces: CandidatePlaces;
  readonly negative?: tf.Tensor3D;
  readonly negativePlaces?: CandidatePlaces;
  /** U[u] or v, [V, D], and the row of each context. [U] */
  readonly user?: tf.Tensor2D;
  readonly userRow?: Int32Array;
};

export class Alpine implements Model<AlpineItems, AlpineContexts> {
  readonly parameters: ParameterSet;
  readonly histories: readonly HistorySpec[];
  readonly pairing = 'pointwise';
  readonly keepItems: boolean;
  readonly taps: Readonly<Record<string, string>>;
  private readonly items: ItemEmbedding;
  private readonly shares: ReturnType<typeof partsOf>['shares'];
  private readonly positive: Branch;
  private readonly negative: Branch | null;
  private readonly user: { readonly interest: UserInterest; readonly head: Head } | null;

  /** @throws UserError when the data set lacks what the options ask for */
  constructor(
    private readonly options: AlpineOptions | ScaaOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { shares, graph } = partsOf(options);
    const features = itemFeatures(options.item, data, 'model.item');
    const parameters = new ParameterSet(seed);
    const items = itemEmbedding(parameters, features, options, data, adviceOf(options));
    const { width, isFixed: fixedItems } = items;
    const { edgeExcludesPrevious: excludesPrevious, edgeCell, candidateAttention, hidden } = options;
    const edges = graph ? edgeRule(features, { excludesPrevious }, data) : null;
    const read = (name: Polarity, history: number): Branch =>
      branch(parameters, name, { width, fixedItems, edges, history, edgeCell, candidateAttention, hidden });

    this.parameters = parameters;
    this.items = items;
    this.keepItems = items.isCostly;
    this.shares = shares;
    this.positive = read('positive', 0);
    this.negative = shares.negative > 0 ? read('negative', 1) : null;
    const polarities: Polarity[] = this.negative ? ['positive', 'negative'] : ['positive'];
    const interest = this.interestOf(data, polarities.length);
    this.user = interest && {
      interest,
      head: mlpHead(parameters, 'user.head', width + interest.width, hidden),
    };
    this.histories = [...polarities.map((events) => this.historyOf(events)), ...(interest?.histories ?? [])];
    this.taps = this.tapsOf(polarities, graph);
  }

  encodeItems(items: Int32Array): AlpineItems {
    return { x: this.items.encode(items) };
  }

  encodeContexts(batch: ContextBatch, { x }: AlpineItems, mode: Mode): AlpineContexts {
    const { positive, negative, user } = this;
    const known = user?.interest.of(batch, x, mode);
    if (known) mode.tap?.('user.vector', gatherRows(known.vectors, known.row));
    return {
      positive: positive.encode(x, batch, mode),
      positivePlaces: placesOf(batch, 0),
      ...(negative && { negative: negative.encode(x, batch, mode), negativePlaces: placesOf(batch, 1) }),
      ...(known && { user: known.vectors, userRow: known.row }),
    };
  }

  logits(contexts: AlpineContexts, { x }: AlpineItems, pairs: Pairs, mode: Mode): tf.Tensor1D {
    const { shares } = this;
    const { positive, positivePlaces, negative, negativePlaces, user, userRow } = contexts;
    const candidates = candidateRows(x, pairs);
    const parts = [
      this.positive.logits(positive, positivePlaces, candidates, pairs, mode).mul(shares.positive),
    ];
    if (this.negative && negative && negativePlaces) {
      const logits = this.negative.logits(negative, negativePlaces, candidates, pairs, mode);
      parts.push(logits.mul(shares.negative));
    }
    if (user && userRow) {
      const logits = this.userLogits({ vectors: user, row: userRow }, candidates, pairs);
      mode.tap?.('user.logit', logits);
      parts.push(logits.mul(shares.user));
    }
    return parts.length === 1 ? (parts[0] as tf.Tensor1D) : (tf.addN(parts) as tf.Tensor1D);
  }

  /** 0.5 * sum of squares of the heads' matrices: in the released code those whose names have a small w. */
  penalty(): tf.Scalar {
    const heads = [this.positive.head, this.negative?.head, this.user?.head].filter(
      (head) => head !== undefined,
    );
    return l2Penalty(
      this.options.l2Weight,
      heads.flatMap(matricesOf).map((weight) => weight.value()),
    );
  }

  /** y_en. Of [x ; u] W each side is worked out once, whatever the number of pairs that have it. [P] */
  private userLogits(
    { vectors, row }: { vectors: tf.Tensor2D; row: Int32Array },
    x: tf.Tensor2D,
    pairs: Pairs,
  ): tf.Tensor1D {
    const { hidden, out } = this.user!.head;
    const [ofItem, ofUser] = tf.split(hidden.weight.value(), [x.shape[1], vectors.shape[1]]) as tf.Tensor2D[];
    const items = tf.fused.matMul({ a: x, b: ofItem!, bias: hidden.bias!.value<tf.Rank.R1>() });
    return pairLogits({ out }, null, [
      { values: items as tf.Tensor2D, row: pairs.item },
      { values: tf.matMul(vectors, ofUser!), row: pairs.context.map((c) => row[c]!) },
    ]);
  }

  private historyOf(events: Polarity): HistorySpec {
    const { historyLength: length, truncate } = this.options;
    const sample = truncate === 'head' ? 'first' : 'recent';
    return { events, length, sample, target: 'causal', prefixes: 'shared' };
  }

  private interestOf(data: PreparedData, first: number): UserInterest | null {
    const { options, parameters } = this;
    const { interest: kind } = partsOf(options);
    if (kind === null) return null;
    const { width } = this.items;
    if (kind !== 'matrix')
      return levelInterest(parameters, options as ScaaOptions, data, { width, kind, first });
    const features = itemFeatures(options.item, data, 'model.item');
    return userMatrix(parameters, options as AlpineOptions, features, data, width);
  }

  private tapsOf(polarities: readonly Polarity[], graph: boolean): Readonly<Record<string, string>> {
    const { user } = this;
    const taps = Object.assign({}, ...polarities.map(branchTaps)) as Record<string, string>;
    if (!graph) for (const name of polarities) delete taps[`${name}.edges`];
    if (!user) return taps;
    return {
      ...taps,
      ...user.interest.taps,
      'user.vector': 'What stands for the user in the third head, U[u] or v. [U, D]',
      'user.logit': 'Logit of the third head. [P]',
    };
  }
}

/** The graph asks for similar items, and the user matrix for sums of their vectors. */
function adviceOf(options: AlpineOptions | ScaaOptions): ItemAdvice {
  const { graph, interest } = partsOf(options);
  const named = options.name === 'alpine' ? [] : ['model.name: alpine'];
  const sums = options.name === 'alpine' && interest === 'matrix' && options.userInit === 'levels';
  return {
    ids: graph ? [...named, 'model.variant: ALPINE_umg'] : [],
    categories: sums ? ['model.userInit: normal'] : [],
  };
}

function placesOf({ histories }: ContextBatch, which: number): CandidatePlaces {
  const { sequence, length } = histories[which]!;
  return { sequence, length };
}
