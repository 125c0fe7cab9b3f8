/**
 * UVCAN: Liu et al., User-Video Co-Attention Network for Personalized Micro-video Recommendation, WWW 2019, and its
 * variant Video-Att. Equations by number below; docs/models/uvcan.md lists where the paper is silent or contradicts itself,
 * and the option that chooses.
 *
 * Sizes: U contexts, N distinct items, P pairs, K factors (the attention's k too), n_u and n_v slots, M layers.
 */
import * as tf from '@tensorflow/tfjs';
import type { Pairs, PreparedData } from '../../data/index.js';
import { type Mode, normal, ParameterSet } from '../../engine/index.js';
import {
  type AttentionStack,
  attentionStack,
  embedSlots,
  type Field,
  type FieldEmbedding,
  fieldEmbedding,
  type GuidedAttention,
  guidedAttention,
  weighSlots,
} from '../../layers/index.js';
import { itemFields, userFields } from '../fields.js';
import type { UvcanOptions } from '../options.js';
import { l2Penalty } from '../penalty.js';
import type { ContextBatch, EncodedBatch, Model } from '../types.js';
import { keysOf, namedKeys, type UvcanContexts, type UvcanItems } from './encoded.js';
import { type PredictionMlp, predictionMlp } from './head.js';
import { uvcanTaps } from './taps.js';

/** "a Gaussian distribution .. with a mean of 0 and standard deviation of 0.1"; biases begin at 0. */
const init = normal(0.1);

export class Uvcan implements Model<UvcanItems, UvcanContexts> {
  readonly parameters: ParameterSet;
  readonly histories = [];
  readonly pairing = 'pointwise';
  readonly keepItems = true;
  readonly taps: Readonly<Record<string, string>>;
  private readonly user: readonly FieldEmbedding[];
  private readonly video: readonly FieldEmbedding[];
  private readonly self: GuidedAttention;
  private readonly videoStack: AttentionStack;
  private readonly userStack: AttentionStack | null;
  private readonly head: PredictionMlp;

  /** @throws UserError when the data set lacks a named field */
  constructor(
    private readonly options: UvcanOptions,
    data: PreparedData,
    seed: number,
  ) {
    const { factors: width, layers, shareLayers, slotBias, stackOutput, videoAttUser } = options;
    const { variant, visualActivation: activation, idsInOutput } = options;
    const parameters = new ParameterSet(seed);
    const embed = (side: string, fields: readonly Field[]) =>
      fields.map((field) =>
        fieldEmbedding(parameters, `${side}.${field.name}`, field, { width, init, activation }),
      );
    const stack = (name: string, slots: number) =>
      attentionStack(parameters, name, {
        slots,
        width,
        slotBias,
        init,
        layers,
        shareLayers,
        output: stackOutput,
      });
    this.parameters = parameters;
    this.user = embed('user', userFields(options.userFields, data, 'model.userFields'));
    this.video = embed('video', itemFields(options.videoFields, data, 'model.videoFields'));
    const slots = { user: this.user.length, video: this.video.length };
    const selfOptions = { slots: slots.user, width, guided: false, slotBias, init };
    this.self = guidedAttention(parameters, 'selfAttention', selfOptions);
    this.videoStack = stack('videoAttention', slots.video);
    this.userStack = variant === 'UVCAN' ? stack('userAttention', slots.user) : null;
    const hidden = options.mlpHidden ?? [2 * width, width, Math.ceil(width / 2)];
    this.head = predictionMlp(parameters, hidden, init, {
      ofPair: this.userStack ? ['uhat', 'vhat'] : ['vhat'],
      ofContext: [
        ...(!this.userStack && videoAttUser === 'selfAttended' ? (['q0'] as const) : []),
        ...(idsInOutput ? (['userId'] as const) : []),
      ],
      ofItem: idsInOutput ? ['videoId'] : [],
      width,
    });
    this.taps = uvcanTaps(options);
  }

