import * as tf from '@tensorflow/tfjs';
import { addRows, takeRows } from '../engine/index.js';
import type { AdditivePoolInput, AdditivePoolSpec } from './additivePool.js';
import { type Weighed, weigh } from './pooling.js';
import { type Columns, columnsOf, joined, lengthOf, type RowLists } from './rowLists.js';
import { concatRows, cutIntoSlices, rowsWithZero, sliceElements, slotsOf } from './slices.js';

/**
 * Additive pooling by operations of the engine, of the first query with the first list and so on.
 *
 * Queries of one list stand together, so that its rows are fetched once for up to 64 of them, and are worked off in
 * slices that fit into the processor's cache; the gradient is written out for both reasons.
 *
 * @returns [Q, d]
 */
export function poolInSlices(input: AdditivePoolInput, spec: AdditivePoolSpec): tf.Tensor2D {
  const { lists, of, dropout, slice = sliceElements() } = spec;
  const [rows, width] = input.keys.shape;
  const groups = groupQueries(lists, of);
  if (groups.list.length === 0) return tf.zeros([of.length, width]);
  const slices = slicesOf(groups, lists, width, dropout ? Number.POSITIVE_INFINITY : slice);
  const slots = slotsOf(groups.query, of.length);
  const entries = joined(slices.map(({ columns }) => columns.rows));
  const inputs: tf.Tensor[] = [input.keys, input.values, input.queries, input.matrix];
  if (dropout?.bias) inputs.push(dropout.bias);

  const op = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = given.pop() as tf.GradSaveFunc;
    const parts = slices.map((part) => tf.tidy(() => forward(given as tf.Tensor2D[], part, spec)));
    const names = Object.keys(parts[0]!) as (keyof Forward)[];
    save([given[1], given[3], ...parts.flatMap((part) => names.map((name) => part[name]))] as tf.Tensor[]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [values, matrix] = saved as tf.Tensor2D[];
      const padded = tf.concat([dy as tf.Tensor2D, tf.zeros<tf.Rank.R2>([1, width])], 0);
      const gradients = slices.map((part, i) => {
        const own = names.map((name, at) => [name, saved[2 + i * names.length + at]!]);
        const found = Object.fromEntries(own) as Forward;
        return tf.tidy(() => backward(takeRows(padded, part.query), [values!, matrix!], found, part, spec));
      });
      const all = (name: 'keys' | 'values' | 'queries') => gradients.map((part) => part[name]);
      return [
        addRows(concatRows(all('keys')), entries, rows),
        addRows(concatRows(all('values')), entries, rows),
        rowsWithZero(all('queries'), slots),
        tf.addN(gradients.map((part) => part.matrix)),
        ...gradients.flatMap(({ bias }) => bias ?? []), // one slice where there is one
      ];
    };
    const value = rowsWithZero(
      parts.map(({ pooled }) => pooled),
      slots,
    );
    return { value, gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] };
  });
  return op(...inputs) as tf.Tensor2D;
}

/** What a slice makes: its result, and what the gradient needs besides. */
type Forward = Weighed & {
  /** act(key + query). [J, G, C, d] */
  readonly hidden: tf.Tensor;
  readonly keyMask?: tf.Tensor;
  readonly scoreMask?: tf.Tensor;
};

function forward(
  [keys, values, queries, matrix, bias]: tf.Tensor2D[],
  { columns, size, query, rows }: Slice,
  { activation, dropout }: AdditivePoolSpec,
): Forward {
  const width = keys!.shape[1];
  const shape = [columns.height, columns.count, size, width];
  // Places without a query take the last one's; nothing comes of them.
  const last = queries!.shape[0] - 1;
  const perPlace = takeRows(
    queries!,
    query.map((at) => Math.min(at, last)),
  ).reshape([1, columns.count, size, width]);
  const keyMask = dropout?.keys?.(shape);
  const ofKeys = keyMask ? rows(keys!).mul(keyMask) : rows(keys!);
  const hidden = activation.apply(ofKeys.add(perPlace));
  let scores = tf.matMul(hidden.reshape([-1, width]), matrix!).reshape(shape);
  const scoreMask = dropout?.scores(shape);
  if (scoreMask) scores = (bias ? scores.add(bias) : scores).mul(scoreMask);
  return {
    hidden,
    ...weigh(scores, rows(values!), columns),
    ...(keyMask && { keyMask }),
    ...(scoreMask && { scoreMask }),
  };
}

