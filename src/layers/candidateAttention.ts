import * as tf from '@tensorflow/tfjs';
import {
  addRows,
  type DenseParameter,
  gatherBlocks,
  gatherRows,
  type ParameterSet,
  takeRows,
} from '../engine/index.js';
import { linear } from './linear.js';

/** Where the candidates stand: each judges the first `length` states of its own sequence. [P] each */
export type CandidatePlaces = {
  readonly sequence: Int32Array;
  readonly length: Int32Array;
};

export interface CandidateAttention {
  /** Of `bilinear`, else none. */
  readonly weights: readonly DenseParameter[];
  /** What candidates are compared with states by, `prefixAttention`'s queries: [N, H] -> [N, H] */
  queries(candidates: tf.Tensor2D): tf.Tensor2D;
  /**
   * @param states of whole sequences. [S, T, H]
   * @param candidates [P, H]
   * @returns sums of the states of each candidate's prefix, weighted by softmax; 0 for an empty prefix. [P, H]
   * @throws RangeError for a sequence or length that there is not
   */
  apply(states: tf.Tensor3D, candidates: tf.Tensor2D, places: CandidatePlaces): tf.Tensor2D;
}

export interface CandidateAttentionOptions {
  readonly width: number;
  /** Scores h . x / sqrt(H) (ALPINE's code), or h' W x with a trained W (its paper). */
  readonly kind: 'scaledDot' | 'bilinear';
}

/** Attention of candidates over the states of what came before them. The weight of `bilinear` is `name.weight`. */
export function candidateAttention(
  parameters: ParameterSet,
  name: string,
  { width, kind }: CandidateAttentionOptions,
): CandidateAttention {
  const map =
    kind === 'bilinear' ? linear(parameters, name, { inputs: width, outputs: width, bias: false }) : null;
  const queries = (candidates: tf.Tensor2D): tf.Tensor2D =>
    map ? map.apply(candidates) : candidates.mul(1 / Math.sqrt(width));
  return {
    weights: map ? [map.weight] : [],
    queries,
    apply: (states, candidates, places) => prefixAttention(states, queries(candidates), places),
  };
}

/**
 * Each query's softmax-weighted sum of the first `length` states of its sequence: [S, T, H], [P, H] -> [P, H].
 *
 * Queries of one sequence and of about the same length go through one product, so that nothing is padded to the
 * longest prefix or to the sequence with most queries; sequences with as many queries and as long a prefix go through it
 * together, so that many sequences with few queries each are few products too. The gradient is written out: with weights w
 * and result y, dscore = w (dy . h - dy . y).
 *
 * @param fixed whether the queries are data, which need no gradient
 */
export function prefixAttention(
  states: tf.Tensor3D,
  queries: tf.Tensor2D,
  places: CandidatePlaces,
  { fixed = false }: { readonly fixed?: boolean } = {},
): tf.Tensor2D {
  const { order, rank, stacks } = arrange(places, states.shape);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const h = inputs[0] as tf.Tensor3D;
    const save = inputs.at(-1) as tf.GradSaveFunc;
    const sorted = gatherRows(fixed ? queries : (inputs[1] as tf.Tensor2D), order);
    const hidden = stacks.map((stack) => statesOf(stack, h));
    const query = cut(sorted, stacks);
    const weights = stacks.map((stack, k) => softmaxOfPrefixes(stack, hidden[k]!, query[k]!));
    const pooled = joinRows(
      stacks.map((_, k) => tf.matMul(weights[k]!, hidden[k]!)),
      h.shape[2],
    );
    save([h, sorted, pooled, ...weights]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [states, queries, y, ...w] = saved as [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, ...tf.Tensor3D[]];
      const dSorted = gatherRows(dy as tf.Tensor2D, order);
      return backward({ h: states, q: queries, y, w, dy: dSorted, stacks, rank, fixed });
    };
    return {
      value: restore(pooled, rank),
      gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
    };
  });
  return (fixed ? op(states) : op(states, queries)) as tf.Tensor2D;
}

/**
 * The weights of that sum, 0 past the end of a prefix: [S, T, H], [P, H] -> [P, T]. For those who want to see them; a row
 * of states is copied for each query.
 */
