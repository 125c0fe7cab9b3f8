/** FRAME's prediction layer: heads, what their logits make of a clip, and what the clips make of a video. */
import * as tf from '@tensorflow/tfjs';
import { glorotNormal, nativeKernels, type ParameterSet } from '../../engine/index.js';
import { type Linear, linear, type PairRows, pairLogits } from '../../layers/index.js';
import type { FrameOptions } from '../options.js';

/** Couples that the engine's operations take at a time: memory and speed only. */
const ROWS = 8192;

/** MLP of a user's and a clip's vector with one hidden layer, h wide, in halves that are worked out once. */
export class ClipHead {
  private readonly hidden: Linear;
  private readonly out: Linear;

  /** @param name of the weights: `name.hidden`, `name.out` */
  constructor(
    parameters: ParameterSet,
    name: string,
    private readonly options: Pick<FrameOptions, 'width' | 'hidden' | 'mlpInput'>,
  ) {
    const { width, hidden } = options;
    const init = glorotNormal;
    this.hidden = linear(parameters, `${name}.hidden`, {
      inputs: 2 * width,
      outputs: hidden,
      bias: true,
      init,
    });
    this.out = linear(parameters, `${name}.out`, { inputs: hidden, outputs: 1, bias: true, init });
  }

  /** The user's share of the hidden layer: [N, d] -> [N, h] */
  ofUsers(interests: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(interests, this.half('user'));
  }

  /** The clip's, bias included: [N, d] -> [N, h] */
  ofClips(clips: tf.Tensor2D): tf.Tensor2D {
    const bias = this.hidden.bias!.value<tf.Rank.R1>();
    return tf.fused.matMul({ a: clips, b: this.half('clip'), bias }) as tf.Tensor2D;
  }

  /** One logit for each couple of rows: [P] */
  logits(users: PairRows, clips: PairRows): tf.Tensor1D {
    if (nativeKernels() || tf.engine().isTapeOn()) return pairLogits({ out: this.out }, null, [users, clips]);
    const parts: tf.Tensor1D[] = [];
    for (let from = 0; from === 0 || from < users.row.length; from += ROWS) {
      const part = ({ values, row }: PairRows) => ({ values, row: row.slice(from, from + ROWS) });
      parts.push(pairLogits({ out: this.out }, null, [part(users), part(clips)]));
    }
    return parts.length === 1 ? parts[0]! : tf.concat(parts);
  }

  private half(of: 'user' | 'clip'): tf.Tensor2D {
    const { width, hidden, mlpInput } = this.options;
    const first = mlpInput === 'clipFirst' ? 'clip' : 'user';
    return this.hidden.weight.value<tf.Rank.R2>().slice([of === first ? 0 : width, 0], [width, hidden]);
  }
}

/** y of clips: a logit each, or a probability that is none's sigmoid. [..] */
export type ClipScores =
  | { readonly kind: 'logit'; readonly value: tf.Tensor }
  | { readonly kind: 'probability'; readonly value: tf.Tensor };

/** Probabilities are kept so far from 0 and 1. */
const LEAST = 1e-7;

/** y_uc of what the heads say; `negative` is null without that head, and then the positive one's logit stands as it is. */
export function combined(
  positive: tf.Tensor,
  negative: tf.Tensor | null,
  { headWeights, combineOn }: Pick<FrameOptions, 'headWeights' | 'combineOn'>,
): ClipScores {
  if (!negative) return { kind: 'logit', value: positive };
  const [alphaP, alphaN] = headWeights as [number, number];
  if (combineOn === 'logits') return { kind: 'logit', value: positive.mul(alphaP).sub(negative.mul(alphaN)) };
  const value = tf.sigmoid(positive).mul(alphaP).sub(tf.sigmoid(negative).mul(alphaN));
  return { kind: 'probability', value: tf.clipByValue(value, LEAST, 1 - LEAST) };
}

export const probabilities = ({ kind, value }: ClipScores): tf.Tensor =>
  kind === 'logit' ? tf.sigmoid(value) : value;

/**
 * The logit of y_uv, the probability that the video is watched to the end: [P, N_c] -> [P]. That of a mean probability m is
 * log m - log(1 - m), with both means taken of logarithms, so that confident videos keep their order.
 */
export function videoLogits(
  { kind, value }: ClipScores,
  videoAggregation: FrameOptions['videoAggregation'],
): tf.Tensor1D {
  if (videoAggregation === 'sigmoidSumLogit') return value.sum(1);
  if (videoAggregation === 'sigmoidMeanLogit') return value.mean(1);
  if (kind === 'probability') {
    const mean = value.mean(1);
    return tf.log(mean).sub(tf.log(tf.sub(1, mean)));
  }
  const logProbability = (z: tf.Tensor) => tf.neg(tf.softplus(tf.neg(z)));
  return tf.logSumExp(logProbability(value), 1).sub(tf.logSumExp(logProbability(tf.neg(value)), 1));
}
