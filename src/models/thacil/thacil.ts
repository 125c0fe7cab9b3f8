/**
 * THACIL: Chen et al., Temporal Hierarchical Attention at Category- and Item-Level for Micro-Video Click-Through
 * Prediction, ACM Multimedia 2018. Equations by number below; docs/models/thacil.md lists where the paper is silent
 * or contradicts itself, what the released code does, and the option that chooses.
 *
 * Sizes: U contexts with up to n = m k history items in up to m blocks, R blocks in all (blocks.ts: contexts whose
 * histories begin alike share them), P pairs, N distinct items, d = d_f + d_c.
 */
import * as tf from '@tensorflow/tfjs';
import type { HistorySpec, Pairs, PreparedData } from '../../data/index.js';
import {
  type DenseParameter,
  dropout,
  gatherRows,
  glorotUniform,
  type Mode,
  normal,
  ofKnown,
  ones,
  ParameterSet,
  type Table,
  zeros,
} from '../../engine/index.js';
import {
  type AdditiveAttention,
  activations,
  additiveAttention,
  type BlockAttention,
  blockAttention,
  type ItemEncoder,
  itemEncoder,
  type Linear,
  layerNorm,
  linear,
  lookupWarm,
  meanOfLists,
  pairLogits,
  type RowLists,
  softmaxPool,
} from '../../layers/index.js';
import { candidateRows } from '../candidates.js';
import { itemFeatures, warmUsers } from '../features.js';
import type { ThacilOptions } from '../options.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, EncodedBatch, Model } from '../types.js';
import { sharesPrefixes, type ThacilBlocks, thacilBlocks } from './blocks.js';
import { distinctRows, everyRow, levelScores } from './levels.js';
import { BlockTaps, thacilTaps } from './taps.js';

type ThacilItems = {
  /** x = [f ; c]. [N, d] */
  readonly x: tf.Tensor2D;
};

type ThacilContexts = {
  /** u, the blocks of the profiles. [R, d] */
  readonly profile: tf.Tensor2D;
  /** The blocks of each context, oldest first. U lists */
  readonly ofContext: RowLists;
  /** Identifier embeddings, where the head takes them. [U, userSize] */
  readonly user?: tf.Tensor2D;
};

