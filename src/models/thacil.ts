/**
 * THACIL: Chen et al., Temporal Hierarchical Attention at Category- and Item-Level for Micro-Video Click-Through
 * Prediction, ACM Multimedia 2018. Equations by number below; docs/models/thacil.md lists where the paper is silent
 * or contradicts itself, what the released code does, and the option that chooses.
 *
 * Sizes: U contexts with n = m k history items in m blocks, P pairs, N distinct items, d = d_f + d_c.
 */
import * as tf from '@tensorflow/tfjs';
import type { Batch, HistorySpec, PreparedData } from '../data/index.js';
import {
  type DenseParameter,
  dropout,
  gatherRows,
  glorotUniform,
  type Mode,
  normal,
  ones,
  ParameterSet,
  type Table,
  zeros,
} from '../engine/index.js';
import {
  type AdditiveAttention,
  additiveAttention,
  type BlockAttention,
  blockAttention,
  type ItemEncoder,
  itemEncoder,
  type Linear,
  layerNorm,
  linear,
  lookupWarm,
  maskedMean,
  softmaxPool,
} from '../layers/index.js';
import { itemFeatures, warmUsers } from './features.js';
import type { ThacilOptions } from './options.js';
import { l2Penalty } from './penalty.js';
import { contributions, type ThacilMasks, thacilMasks } from './thacilMasks.js';
import type { Encoded, Model } from './types.js';

const activations = {
  scaledTanh: (z: tf.Tensor) => z.div(5).tanh().mul(5),
  tanh: (z: tf.Tensor) => z.tanh(),
  relu: (z: tf.Tensor) => z.relu(),
} as const;

export interface ThacilEncoded extends Encoded {
  /** x of every distinct item. [N, d] */
  readonly items: tf.Tensor2D;
  /** l, what each block holds. [U, m, d] */
  readonly local: tf.Tensor3D;
  /** g, what each block receives from others. [U, m, d] */
  readonly global: tf.Tensor3D;
  /** u, the profile. [U, m, d] */
  readonly profile: tf.Tensor3D;
}

export class Thacil implements Model {
  readonly parameters: ParameterSet;
  readonly history: HistorySpec;
  readonly pairing = 'pointwise';
  private readonly visual: ItemEncoder;
  private readonly category: ItemEncoder;
  private readonly categoryLevel: AdditiveAttention | null;
  private readonly itemLevel: AdditiveAttention | null;
  private readonly between: BlockAttention | null;
  private readonly normalise: <T extends tf.Tensor>(x: T) => T;
  private readonly candidate: AdditiveAttention | null;
  private readonly hidden: Linear;
  private readonly out: Linear;
  private readonly user: { readonly table: Table; readonly warm: Uint8Array } | null;
  private readonly keep: number;
  private readonly width: number;

  /** @throws UserError when the data set lacks a named feature */
  constructor(
    private readonly options: ThacilOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { visualSize: df, categorySize: dc, heads, headWeights, userSize } = options;
    const { historyLength: length, historySample: sample, historyTarget: target } = options;
    this.history = { length, sample, target, prefixes: 'separate' };
    this.width = df + dc;
    this.keep = options.dropout === 'released' ? 0.8 : 1;
    const { width, keep } = this;

    const parameters = new ParameterSet(seed);
    const side = (name: 'visual' | 'category', size: number) => {
      const features = itemFeatures(options[name], data, `model.${name}`);
      return itemEncoder(parameters, name, { features, width: size, categoryInit: normal(1) });
    };
    const attention = (name: string, x: number, q: number) =>
      additiveAttention(parameters, name, { x, q, keep });
    const activation = activations[options.interActivation];
    const glorot = options.layerNormInit === 'glorot';

    this.parameters = parameters;
    this.visual = side('visual', df);
    this.category = side('category', dc);
    this.categoryLevel = options.categoryLevel ? attention('categoryLevel', dc, df) : null;
    this.itemLevel = options.itemLevel ? attention('itemLevel', df, dc) : null;
    this.between =
      options.interAttention === 'none'
        ? null
        : blockAttention(parameters, 'blocks', { width, heads, headWeights, activation, keep });
    this.normalise = layerNorm(parameters, 'norm', width, {
      gamma: glorot ? glorotUniform : ones,
      beta: glorot ? glorotUniform : zeros,
    });
    this.candidate = options.candidateAttention ? attention('candidate', width, width) : null;
    this.hidden = linear(parameters, 'head.hidden', {
      inputs: 2 * width + userSize,
      outputs: options.hidden,
      bias: true,
    });
    this.out = linear(parameters, 'head.out', { inputs: options.hidden, outputs: 1, bias: true });
    this.user =
      userSize > 0
        ? {
            table: parameters.addTable('user', data.store.userIds.length, userSize, normal(0.01)),
            warm: warmUsers(data),
          }
        : null;
  }

  encode(batch: Batch, mode: Mode): ThacilEncoded {
    const masks = thacilMasks(batch.sequences, this.options.blockSize);
    // Eqs. 1 and 2, x = [f ; c]. l below keeps this order, as in the graph; the paper writes [l_c ; l_f].
    const f = this.visual.encode(batch.items);
    const c = this.category.encode(batch.items);
    const items = tf.concat([f, c], 1);
    const local = this.withinBlocks(f, c, batch, masks, mode);
    const global = this.betweenBlocks(local, masks, mode);
    const profile = this.normalise(local.add(global)) as tf.Tensor3D;
    return { items, local, global, profile, ...(this.user && { user: this.userRows(batch.contexts.user) }) };
  }

