/**
 * FRAME: Learning Fine-grained User Interests for Micro-video Recommendation, SIGIR 2023. The paper's text was not at hand:
 * the formulas are those of slides on it, numbered F1 to F7 in docs/models/frame.md, and the authors' released code. Where
 * the two differ an option chooses; the same page lists them.
 *
 * F1 H0 = F W_t                                F5 H_c = a_0 H0 + a_1 H1
 * F2 H_u^p = relu(R^p H0 W_p1), same with n     F6 y^p = MLP^p([h_c ; h_u^p]), same with n
 * F3 H_c^p = relu(R^pT H_u^p W_p2), same with n F7 y_uc = sigmoid(a_p y^p - a_n y^n); y_uv: their mean over a video's clips
 * F4 H1 = (H_c^p + H_c^n) / 2
 *
 * Sizes: C = items x N_c clips of d_v numbers, N items of a batch, U contexts, P pairs.
 */
import * as tf from '@tensorflow/tfjs';
import { range } from '../../base/index.js';
import type { Pairs, PreparedData } from '../../data/index.js';
import {
  type DenseParameter,
  fromVectors,
  glorotNormal,
  type Mode,
  normal,
  ParameterSet,
} from '../../engine/index.js';
import { linear, meanOfLists } from '../../layers/index.js';
import type { ClipVectors } from '../clips.js';
import type { FrameOptions } from '../options.js';
import type { ContextBatch, EncodedBatch, Encoder, Model } from '../types.js';
import { clipVectors } from './clips.js';
import { clipGraph } from './graph.js';
import {
  batchPairLoss,
  compared,
  labelledClips,
  pointLoss,
  preference,
  skippedViews,
  type WatchedRows,
} from './loss.js';
import { type ClipSource, type Interests, Polarity } from './propagation.js';
import { ClipHead, type ClipScores, combined, probabilities, videoLogits } from './scores.js';
import { partsSeen, requireFinishedLabel } from './watched.js';

type FrameItems = {
  /** The clips' shares of the hidden layers: [N, N_c h] each */
  readonly positive: tf.Tensor2D;
  readonly negative?: tf.Tensor2D;
};
type FrameContexts = {
  /** The users' shares: [U, h] each */
  readonly positive: tf.Tensor2D;
  readonly negative?: tf.Tensor2D;
};

/** H_u^p and H_u^n. */
interface BothInterests {
  readonly positive: Interests;
  readonly negative: Interests | null;
}

export class Frame implements Model<FrameItems, FrameContexts> {
  readonly parameters: ParameterSet;
  readonly histories = [];
  readonly pairing = 'pointwise';
  readonly keepItems = true;
  readonly taps = {
    positiveInterest: 'H_u^p of each context. [U, d]',
    negativeInterest: 'H_u^n of each context, unless neither a head nor a second hop looks at it. [U, d]',
    clips: 'H_c of the clips of each item. [N, N_c, d]',
    positiveLogits: 'y^p of the clips of each pair. [P, N_c]',
    negativeLogits: 'y^n of the clips of each pair, unless there is no negative head. [P, N_c]',
    clipProbabilities: 'y_uc, that the clip is not skipped. [P, N_c]',
  };
  private readonly watched: WatchedRows;
  private readonly clips: ClipSource;
  private readonly embed: ReturnType<typeof linear>;
  private readonly positive: Polarity;
  /** Null where neither a head nor the second hop looks at it. */
  private readonly negative: Polarity | null;
  private readonly alpha: DenseParameter | null;
  private readonly positiveHead: ClipHead;
  private readonly negativeHead: ClipHead | null;
  private readonly current: BothInterests;

  /**
   * @throws UserError when the data set lacks the clips or does not tell how much was watched, or when its label is not
   * whether a video was finished
   */
  constructor(
    private readonly options: FrameOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { clips: count, width, hops, shareGraphWeights, alpha } = options;
    const vectors = options.feature === 'id' ? null : clipVectors(data, options);
    this.watched = {
      clips: partsSeen(data, options, count),
      quarters: options.pointLoss === 'weighted' ? partsSeen(data, options, 4) : null,
    };
    if (options.videoLabel === 'finished') requireFinishedLabel(data, this.watched.clips, count);
    const graph = clipGraph(data, this.watched.clips, options);

    const parameters = new ParameterSet(seed);
    const map = (name: string, inputs = width) =>
      linear(parameters, name, { inputs, outputs: width, bias: false, init: glorotNormal });
    const hopsOf = (name: string) => ({
      hop1: map(`${name}.hop1`),
      hop2: hops === 2 ? map(`${name}.hop2`) : null,
    });
    this.parameters = parameters;
    this.clips = clipSource(parameters, vectors, data, options);
    this.embed = map('embed', this.clips.width);
    const shared = shareGraphWeights ? hopsOf('graph') : null;
    this.positive = new Polarity(graph.positive, this.clips, this.embed, shared ?? hopsOf('graph.positive'));
    const isNegativeUsed = hops === 2 || options.predictionHeads === 'both';
    this.negative = isNegativeUsed
      ? new Polarity(graph.negative, this.clips, this.embed, shared ?? hopsOf('graph.negative'))
      : null;
    this.alpha = options.alphaTrainable
      ? parameters.addDense('alpha', [2], () => Float32Array.from(alpha))
      : null;
    this.positiveHead = new ClipHead(parameters, 'head.positive', options);
    this.negativeHead =
      options.predictionHeads === 'both' ? new ClipHead(parameters, 'head.negative', options) : null;
    this.current = { positive: this.positive.interests, negative: this.negative?.interests ?? null };
  }