export function prefixWeights(
  states: tf.Tensor3D,
  queries: tf.Tensor2D,
  { sequence, length }: CandidatePlaces,
): tf.Tensor2D {
  const steps = states.shape[1];
  const own = gatherBlocks(states, sequence);
  const scores: tf.Tensor2D = tf.matMul(queries.expandDims(1), own, false, true).squeeze([1]);
  const inside = prefixMask(length, steps);
  return tf.softmax(scores.add(inside.sub(1).mul(2 ** 32))).mul(inside);
}

/** 1 for the first `length` places of each row, then 0. [P] -> [P, width] */
export function prefixMask(length: Int32Array, width: number): tf.Tensor2D {
  const mask = new Float32Array(length.length * width);
  length.forEach((n, row) => {
    mask.fill(1, row * width, row * width + n);
  });
  return tf.tensor2d(mask, [length.length, width]);
}

/** Queries begin..end-1 in sorted order: `each` of every sequence, with prefixes of at most `longest` states. */
interface Stack {
  readonly sequences: Int32Array;
  readonly each: number;
  readonly longest: number;
  readonly begin: number;
  readonly end: number;
  /** Of the prefixes. [end - begin] */
  readonly lengths: Float32Array;
}

interface Backward {
  readonly h: tf.Tensor3D;
  readonly q: tf.Tensor2D;
  readonly y: tf.Tensor2D;
  readonly w: readonly tf.Tensor3D[];
  readonly dy: tf.Tensor2D;
  readonly stacks: readonly Stack[];
  readonly rank: Int32Array;
  readonly fixed: boolean;
}

function backward({ h, q, y, w, dy, stacks, rank, fixed }: Backward): tf.Tensor[] {
  const [count, steps, width] = h.shape;
  const [query, dPooled] = [cut(q, stacks), cut(dy, stacks)];
  const dotted = cut(dy.mul(y).sum<tf.Tensor2D>(1, true), stacks);
  const dStates: tf.Tensor2D[] = [];
  const dQueries: tf.Tensor3D[] = [];
  stacks.forEach((stack, k) => {
    const hidden = statesOf(stack, h);
    const dScores: tf.Tensor3D = w[k]!.mul(tf.matMul(dPooled[k]!, hidden, false, true).sub(dotted[k]!));
    const dHidden: tf.Tensor3D = tf
      .matMul(dScores, query[k]!, true, false)
      .add(tf.matMul(w[k]!, dPooled[k]!, true, false));
    dStates.push(withSteps(dHidden, steps).reshape([-1, steps * width]));
    if (!fixed) dQueries.push(tf.matMul(dScores, hidden));
  });
  const sequences = Int32Array.from(stacks.flatMap((stack) => [...stack.sequences]));
  const dh = addRows(joinRows(dStates, steps * width), sequences, count).reshape(h.shape);
  return fixed ? [dh] : [dh, restore(joinRows(dQueries, width), rank)];
}

/** Most queries of a sequence that go together with unequal prefixes: enough for fast products, few enough for about one length. */
const MOST = 256;

/** Sorts the queries that have a prefix, so that those that go through one product are neighbours. */
function arrange(
  { sequence, length }: CandidatePlaces,
  [count, steps]: readonly number[],
): { order: Int32Array; rank: Int32Array; stacks: Stack[] } {
  sequence.forEach((s, p) => {
    if (!(s >= 0 && s < count!)) throw new RangeError(`there is no sequence ${s} of ${count}`);
    if (!(length[p]! >= 0 && length[p]! <= steps!)) throw new RangeError(`no prefix has ${length[p]} states`);
  });
  const groups = groupsOf(sequence, length);
  const longestOf = (group: Int32Array): number => length[group.at(-1)!]!;
  groups.sort((a, b) => longestOf(a) - longestOf(b) || a.length - b.length);
  const order = new Int32Array(groups.reduce((sum, group) => sum + group.length, 0));
  // Queries without a prefix get the row after the last, which `restore` makes zero.
  const rank = new Int32Array(sequence.length).fill(order.length);
  const stacks: Stack[] = [];
  for (let first = 0, begin = 0; first < groups.length; ) {
    const [each, longest] = [groups[first]!.length, longestOf(groups[first]!)];
    let end = begin;
    let next = first;
    for (; groups[next]?.length === each && longestOf(groups[next]!) === longest; next++) {
      order.set(groups[next]!, end);
      end += each;
    }
    const sequences = Int32Array.from(groups.slice(first, next), (group) => sequence[group[0]!]!);
    const lengths = Float32Array.from(order.subarray(begin, end), (p) => length[p]!);
    stacks.push({ sequences, each, longest, begin, end, lengths });
    [first, begin] = [next, end];
  }
  order.forEach((p, at) => {
    rank[p] = at;
  });
  return { order, rank, stacks };
}