  /** Section 3.2: the slots; and what attention and MLP make of them without a user. */
  encodeItems(items: Int32Array, mode: Mode): UvcanItems {
    const slots = embedSlots(this.video, items);
    mode.tap?.('videoSlots', slots.reshape([items.length, this.video.length, -1]));
    const { idsInOutput, videoFields } = this.options;
    const known = idsInOutput ? { videoId: this.slot(slots, videoFields.indexOf('id')) } : {};
    const head = this.head.ofItem(known);
    return { slots, ...namedKeys(this.videoStack.keys(slots)), ...(head && { head }) };
  }

  /** Section 4.1: q_0 = A_0(Q_u, 0); and what attention and MLP make of the user without a video. */
  encodeContexts({ contexts }: ContextBatch, _: UvcanItems, mode: Mode): UvcanContexts {
    const slots = embedSlots(this.user, contexts.user);
    mode.tap?.('userSlots', slots.reshape([contexts.count, this.user.length, -1]));
    const weights = this.self.weights(this.self.keys(slots), null);
    mode.tap?.('selfAttention.weights', weights);
    const q0 = weighSlots(weights, slots);
    mode.tap?.('q0', q0);
    const { idsInOutput, userFields } = this.options;
    const known = { q0, ...(idsInOutput && { userId: this.slot(slots, userFields.indexOf('id')) }) };
    const head = this.head.ofContext(known);
    return {
      q0,
      guidance: this.videoStack.layers[0]!.guidance(q0),
      ...(this.userStack && { slots, ...namedKeys(this.userStack.keys(slots)) }),
      ...(head && { head }),
    };
  }

  /** Eqs. 1 and 2 for the video (4.1), then for the user (4.2), then Eqs. 3 and 4. */
  logits(contexts: UvcanContexts, items: UvcanItems, pairs: Pairs, { tap }: Mode): tf.Tensor1D {
    const { item, context } = pairs;
    const stackOf = (side: UvcanItems | UvcanContexts, row: Int32Array, name: string) => ({
      keys: keysOf(side),
      slots: side.slots!,
      row,
      onWeights: tap && ((layer: number, a: tf.Tensor2D) => tap(`${name}.${layer}.weights`, a)),
    });
    const vhat = this.videoStack.apply({
      ...stackOf(items, item, 'videoAttention'),
      guide: { values: contexts.q0, row: context },
      guidance: contexts.guidance,
    });
    tap?.('vhat', vhat);
    const uhat = this.userStack?.apply({
      ...stackOf(contexts, context, 'userAttention'),
      guide: { values: vhat, row: Int32Array.from(item.keys()) },
    });
    if (uhat) tap?.('uhat', uhat);
    return this.head.logits({ vhat, ...(uhat && { uhat }) }, [
      ...(contexts.head ? [{ values: contexts.head, row: context }] : []),
      ...(items.head ? [{ values: items.head, row: item }] : []),
    ]);
  }

  /** L2 of all matrices and of the embeddings in use, each once a step; no biases. */
  penalty({ batch }: EncodedBatch<UvcanItems, UvcanContexts>): tf.Scalar {
    const { l2Weight } = this.options;
    if (l2Weight === 0) return tf.scalar(0);
    const fields = [...this.user, ...this.video];
    const attention = [this.self, this.videoStack, ...(this.userStack ? [this.userStack] : [])];
    const matrices = [...fields, ...attention, this.head].flatMap((part) => part.matrices);
    return l2Penalty(l2Weight, [
      ...matrices.map((weight) => weight.value()),
      ...this.user.flatMap((field) => field.usedRows(batch.contexts.user)),
      ...this.video.flatMap((field) => field.usedRows(batch.items)),
    ]);
  }

  /** One slot: [N, n * K] -> [N, K] */
  private slot(slots: tf.Tensor2D, at: number): tf.Tensor2D {
    const { factors } = this.options;
    return slots.slice([0, at * factors], [-1, factors]);
  }
}