  encodeItems(items: Int32Array, mode: Mode): FrameItems {
    return this.itemsOf(items, this.current, mode);
  }

  encodeContexts(batch: ContextBatch, _: FrameItems, mode: Mode): FrameContexts {
    return this.contextsOf(batch, this.current, mode);
  }

  /** H_u of all users once. */
  async forEvaluation(): Promise<Encoder<FrameItems, FrameContexts>> {
    const kept = {
      positive: await this.positive.keptInterests(),
      negative: this.negative && (await this.negative.keptInterests()),
    };
    return {
      keepItems: true,
      encodeItems: (items, mode) => this.itemsOf(items, kept, mode),
      encodeContexts: (batch, _, mode) => this.contextsOf(batch, kept, mode),
      logits: (...given) => this.logits(...given),
    };
  }

  logits(contexts: FrameContexts, items: FrameItems, pairs: Pairs, mode: Mode): tf.Tensor1D {
    const { clips: count, videoAggregation } = this.options;
    const size = pairs.count * count;
    const context = new Int32Array(size);
    const clip = new Int32Array(size);
    for (let p = 0; p < pairs.count; p++) {
      context.fill(pairs.context[p]!, p * count, (p + 1) * count);
      for (let c = 0; c < count; c++) clip[p * count + c] = pairs.item[p]! * count + c;
    }
    const ofClips = this.headLogits(contexts, this.byClip(items), { context, clip });
    const inRows = (y: tf.Tensor) => y.reshape([pairs.count, count]);
    const positive = inRows(ofClips.positive);
    const negative = ofClips.negative && inRows(ofClips.negative);
    const scores = combined(positive, negative, this.options);
    mode.tap?.('positiveLogits', positive);
    if (negative) mode.tap?.('negativeLogits', negative);
    mode.tap?.('clipProbabilities', probabilities(scores));
    return videoLogits(scores, videoAggregation);
  }

  /** Point and pair loss of the clips that the rows tell about, whatever the pairs' labels. */
  loss({ batch: { pairs }, contexts, items }: EncodedBatch<FrameItems, FrameContexts>): tf.Scalar {
    const { clips: count, pointLoss: point, pairLoss, pairOn, pairWeight } = this.options;
    const labelled = labelledClips(pairs, this.watched, count);
    if (labelled.label.length === 0) return tf.scalar(0);
    const byClip = this.byClip(items);
    const scores = this.clipScores(contexts, byClip, labelled);
    const loss = pointLoss(scores, labelled, point);
    switch (pairLoss) {
      case 'none':
        return loss;
      case 'batch':
        return loss.add(batchPairLoss(compared(scores, pairOn), labelled).mul(pairWeight));
      case 'withinInteraction':
        return loss.add(this.withinInteractions(contexts, byClip, pairs).mul(pairWeight));
    }
  }

  /** Of each view that was left after a clip or more: the mean vector of what was seen against the clip that was skipped. */
  private withinInteractions(contexts: FrameContexts, byClip: FrameItems, pairs: Pairs): tf.Scalar {
    const { clips: count, pairOn } = this.options;
    const { context, seen, skipped } = skippedViews(pairs, this.watched, count);
    if (skipped.length === 0) return tf.scalar(0);
    // The hidden layer is linear up to its ReLU, so the share of a mean is the mean of shares.
    const means = {
      positive: meanOfLists(byClip.positive, seen),
      ...(byClip.negative && { negative: meanOfLists(byClip.negative, seen) }),
    };
    const better = this.clipScores(contexts, means, { context, clip: range(0, skipped.length) });
    const worse = this.clipScores(contexts, byClip, { context, clip: skipped });
    return tf.mean(preference(compared(better, pairOn), compared(worse, pairOn)));
  }

