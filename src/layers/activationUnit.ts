import * as tf from '@tensorflow/tfjs';
import { gatherRows, type Mode, nativeKernels, type ParameterSet } from '../engine/index.js';
import { activatedMlp } from './activatedMlp.js';
import { unitNatively } from './activationUnitNative.js';
import { paddedLists, softmaxWeights } from './attentionWeights.js';
import type { ActivationKind, LearnedActivation } from './learnedActivation.js';
import { softmaxPool, sumOfLists } from './pooling.js';
import { lengthOf, type RowLists } from './rowLists.js';
import { sliceElements } from './slices.js';

/** Events of histories, and what the unit makes of them whatever the candidate. */
export type UnitEvents = {
  /** [R, d] */
  readonly x: tf.Tensor2D;
  /** What each adds to the first layer. [R, h] */
  readonly keys: tf.Tensor2D;
  /** The events of each context, oldest first. */
  readonly lists: RowLists;
};

/** Candidates, and the context and the candidate of each pair. */
export interface UnitPairs {
  /** [N, d] */
  readonly candidates: tf.Tensor2D;
  /** [P] */
  readonly context: Int32Array;
  /** [P] */
  readonly candidate: Int32Array;
}

export interface ActivationUnitOptions {
  /** d */
  readonly width: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: ActivationKind;
  /** Whether a softmax makes weights of a history's scores; else the scores are the weights. */
  readonly softmax: boolean;
}

/**
 * DIN's local activation unit (Zhou et al. 2018): an MLP on [candidate; event; candidate - event;
 * candidate * event] gives each event of the history a weight, and the events are summed with these.
 */
export interface ActivationUnit {
  readonly activations: readonly LearnedActivation[];
  /** [R, d] -> [R, h] */
  keys(events: tf.Tensor2D): tf.Tensor2D;
  /** The weighted sum of each pair's history, 0 of an empty one. [P, d] */
  apply(events: UnitEvents, pairs: UnitPairs, mode: Mode): tf.Tensor2D;
  /** The weights of each pair's events, 0 past the end of its history, for those who want to see them. [P, height] */
  weights(events: UnitEvents, pairs: UnitPairs, height: number, mode: Mode): tf.Tensor2D;
}

/**
 * Weights `name.1`, `name.2`, .. with `.weight` and `.bias`, and `name.out`; what activations have under `name.1`, .. too.
 * Of the first layer's product with the four parts, (W_c + W_d) candidate is worked out once a candidate and
 * (W_e - W_d) event once an event, so that a pair of the two costs W_p (candidate * event) alone.
 */
