import * as tf from '@tensorflow/tfjs';
import { addRows, takeRows } from '../engine/index.js';
import { listMask, paddedLists } from './attentionWeights.js';
import { joined, lengthOf, type RowLists } from './rowLists.js';
import { concatRows, rowsWithZero, sliceElements } from './slices.js';

/** What attends to what: the queries of list l to the keys of list l. L lists each */
export interface Attending {
  /** Rows of the queries. */
  readonly queries: RowLists;
  /** Rows of the keys and of the values. */
  readonly keys: RowLists;
}

export interface MultiHeadInput {
  /** [Q, d] */
  readonly queries: tf.Tensor2D;
  /** [K, d] */
  readonly keys: tf.Tensor2D;
  /** [K, d] */
  readonly values: tf.Tensor2D;
}

/**
 * Scaled dot-product attention with several heads (Vaswani et al. 2017), of lists: head p takes channels p d/h .. of all
 * three, softmax(q k' / sqrt(d / h)) v over the keys of the query's list; heads side by side.
 *
 * Lists of about the same size go through one product, so that little is padded, and so many at a time that what is in
 * between stays small. The gradient is written out and works the weights out again.
 *
 * @param heads h, divides d
 * @param slice elements of an intermediate result; touches memory and speed only
 * @returns a row for each entry of `attending.queries`, in their order; 0 where there is no key
 */
export function multiHeadAttention(
  { queries, keys, values }: MultiHeadInput,
  attending: Attending,
  heads: number,
  slice = sliceElements(),
): tf.Tensor2D {
  const entries = attending.queries.rows.length;
  const slices = slicesOf(attending, heads, slice);
  if (slices.length === 0) return tf.zeros([entries, queries.shape[1]]);
  const slots = new Int32Array(entries).fill(slices.reduce((sum, { entry }) => sum + entry.length, 0));
  let padded = 0;
  for (const { entry } of slices) {
    for (const [at, e] of entry.entries()) if (e < entries) slots[e] = padded + at;
    padded += entry.length;
  }
  const op = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [q, k, v, save] = inputs as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const parts = slices.map((part) =>
      tf.tidy(() => {
        const own = inHeads([q, k, v], part, heads);
        return fromHeads(tf.matMul(weightsOf(own, part, heads), own.v), part.most.queries, heads);
      }),
    );
    save([q, k, v]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      backward(saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D], dy as tf.Tensor2D, slices, heads);
    return {
      value: rowsWithZero(parts, slots),
      gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
    };
  });
  return op(queries, keys, values) as tf.Tensor2D;
}

/**
 * The weights of that, for those who want to see them: lists padded to the given numbers of queries and keys, 0 past their
 * ends. [L, h, queries, keys]
 */
export function multiHeadWeights(
  { queries, keys }: Omit<MultiHeadInput, 'values'>,
  attending: Attending,
  heads: number,
  [mostQueries, mostKeys]: readonly [queries: number, keys: number],
): tf.Tensor4D {
  const lists = attending.queries.offsets.length - 1;
  const inHeads = (x: tf.Tensor2D, of: RowLists, most: number) =>
    toHeads(paddedLists(x, of, most).reshape([-1, x.shape[1]]), most, heads);
  const shape: [number, number, number, number] = [lists, heads, mostQueries, mostKeys];
  if (lists === 0) return tf.zeros(shape);
  const q = inHeads(queries, attending.queries, mostQueries);
  const k = inHeads(keys, attending.keys, mostKeys);
  const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(q.shape[2]));
  const ofQueries = listMask(attending.queries, mostQueries).reshape([lists, 1, mostQueries, 1]);
  const ofKeys = listMask(attending.keys, mostKeys).reshape([lists, 1, 1, mostKeys]);
  const masked = scores.reshape<tf.Tensor4D>(shape).add<tf.Tensor4D>(ofKeys.sub(1).mul(2 ** 32));
  return tf.softmax(masked).mul(ofKeys).mul(ofQueries);
}

/** Lists that are worked out together, padded to the longest; padding stands for row 0. */
interface Slice {
  /** B */
  readonly count: number;
  readonly most: { readonly queries: number; readonly keys: number };
  /** Row of each query and of each key. [B most] each */
  readonly query: Int32Array;
  readonly key: Int32Array;
  /** Entry of `attending.queries`; past the last one for padding. [B most.queries] */
  readonly entry: Int32Array;
  /** 0 for keys, -2^32 for padding; null where there is none. [B most.keys] */
  readonly mask: Float32Array | null;
}