  private itemsOf(items: Int32Array, interests: BothInterests, mode: Mode): FrameItems {
    const { clips: count, width } = this.options;
    const ids = new Int32Array(items.length * count);
    items.forEach((item, i) => {
      for (let c = 0; c < count; c++) ids[i * count + c] = item * count + c;
    });
    const clips = this.clipEmbeddings(ids, interests);
    mode.tap?.('clips', clips.reshape([items.length, count, width]));
    const inRows = (head: ClipHead) => head.ofClips(clips).reshape([items.length, -1]) as tf.Tensor2D;
    return {
      positive: inRows(this.positiveHead),
      ...(this.negativeHead && { negative: inRows(this.negativeHead) }),
    };
  }

  /** H_c: F1, F3 to F5, for these clips alone. [N] -> [N, d] */
  private clipEmbeddings(ids: Int32Array, interests: BothInterests): tf.Tensor2D {
    const { hops, alpha, alphaTrainable } = this.options;
    const own = () => this.embed.apply(this.clips.lookup(ids));
    if (hops === 1) return own();
    const hop1 = this.positive
      .secondHop(ids, interests.positive)
      .add<tf.Tensor2D>(this.negative!.secondHop(ids, interests.negative!))
      .div<tf.Tensor2D>(2);
    const [a0, a1] = alphaTrainable ? tf.split(this.alpha!.value(), 2) : alpha;
    const second = hop1.mul<tf.Tensor2D>(a1!);
    return a0 === 0 ? second : own().mul<tf.Tensor2D>(a0!).add(second);
  }

  private contextsOf({ contexts }: ContextBatch, interests: BothInterests, mode: Mode): FrameContexts {
    const { positiveHead, negativeHead } = this;
    const positive = interests.positive(contexts.user);
    mode.tap?.('positiveInterest', positive);
    if (!negativeHead) {
      // Clips alone take from H_u^n then.
      if (mode.tap && interests.negative) mode.tap('negativeInterest', interests.negative(contexts.user));
      return { positive: positiveHead.ofUsers(positive) };
    }
    const negative = interests.negative!(contexts.user);
    mode.tap?.('negativeInterest', negative);
    return { positive: positiveHead.ofUsers(positive), negative: negativeHead.ofUsers(negative) };
  }

  /** Shares of items as a row a clip: [N, N_c h] -> [N N_c, h] */
  private byClip({ positive, negative }: FrameItems): FrameItems {
    const { hidden } = this.options;
    const rows = (x: tf.Tensor2D) => x.reshape<tf.Tensor2D>([-1, hidden]);
    return { positive: rows(positive), ...(negative && { negative: rows(negative) }) };
  }

  private clipScores(contexts: FrameContexts, byClip: FrameItems, at: Couples): ClipScores {
    const { positive, negative } = this.headLogits(contexts, byClip, at);
    return combined(positive, negative, this.options);
  }

  /** F6: [L] each */
  private headLogits(contexts: FrameContexts, byClip: FrameItems, { context, clip }: Couples) {
    const logits = (head: ClipHead, users: tf.Tensor2D, clips: tf.Tensor2D) =>
      head.logits({ values: users, row: context }, { values: clips, row: clip });
    const { negativeHead } = this;
    return {
      positive: logits(this.positiveHead, contexts.positive, byClip.positive),
      negative: negativeHead && logits(negativeHead, contexts.negative!, byClip.negative!),
    };
  }
}

/** Rows of contexts and of clips. [L] each */
interface Couples {
  readonly context: Int32Array;
  readonly clip: Int32Array;
}

/** Without vectors a clip is what is learnt of it, which of a video that no train row has is nothing. */
function clipSource(
  parameters: ParameterSet,
  vectors: ClipVectors | null,
  { store, warmItems }: PreparedData,
  { clips: count, clipFeatures, width: size }: FrameOptions,
): ClipSource {
  const width = vectors?.width ?? size;
  if (vectors && clipFeatures === 'frozen') {
    const lookup = (clips: Int32Array) => tf.tensor2d(vectors.rows(clips), [clips.length, width]);
    return { width, frozen: vectors, lookup };
  }
  const start = vectors ? fromVectors(vectors) : normal(1 / Math.sqrt(width));
  const table = parameters.addTable('clips', store.itemIds.length * count, width, start);
  const known = (clips: Int32Array) => clips.map((clip) => (warmItems[Math.floor(clip / count)] ? clip : -1));
  return { width, frozen: null, lookup: (clips) => table.lookup(vectors ? clips : known(clips)) };
}