export function activationUnit(
  parameters: ParameterSet,
  name: string,
  { width, hidden, activation, softmax }: ActivationUnitOptions,
): ActivationUnit {
  const { first, last, activations, finish } = activatedMlp(parameters, name, `${name}.out`, {
    inputs: 4 * width,
    hidden,
    activation,
  });
  const parts = () => tf.split(first.weight.value<tf.Rank.R2>(), 4, 0) as Quarters;

  /** What each candidate adds to the first layer. [N, d] -> [N, h] */
  const queriesOf = (candidates: tf.Tensor2D): tf.Tensor2D => {
    const [ofCandidate, , ofDifference] = parts();
    const bias = first.bias!.value<tf.Rank.R1>();
    return tf.fused.matMul({
      a: candidates,
      b: ofCandidate.add<tf.Tensor2D>(ofDifference),
      bias,
    }) as tf.Tensor2D;
  };
  /** Events side by side with what the MLP makes of each: [E, d] and [E, 1] */
  const score = (events: UnitEvents, candidates: tf.Tensor2D, { event, candidate }: Expanded, mode: Mode) => {
    const x = gatherRows(events.x, event);
    const product = tf.matMul<tf.Tensor2D>(x.mul(gatherRows(candidates, candidate)), parts()[3]);
    const shared = [gatherRows(events.keys, event), gatherRows(queriesOf(candidates), candidate)];
    const z = tf.addN([product, ...shared]) as tf.Tensor2D;
    return { x, scores: finish(z, mode) };
  };
  const pool = (events: UnitEvents, candidates: tf.Tensor2D, part: Expanded, mode: Mode): tf.Tensor2D => {
    if (part.event.length === 0) return tf.zeros([part.lists.offsets.length - 1, width]);
    const { x, scores } = score(events, candidates, part, mode);
    if (!softmax) return sumOfLists(x.mul(scores), part.lists);
    return softmaxPool(scores.tile<tf.Tensor2D>([1, width]), x, part.lists);
  };

  return {
    activations,
    keys: (events) => {
      const [, ofEvent, ofDifference] = parts();
      return tf.matMul(events, ofEvent.sub<tf.Tensor2D>(ofDifference));
    },
    apply: (events, pairs, mode) => {
      const kernels = nativeKernels();
      if (kernels && !softmax && hidden.length === 1 && !mode.training && !tf.engine().isTapeOn()) {
        const out = { out: last.weight.value<tf.Rank.R2>(), bias: last.bias!.value<tf.Rank.R1>() };
        const weights = { product: parts()[3], gate: activations[0]!.gate(), ...out };
        return unitNatively(kernels, events, pairs, queriesOf(pairs.candidates), weights);
      }
      // Statistics of a training step are those of all its pairs, so it is done in one go.
      const most = mode.training ? Number.POSITIVE_INFINITY : Math.ceil(sliceElements() / hidden[0]!);
      const pooled = expandPairs(events.lists, pairs, most).map((part) =>
        tf.tidy(() => pool(events, pairs.candidates, part, mode)),
      );
      if (pooled.length === 0) return tf.zeros([0, width]);
      return pooled.length === 1 ? pooled[0]! : tf.concat(pooled, 0);
    },
    weights: (events, pairs, height, mode) => {
      const [all] = expandPairs(events.lists, pairs, Number.POSITIVE_INFINITY);
      if (!all || all.event.length === 0) return tf.zeros([pairs.context.length, height]);
      const { scores } = score(events, pairs.candidates, all, mode);
      const padded = softmax
        ? softmaxWeights(scores, all.lists, height)
        : paddedLists(scores, all.lists, height);
      return padded.reshape([pairs.context.length, height]);
    },
  };
}

type Quarters = [candidate: tf.Tensor2D, event: tf.Tensor2D, difference: tf.Tensor2D, product: tf.Tensor2D];

/** Some pairs, each with each event of its history. */
interface Expanded {
  /** [E] */
  readonly event: Int32Array;
  /** [E] */
  readonly candidate: Int32Array;
  /** Of each pair its places in these. */
  readonly lists: RowLists;
}

/** All pairs in their order, cut so that each part has at most so many events, or one pair. */
export function expandPairs(
  lists: RowLists,
  { context, candidate }: Pick<UnitPairs, 'context' | 'candidate'>,
  most: number,
): Expanded[] {
  const parts: Expanded[] = [];
  for (let begin = 0; begin < context.length; ) {
    let end = begin;
    let count = 0;
    while (end < context.length) {
      const length = lengthOf(lists, context[end]!);
      if (end > begin && count + length > most) break;
      count += length;
      end++;
    }
    parts.push(expanded(lists, context.subarray(begin, end), candidate.subarray(begin, end), count));
    begin = end;
  }
  return parts;
}

function expanded(
  { offsets, rows }: RowLists,
  context: Int32Array,
  candidate: Int32Array,
  count: number,
): Expanded {
  const event = new Int32Array(count);
  const candidates = new Int32Array(count);
  const starts = new Int32Array(context.length + 1);
  for (let p = 0, at = 0; p < context.length; p++) {
    const list = rows.subarray(offsets[context[p]!], offsets[context[p]! + 1]);
    event.set(list, at);
    candidates.fill(candidate[p]!, at, at + list.length);
    at += list.length;
    starts[p + 1] = at;
  }
  return { event, candidate: candidates, lists: { offsets: starts, rows: Int32Array.from(event.keys()) } };
}