/** @param dy gradient of each place's result, zero where there is no query. [G C, d] */
function backward(
  dy: tf.Tensor2D,
  [values, matrix]: [tf.Tensor2D, tf.Tensor2D],
  { hidden, weights, norm, pooled, keyMask, scoreMask }: Forward,
  { columns: { height, count }, rows }: Slice,
  { activation, dropout }: AdditivePoolSpec,
) {
  const width = values.shape[1];
  const shares = weights.mul(dy.reshape(norm.shape).div(norm));
  let dScores = shares.mul(rows(values).sub(pooled.reshape(norm.shape)));
  if (scoreMask) dScores = dScores.mul(scoreMask);
  const flat = dScores.reshape([-1, width]);
  const dSum = activation.gradient(tf.matMul(flat, matrix, false, true).reshape(hidden.shape), hidden);
  const ofLists = (x: tf.Tensor) => x.sum(2).reshape([height * count, width]) as tf.Tensor2D;
  return {
    keys: ofLists(keyMask ? dSum.mul(keyMask) : dSum),
    values: ofLists(shares),
    queries: dSum.sum(0).reshape([-1, width]) as tf.Tensor2D,
    matrix: tf.matMul(hidden.reshape([-1, width]), flat, true) as tf.Tensor,
    ...(dropout?.bias && { bias: flat.sum(0) as tf.Tensor }),
  };
}

/** Groups of C places, each group with queries of one list. */
interface Groups {
  readonly size: number;
  /** [G] */
  readonly list: Int32Array;
  /** The query of each place, or Q: none. [G C] */
  readonly query: Int32Array;
}

/** Groups with the longest lists first; queries of empty lists are left out. */
function groupQueries(lists: RowLists, of: Int32Array): Groups {
  const perList = new Int32Array(lists.offsets.length - 1);
  for (const list of of) perList[list]!++;
  const wanted = Int32Array.from(perList.keys())
    .filter((list) => perList[list]! > 0 && lengthOf(lists, list) > 0)
    .sort((a, b) => lengthOf(lists, b) - lengthOf(lists, a) || a - b);
  const size = groupSize(wanted.map((list) => perList[list]!));
  const list: number[] = [];
  const next = new Int32Array(perList.length).fill(-1);
  for (const wantedList of wanted) {
    next[wantedList] = list.length * size;
    for (let left = perList[wantedList]!; left > 0; left -= size) list.push(wantedList);
  }
  const query = new Int32Array(list.length * size).fill(of.length);
  of.forEach((wantedList, at) => {
    if (next[wantedList]! >= 0) query[next[wantedList]!++] = at;
  });
  return { size, list: Int32Array.from(list), query };
}

/** The power of two up to 64 for which empty places and fetching each group's rows cost least. */
function groupSize(counts: Int32Array): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let size = 1; size <= 64; size *= 2) {
    const groups = counts.reduce((sum, count) => sum + Math.ceil(count / size), 0);
    const cost = groups * (size + 1);
    if (cost < least) [best, least] = [size, cost];
  }
  return best;
}

interface Slice {
  readonly columns: Columns;
  /** C, places a list. */
  readonly size: number;
  /** Query of each place, or Q: none. [G C] */
  readonly query: Int32Array;
  /** Rows of the slice's lists: [R, d] -> [J, G, 1, d] */
  rows(x: tf.Tensor2D): tf.Tensor4D;
}

function slicesOf({ size, list, query }: Groups, lists: RowLists, width: number, most: number): Slice[] {
  const groups = Int32Array.from(list.keys());
  return cutIntoSlices(groups, (group) => lengthOf(lists, list[group]!) * size * width, most).map((part) => {
    const columns = columnsOf(
      lists,
      part.map((group) => list[group]!),
    );
    return {
      columns,
      size,
      query: query.slice(part[0]! * size, (part[0]! + part.length) * size),
      rows: (x) => takeRows(x, columns.rows).reshape([columns.height, columns.count, 1, width]),
    };
  });
}