  logits(encoded: Encoded, batch: Batch, mode: Mode): tf.Tensor1D {
    const { keep } = this;
    const seen = this.userVector(encoded, batch, mode);
    const x = gatherRows(encoded.items as tf.Tensor2D, batch.pairs.item);
    const user = encoded.user ? [gatherRows(encoded.user as tf.Tensor2D, batch.pairs.context)] : [];
    // f of Eq. 10.
    const hidden = tf.relu(this.hidden.apply(tf.concat([seen, x, ...user], 1)));
    const logit = this.out.apply(dropout(hidden, keep, mode, 'head.hidden'));
    return dropout(logit, keep, mode, 'head.out').reshape([batch.pairs.count]);
  }

  /** Eq. 9 and the sum after it: the profile as each pair's candidate sees it. [P, d] */
  userVector(encoded: Encoded, { sequences, contexts, pairs }: Batch, mode: Mode): tf.Tensor2D {
    const { candidate } = this;
    const { items, profile } = encoded as ThacilEncoded;
    const { blocks } = thacilMasks(sequences, this.options.blockSize);
    if (!candidate) return gatherRows(maskedMean(profile, blocks, 1) as tf.Tensor2D, pairs.context);
    const perPair = (x: tf.Tensor): tf.Tensor =>
      gatherRows(x.reshape([contexts.count, -1]), pairs.context).reshape([pairs.count, ...x.shape.slice(1)]);
    const fromX = candidate.q.apply(gatherRows(items, pairs.item)).expandDims(1);
    const scores = candidate.scores(perPair(candidate.x.apply(profile)), fromX, mode);
    return softmaxPool(scores, perPair(profile), perPair(blocks), 1) as tf.Tensor2D;
  }

  /** L2 of all matrices and of the identifier rows in use; no biases, no LayerNorm. */
  penalty(_: Encoded, batch: Batch): tf.Scalar {
    const { l2, l2Weight } = this.options;
    if (l2Weight === 0) return tf.scalar(0);
    const weights = this.matrices();
    // The released code collects its terms by name, and the visual projection bears both names.
    if (l2 === 'released') weights.push(...this.visual.projections, ...this.category.projections);
    const rows = [...this.visual.rows(batch.items), ...this.category.rows(batch.items)];
    if (this.user) rows.push(this.userRows(Int32Array.from(new Set(batch.contexts.user))));
    return l2Penalty(l2Weight, [...weights.map((weight) => weight.value()), ...rows]);
  }

  /** Eqs. 3 to 5 and the sums after them: l_i = [l_f ; l_c]. [N, d_f], [N, d_c] -> [U, m, d] */
  private withinBlocks(
    f: tf.Tensor2D,
    c: tf.Tensor2D,
    { sequences }: Batch,
    masks: ThacilMasks,
    mode: Mode,
  ): tf.Tensor3D {
    const inBlocks = (x: tf.Tensor): tf.Tensor4D =>
      x.reshape([sequences.count, -1, this.options.blockSize, this.width]);
    const atPositions = (x: tf.Tensor2D): tf.Tensor2D =>
      gatherRows(tf.concat([x, tf.zeros([1, x.shape[1]])]), sequences.item);
    let values: tf.Tensor2D;
    let scores: tf.Tensor2D;
    if (mode.training && this.keep < 1) {
      const places = [atPositions(f), atPositions(c)] as const; // each with dropout masks of its own
      values = tf.concat([...places], 1);
      scores = this.itemScores(...places, mode);
    } else {
      // The scores depend on the item alone, so one that occurs in many places is judged once.
      values = atPositions(tf.concat([f, c], 1));
      scores = atPositions(this.itemScores(f, c, mode));
    }
    return softmaxPool(inBlocks(scores), inBlocks(values), masks.items, 2) as tf.Tensor3D;
  }

  /** Scores of both levels, item level first: [R, d_f], [R, d_c] -> [R, d]. A level that is off scores all alike: a mean. */
  private itemScores(f: tf.Tensor2D, c: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    const level = (attention: AdditiveAttention | null, x: tf.Tensor2D, q: tf.Tensor2D): tf.Tensor2D =>
      attention
        ? (attention.scores(attention.x.apply(x), attention.q.apply(q), mode) as tf.Tensor2D)
        : tf.zerosLike(x);
    return tf.concat([level(this.itemLevel, f, c), level(this.categoryLevel, c, f)], 1);
  }

  /** Eqs. 6 to 8; the sum runs over the contributing block j, else the softmax would have no meaning. */
  private betweenBlocks(local: tf.Tensor3D, masks: ThacilMasks, mode: Mode): tf.Tensor3D {
    if (!this.between) return tf.zerosLike(local);
    const { allowed, counted } = contributions(masks.blocks, this.options);
    return this.between.apply(local, allowed, counted, mode);
  }

  private userRows(users: Int32Array): tf.Tensor2D {
    return lookupWarm(this.user!.table, users, this.user!.warm);
  }

  private matrices(): DenseParameter[] {
    const attentions = [this.categoryLevel, this.itemLevel, this.candidate].filter((a) => a !== null);
    const linears = [...attentions.flatMap(({ x, q, out }) => [x, q, out]), this.hidden, this.out];
    return [
      ...[this.visual, this.category].flatMap(({ projections, embeddings }) => [
        ...projections,
        ...embeddings,
      ]),
      ...linears.map(({ weight }) => weight),
      ...(this.between?.weights ?? []),
    ];
  }
}
