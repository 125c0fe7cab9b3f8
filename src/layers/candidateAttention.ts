import * as tf from '@tensorflow/tfjs';
import { type DenseParameter, gatherBlocks, gatherRows, type ParameterSet } from '../engine/index.js';
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
 * longest prefix or to the sequence with most queries. The gradient is written out: with weights w and result y,
 * dscore = w (dy . h - dy . y).
 *
 * @param fixed whether the queries are data, which need no gradient
 */
export function prefixAttention(
  states: tf.Tensor3D,
  queries: tf.Tensor2D,
  places: CandidatePlaces,
  { fixed = false }: { readonly fixed?: boolean } = {},
): tf.Tensor2D {
  const { order, rank, groups } = arrange(places, states.shape);
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const h = inputs[0] as tf.Tensor3D;
    const save = inputs.at(-1) as tf.GradSaveFunc;
    const sorted = gatherRows(fixed ? queries : (inputs[1] as tf.Tensor2D), order);
    const hidden = parts(h, groups);
    const query = cut(sorted, groups);
    const weights = groups.map((group, k) => softmaxOfPrefixes(group, hidden[k]!, query[k]!));
    const pooled = joinRows(
      groups.map((_, k) => tf.matMul(weights[k]!, hidden[k]!)),
      h.shape[2],
    );
    save([h, sorted, pooled, ...weights]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [states, queries, y, ...w] = saved as [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, ...tf.Tensor2D[]];
      const dSorted = gatherRows(dy as tf.Tensor2D, order);
      return backward({ h: states, q: queries, y, w, dy: dSorted, groups, rank, fixed });
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

/** Queries begin..end-1 in sorted order: all of one sequence, with prefixes of at most `longest` states. */
interface Group {
  readonly sequence: number;
  readonly begin: number;
  readonly end: number;
  readonly longest: number;
  readonly lengths: Float32Array;
}

interface Backward {
  readonly h: tf.Tensor3D;
  readonly q: tf.Tensor2D;
  readonly y: tf.Tensor2D;
  readonly w: readonly tf.Tensor2D[];
  readonly dy: tf.Tensor2D;
  readonly groups: readonly Group[];
  readonly rank: Int32Array;
  readonly fixed: boolean;
}

function backward({ h, q, y, w, dy, groups, rank, fixed }: Backward): tf.Tensor[] {
  const dStates: tf.Tensor2D[][] = Array.from({ length: h.shape[0] }, () => []);
  const [hidden, query, dPooled] = [parts(h, groups), cut(q, groups), cut(dy, groups)];
  const dotted = cut(dy.mul(y).sum<tf.Tensor2D>(1, true), groups);
  const dQueries: tf.Tensor2D[] = [];
  groups.forEach((group, k) => {
    const dScores: tf.Tensor2D = w[k]!.mul(tf.matMul(dPooled[k]!, hidden[k]!, false, true).sub(dotted[k]!));
    const dHidden: tf.Tensor2D = tf
      .matMul(dScores, query[k]!, true, false)
      .add(tf.matMul(w[k]!, dPooled[k]!, true, false));
    dStates[group.sequence]!.push(withSteps(dHidden, h.shape[1]));
    if (!fixed) dQueries.push(tf.matMul(dScores, hidden[k]!));
  });
  const perSequence = dStates.map((list) =>
    list.length === 0 ? tf.zeros([h.shape[1], h.shape[2]]) : tf.addN(list),
  );
  const dh = perSequence.length === 0 ? tf.zerosLike(h) : tf.stack(perSequence);
  return fixed ? [dh] : [dh, restore(joinRows(dQueries, h.shape[2]), rank)];
}

/** Most queries of a group of unequal prefixes: enough for fast products, few enough for about one length. */
const MOST = 256;

/** Sorts the queries that have a prefix by sequence and length, and cuts them into groups. */
function arrange(
  { sequence, length }: CandidatePlaces,
  [count, steps]: readonly number[],
): { order: Int32Array; rank: Int32Array; groups: Group[] } {
  sequence.forEach((s, p) => {
    if (!(s >= 0 && s < count!)) throw new RangeError(`there is no sequence ${s} of ${count}`);
    if (!(length[p]! >= 0 && length[p]! <= steps!)) throw new RangeError(`no prefix has ${length[p]} states`);
  });
  const order = Int32Array.from(sequence.keys())
    .filter((p) => length[p]! > 0)
    .sort((a, b) => sequence[a]! - sequence[b]! || length[a]! - length[b]! || a - b);
  // Queries without a prefix get the row after the last, which `restore` makes zero.
  const rank = new Int32Array(sequence.length).fill(order.length);
  order.forEach((p, at) => {
    rank[p] = at;
  });
  const groups: Group[] = [];
  for (let begin = 0; begin < order.length; ) {
    const s = sequence[order[begin]!]!;
    let end = begin + 1;
    const first = length[order[begin]!]!;
    const joins = (p: number) => sequence[p] === s && (end - begin < MOST || length[p] === first);
    while (end < order.length && joins(order[end]!)) end++;
    const lengths = Float32Array.from(order.subarray(begin, end), (p) => length[p]!);
    groups.push({ sequence: s, begin, end, longest: lengths.at(-1)!, lengths });
    begin = end;
  }
  return { order, rank, groups };
}

/** [n, longest]: each row sums to 1 over its own prefix and is 0 after it. */
function softmaxOfPrefixes({ lengths, longest }: Group, h: tf.Tensor2D, q: tf.Tensor2D): tf.Tensor2D {
  const scores: tf.Tensor2D = tf.matMul(q, h, false, true);
  if (lengths[0] === longest) return tf.softmax(scores);
  // How far past the prefix a position is: 0 within it. Times -2^32, a score that no exponential survives.
  const places = tf.tensor1d(Float32Array.from({ length: longest }, (_, j) => (j + 1) * 2 ** 32));
  const ends = lengths.map((length) => length * 2 ** 32);
  const past = tf.relu(places.sub(tf.tensor2d(ends, [lengths.length, 1])));
  return tf.softmax(scores.sub<tf.Tensor2D>(past));
}

/** For each group the states of its sequence, as far as it reads them. [longest, H] */
function parts(h: tf.Tensor3D, groups: readonly Group[]): tf.Tensor2D[] {
  if (groups.length === 0) return [];
  const sequences = tf.unstack(h) as tf.Tensor2D[];
  return groups.map(({ sequence, longest }) => {
    const states = sequences[sequence]!;
    return longest === h.shape[1] ? states : states.slice([0, 0], [longest, h.shape[2]]);
  });
}

/** Rows of zeros at the end until there are `steps`. */
const withSteps = (x: tf.Tensor2D, steps: number): tf.Tensor2D =>
  x.shape[0] === steps
    ? x
    : tf.pad(x, [
        [0, steps - x.shape[0]],
        [0, 0],
      ]);

/** For each group its rows of what has a row a query, in sorted order. */
const cut = (x: tf.Tensor2D, groups: readonly Group[]): tf.Tensor2D[] =>
  groups.length === 0
    ? []
    : tf.split(
        x,
        groups.map(({ begin, end }) => end - begin),
        0,
      );

const joinRows = (parts: tf.Tensor2D[], width: number): tf.Tensor2D =>
  parts.length === 0 ? tf.zeros([0, width]) : tf.concat(parts, 0);

/** Back in the callers' order; the row past the last is zero. */
const restore = (sorted: tf.Tensor2D, rank: Int32Array): tf.Tensor2D =>
  gatherRows(tf.concat([sorted, tf.zeros<tf.Rank.R2>([1, sorted.shape[1]])], 0), rank);