function slicesOf({ queries, keys }: Attending, heads: number, most: number): Slice[] {
  const lists = Int32Array.from({ length: queries.offsets.length - 1 }, (_, list) => list)
    .filter((list) => lengthOf(queries, list) > 0 && lengthOf(keys, list) > 0)
    .sort((a, b) => lengthOf(queries, b) - lengthOf(queries, a) || lengthOf(keys, b) - lengthOf(keys, a));
  const slices: Slice[] = [];
  for (let begin = 0; begin < lists.length; ) {
    const mostQueries = lengthOf(queries, lists[begin]!);
    let mostKeys = 0;
    let end = begin;
    for (; end < lists.length; end++) {
      const wider = Math.max(mostKeys, lengthOf(keys, lists[end]!));
      if (end > begin && (end + 1 - begin) * heads * mostQueries * wider > most) break;
      mostKeys = wider;
    }
    slices.push(sliceOf(queries, keys, lists.subarray(begin, end), { queries: mostQueries, keys: mostKeys }));
    begin = end;
  }
  return slices;
}

function sliceOf(queries: RowLists, keys: RowLists, lists: Int32Array, most: Slice['most']): Slice {
  const query = new Int32Array(lists.length * most.queries);
  const entry = new Int32Array(query.length).fill(queries.rows.length);
  const key = new Int32Array(lists.length * most.keys);
  const mask = new Float32Array(key.length).fill(-(2 ** 32));
  let real = 0;
  for (const [b, list] of lists.entries()) {
    const first = queries.offsets[list]!;
    for (let at = first; at < queries.offsets[list + 1]!; at++) {
      query[b * most.queries + at - first] = queries.rows[at]!;
      entry[b * most.queries + at - first] = at;
    }
    const own = keys.rows.subarray(keys.offsets[list], keys.offsets[list + 1]);
    key.set(own, b * most.keys);
    mask.fill(0, b * most.keys, b * most.keys + own.length);
    real += own.length;
  }
  return { count: lists.length, most, query, key, entry, mask: real < key.length ? mask : null };
}

interface InHeads {
  /** [B h, queries, d / h] */
  readonly q: tf.Tensor3D;
  /** [B h, keys, d / h] */
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
}

const inHeads = (
  [q, k, v]: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
  { query, key, most }: Slice,
  heads: number,
): InHeads => ({
  q: toHeads(takeRows(q, query), most.queries, heads),
  k: toHeads(takeRows(k, key), most.keys, heads),
  v: toHeads(takeRows(v, key), most.keys, heads),
});

/** [B T, d] -> [B h, T, d / h] */
function toHeads(rows: tf.Tensor2D, steps: number, heads: number): tf.Tensor3D {
  const [all, width] = rows.shape;
  const split = rows.reshape<tf.Tensor4D>([all / steps, steps, heads, width / heads]);
  return tf.transpose(split, [0, 2, 1, 3]).reshape([(all / steps) * heads, steps, width / heads]);
}

/** [B h, T, d / h] -> [B T, d] */
function fromHeads(x: tf.Tensor3D, steps: number, heads: number): tf.Tensor2D {
  const [all, , width] = x.shape;
  const split = x.reshape<tf.Tensor4D>([all / heads, heads, steps, width]);
  return tf.transpose(split, [0, 2, 1, 3]).reshape([(all / heads) * steps, heads * width]);
}

/** [B h, queries, keys] */
function weightsOf(
  { q, k }: Pick<InHeads, 'q' | 'k'>,
  { mask, count, most }: Slice,
  heads: number,
): tf.Tensor3D {
  const scores = tf.matMul(q, k, false, true).mul<tf.Tensor3D>(1 / Math.sqrt(q.shape[2]));
  if (!mask) return tf.softmax(scores);
  const ofHeads = tf.tile(tf.tensor(mask, [count, 1, 1, most.keys]), [1, heads, most.queries, 1]);
  return tf.softmax(scores.add(ofHeads.reshape(scores.shape)));
}

function backward(
  given: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
  dy: tf.Tensor2D,
  slices: readonly Slice[],
  heads: number,
): tf.Tensor[] {
  const parts = slices.map((part) =>
    tf.tidy(() => {
      const own = inHeads(given, part, heads);
      const weights = weightsOf(own, part, heads);
      const dOut = toHeads(rowsWithZero([dy], part.entry), part.most.queries, heads);
      const dWeights = tf.matMul(dOut, own.v, false, true);
      const dScores: tf.Tensor3D = weights
        .mul(dWeights.sub(weights.mul(dWeights).sum(-1, true)))
        .mul(1 / Math.sqrt(own.q.shape[2]));
      return [
        fromHeads(tf.matMul(dScores, own.k), part.most.queries, heads),
        fromHeads(tf.matMul(dScores, own.q, true, false), part.most.keys, heads),
        fromHeads(tf.matMul(weights, dOut, true, false), part.most.keys, heads),
      ];
    }),
  );
  const queries = joined(slices.map(({ query }) => query));
  const keys = joined(slices.map(({ key }) => key));
  return [queries, keys, keys].map((rows, at) =>
    addRows(concatRows(parts.map((part) => part[at]!)), rows, given[at]!.shape[0]),
  );
}