export class Thacil implements Model<ThacilItems, ThacilContexts> {
  readonly parameters: ParameterSet;
  readonly histories: readonly [HistorySpec];
  readonly pairing = 'pointwise';
  readonly keepItems = true;
  readonly taps = thacilTaps;
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
    this.histories = [{ length, sample, target, prefixes: sharesPrefixes(options) ? 'shared' : 'separate' }];
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
    const warm = warmUsers(data);
    const init = ofKnown(warm, normal(0.01));
    this.user =
      userSize > 0
        ? { table: parameters.addTable('user', data.store.userIds.length, userSize, init), warm }
        : null;
  }

  /** Eqs. 1 and 2. l keeps the order of x = [f ; c], as in the graph; the paper writes [l_c ; l_f]. */
  encodeItems(items: Int32Array, mode: Mode): ThacilItems {
    const x = tf.concat([this.visual.encode(items), this.category.encode(items)], 1) as tf.Tensor2D;
    mode.tap?.('item', x);
    return { x };
  }

  encodeContexts(batch: ContextBatch, { x }: ThacilItems, mode: Mode): ThacilContexts {
    const blocks = thacilBlocks(batch, this.options);
    const taps = mode.tap ? new BlockTaps(mode.tap, blocks.ofContext, this.mostBlocks) : null;
    const local = this.withinBlocks(x, blocks, mode, taps);
    // Eqs. 6 to 8; the sum runs over the contributing block j, else the softmax would have no meaning.
    const global =
      this.between && blocks.contributors
        ? this.between.apply(local, blocks.contributors, mode)
        : tf.zerosLike(local);
    const profile = this.normalise(local.add(global)) as tf.Tensor2D;
    taps?.give('local', local);
    if (taps && this.between && blocks.contributors) {
      taps.give('blocks.attention', this.between.weightsOf(local, blocks.contributors, this.mostBlocks));
      taps.give('global', global);
    }
    taps?.give('profile', profile);
    return {
      profile,
      ofContext: blocks.ofContext,
      ...(this.user && { user: this.userRows(batch.contexts.user) }),
    };
  }

  logits(contexts: ThacilContexts, { x }: ThacilItems, pairs: Pairs, mode: Mode): tf.Tensor1D {
    const { keep, width } = this;
    const { user } = contexts;
    const candidates = candidateRows(x, pairs);
    const seen = this.userVector(contexts, candidates, pairs, mode);
    mode.tap?.('user', seen);
    // f of Eq. 10. The hidden layer acts on [u ; x ; user]: on x once a distinct candidate, on the user once a context.
    const [ofProfile, ofItem, ofUser] = tf.split(this.hidden.weight.value(), [
      width,
      width,
      ...(user ? [this.options.userSize] : []),
    ]) as tf.Tensor2D[];
    const bias = this.hidden.bias!.value<tf.Rank.R1>();
    const ofItems = tf.fused.matMul({ a: candidates, b: ofItem!, bias }) as tf.Tensor2D;
    const parts = [{ values: ofItems, row: pairs.item }];
    if (user) parts.push({ values: tf.matMul<tf.Tensor2D>(user, ofUser!), row: pairs.context });
    const head = { weight: ofProfile!, out: this.out };
    if (!mode.training || keep === 1) return pairLogits(head, seen, parts);
    const drop = (values: tf.Tensor2D, site: string) => dropout(values, keep, mode, `head.${site}`);
    return pairLogits({ ...head, drop }, seen, parts);
  }

  /** Eq. 9 and the sum after it: the profile as each pair's candidate, a row of x, sees it. [P, d] */
  userVector(contexts: ThacilContexts, candidates: tf.Tensor2D, pairs: Pairs, mode: Mode): tf.Tensor2D {
    const { candidate } = this;
    const { profile, ofContext } = contexts;
    if (!candidate) return gatherRows(meanOfLists(profile, ofContext), pairs.context);
    const fromItems = candidate.q.apply(candidates);
    const attending = { lists: ofContext, of: pairs.context, query: pairs.item };
    if (mode.tap) {
      mode.tap('candidate.attention', candidate.weights(profile, fromItems, attending, this.mostBlocks));
    }
    return candidate.attend(profile, fromItems, attending, mode);
  }

  /** L2 of all matrices and of the identifier rows in use; no biases, no LayerNorm. */
  penalty({ batch }: EncodedBatch<ThacilItems, ThacilContexts>): tf.Scalar {
    const { l2, l2Weight } = this.options;
    if (l2Weight === 0) return tf.scalar(0);
    const weights = this.matrices();
    // The released code collects its terms by name, and the visual projection bears both names.
    if (l2 === 'released') weights.push(...this.visual.projections, ...this.category.projections);
    const rows = [...this.visual.rows(batch.items), ...this.category.rows(batch.items)];
    if (this.user) rows.push(this.userRows(Int32Array.from(new Set(batch.contexts.user))));
    return l2Penalty(l2Weight, [...weights.map((weight) => weight.value()), ...rows]);
  }

  /** Eqs. 3 to 5 and the sums after them: l_i = [l_f ; l_c]. [N, d] -> [R, d] */
  private withinBlocks(
    x: tf.Tensor2D,
    { items }: ThacilBlocks,
    mode: Mode,
    taps: BlockTaps | null,
  ): tf.Tensor2D {
    const { itemLevel, categoryLevel } = this;
    const { visualSize, categorySize, blockSize } = this.options;
    const levels = { item: itemLevel, category: categoryLevel, sizes: [visualSize, categorySize] } as const;
    // The scores depend on the item alone, so one that occurs in many places is judged once; but dropout draws a mask
    // for each place.
    const places = this.keep < 1 && mode.training ? everyRow(x, items) : distinctRows(x, items);
    const scores = levelScores(levels, places.x, mode);
    taps?.giveLevels(scores, places, blockSize, [itemLevel && visualSize, categoryLevel && categorySize]);
    return softmaxPool(scores, places.x, places.lists);
  }

  /** m */
  private get mostBlocks(): number {
    return this.options.historyLength / this.options.blockSize;
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
