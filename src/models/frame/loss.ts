/** What FRAME is trained by: clips that a logged row tells about, one by one and against each other. */
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../base/index.js';
import type { Pairs } from '../../data/index.js';
import { gatherRows } from '../../engine/index.js';
import { ListBuilder, type RowLists } from '../../layers/index.js';
import type { FrameOptions } from '../options.js';
import { type ClipScores, probabilities } from './scores.js';

/** The clips of a batch that were seen or skipped: those up to and including the one at which a user left. */
export interface LabelledClips {
  /** Context of each. [L] */
  readonly context: Int32Array;
  /** Which clip: item N_c + c, items as the batch numbers them. [L] */
  readonly clip: Int32Array;
  /** 1: seen to its end, 0: skipped. [L] */
  readonly label: Float32Array;
  /** floor(4 ratio) / 4, the weight of a seen clip in the released code; 1 where nobody asks for quarters. [L] */
  readonly weight: Float32Array;
}

/** Views that were left after one clip at least. */
export interface SkippedViews {
  /** [S] */
  readonly context: Int32Array;
  /** The clips that were seen. S lists */
  readonly seen: RowLists;
  /** The clip at which the user left. [S] */
  readonly skipped: Int32Array;
}

/** What is known of the rows of a store. */
export interface WatchedRows {
  /** Of N_c clips; -1: unknown. [rows] */
  readonly clips: Int32Array;
  /** Of 4; null where the loss does not weigh by them. [rows] */
  readonly quarters: Int32Array | null;
}

/** @throws UserError for pairs that are no logged rows */
export function labelledClips(
  pairs: Pairs,
  { clips: seen, quarters }: WatchedRows,
  count: number,
): LabelledClips {
  const context: number[] = [];
  const clip: number[] = [];
  const label: number[] = [];
  const weight: number[] = [];
  for (let p = 0; p < pairs.count; p++) {
    const row = loggedRow(pairs, p);
    for (let c = 0; c <= Math.min(seen[row]!, count - 1); c++) {
      context.push(pairs.context[p]!);
      clip.push(pairs.item[p]! * count + c);
      label.push(Number(c < seen[row]!));
      weight.push(quarters ? quarters[row]! / 4 : 1);
    }
  }
  return {
    context: Int32Array.from(context),
    clip: Int32Array.from(clip),
    label: Float32Array.from(label),
    weight: Float32Array.from(weight),
  };
}

export function skippedViews(pairs: Pairs, { clips: seen }: WatchedRows, count: number): SkippedViews {
  const context: number[] = [];
  const skipped: number[] = [];
  const lists = new ListBuilder();
  for (let p = 0; p < pairs.count; p++) {
    const before = seen[loggedRow(pairs, p)]!;
    if (before < 1 || before === count) continue;
    const first = pairs.item[p]! * count;
    context.push(pairs.context[p]!);
    skipped.push(first + before);
    lists.add(Array.from({ length: before }, (_, c) => first + c));
  }
  return { context: Int32Array.from(context), seen: lists.done(), skipped: Int32Array.from(skipped) };
}

function loggedRow({ row }: Pairs, pair: number): number {
  if (row[pair]! >= 0) return row[pair]!;
  throw new UserError(
    'FRAME learns from how much of a video was watched, which a drawn negative does not tell',
    'Use train.negatives.kind: logged.',
  );
}

/** Mean over labelled clips; 0 of none. */
export function pointLoss(
  scores: ClipScores,
  { label, weight }: LabelledClips,
  kind: FrameOptions['pointLoss'],
): tf.Scalar {
  if (label.length === 0) return tf.scalar(0);
  const y = tf.tensor1d(label);
  const rest = tf.sub(1, y);
  if (kind === 'weighted') {
    const p = probabilities(scores);
    const seen = y
      .mul(tf.tensor1d(weight))
      .mul(tf.log(p.add(5e-5)))
      .mean();
    const skipped = rest.mul(tf.log(tf.sub(1, p).add(5e-4))).mean();
    return tf.neg(seen.mul(0.3).add(skipped));
  }
  const { value } = scores;
  if (scores.kind === 'logit') return tf.mean(tf.softplus(value).sub(value.mul(y)));
  return tf.neg(tf.mean(y.mul(tf.log(value)).add(rest.mul(tf.log(tf.sub(1, value))))));
}

/** What pairs are compared on. */
export function compared(scores: ClipScores, pairOn: FrameOptions['pairOn']): tf.Tensor {
  return pairOn === 'logits' ? scores.value : probabilities(scores);
}

/** -log sigmoid(better - worse) = log(1 + exp(worse - better)) */
export const preference = (better: tf.Tensor, worse: tf.Tensor): tf.Tensor => tf.softplus(worse.sub(better));

/** So many seen and so many skipped clips of a batch are compared by the released code. */
const COMPARED = 200;

/**
 * Every one of the first seen clips against every one of the first skipped ones, users mixed. The sum is divided by
 * (seen - 1)(skipped - 1), as the released code divides by the last values of its counters, but by 1 at least; 0 where
 * there are none to compare.
 *
 * @param scores of the labelled clips. [L]
 */
export function batchPairLoss(scores: tf.Tensor, { label }: LabelledClips): tf.Scalar {
  const first = (wanted: number) =>
    Int32Array.from([...label.keys()].filter((i) => label[i] === wanted).slice(0, COMPARED));
  const [seen, skipped] = [first(1), first(0)];
  if (seen.length === 0 || skipped.length === 0) return tf.scalar(0);
  const column = scores.reshape([-1, 1]) as tf.Tensor2D;
  const losses = preference(gatherRows(column, seen), gatherRows(column, skipped).reshape([1, -1]));
  return losses.sum().div(Math.max(1, seen.length - 1) * Math.max(1, skipped.length - 1));
}