/** The queries that have a prefix, by sequence and about the same length; within a group shorter prefixes first. */
function groupsOf(sequence: Int32Array, length: Int32Array): Int32Array[] {
  const sorted = Int32Array.from(sequence.keys())
    .filter((p) => length[p]! > 0)
    .sort((a, b) => sequence[a]! - sequence[b]! || length[a]! - length[b]! || a - b);
  const groups: Int32Array[] = [];
  for (let begin = 0, end = 1; begin < sorted.length; begin = end++) {
    const first = sorted[begin]!;
    const joins = (p: number) =>
      sequence[p] === sequence[first] && (end - begin < MOST || length[p] === length[first]);
    while (end < sorted.length && joins(sorted[end]!)) end++;
    groups.push(sorted.subarray(begin, end));
  }
  return groups;
}

/** [k, each, longest]: each row sums to 1 over its own prefix and is 0 after it. */
function softmaxOfPrefixes({ lengths, each, longest }: Stack, h: tf.Tensor3D, q: tf.Tensor3D): tf.Tensor3D {
  const scores: tf.Tensor3D = tf.matMul(q, h, false, true);
  if (lengths.every((length) => length === longest)) return tf.softmax(scores);
  // How far past the prefix a position is: 0 within it. Times -2^32, a score that no exponential survives.
  const places = tf.tensor1d(Float32Array.from({ length: longest }, (_, j) => (j + 1) * 2 ** 32));
  const ends = lengths.map((length) => length * 2 ** 32);
  const past = tf.relu(places.sub(tf.tensor3d(ends, [lengths.length / each, each, 1])));
  return tf.softmax(scores.sub<tf.Tensor3D>(past));
}

/** The states of a stack's sequences, as far as it reads them. [k, longest, H] */
function statesOf({ sequences, longest }: Stack, h: tf.Tensor3D): tf.Tensor3D {
  const [count, steps, width] = h.shape;
  const [first] = sequences;
  if (sequences.length === 1) return h.slice([first!, 0, 0], [1, longest, width]);
  const rows = takeRows(h.reshape([count, steps * width]), sequences);
  const own = rows.reshape<tf.Tensor3D>([sequences.length, steps, width]);
  return longest === steps ? own : own.slice([0, 0, 0], [sequences.length, longest, width]);
}

/** Zeros at the end of each sequence until there are `steps`. */
const withSteps = (x: tf.Tensor3D, steps: number): tf.Tensor3D =>
  x.shape[1] === steps
    ? x
    : tf.pad(x, [
        [0, 0],
        [0, steps - x.shape[1]],
        [0, 0],
      ]);

/** For each stack its rows of what has a row a query, in sorted order. [k, each, ..] */
function cut(x: tf.Tensor2D, stacks: readonly Stack[]): tf.Tensor3D[] {
  if (stacks.length === 0) return [];
  const sizes = stacks.map(({ begin, end }) => end - begin);
  return tf.split(x, sizes, 0).map((part, k) => part.reshape<tf.Tensor3D>([-1, stacks[k]!.each, x.shape[1]]));
}

const joinRows = (parts: readonly tf.Tensor[], width: number): tf.Tensor2D =>
  parts.length === 0
    ? tf.zeros([0, width])
    : tf.concat(
        parts.map((part) => part.reshape<tf.Tensor2D>([-1, width])),
        0,
      );

/** Back in the callers' order; the row past the last is zero. */
const restore = (sorted: tf.Tensor2D, rank: Int32Array): tf.Tensor2D =>
  gatherRows(tf.concat([sorted, tf.zeros<tf.Rank.R2>([1, sorted.shape[1]])], 0), rank);
