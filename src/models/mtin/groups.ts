import * as tf from '@tensorflow/tfjs';
import { Distinct } from '../../base/index.js';
import { gatherRows } from '../../engine/index.js';
import {
  type Columns,
  columnsOf,
  cutIntoSlices,
  ListBuilder,
  lengthOf,
  longestFirst,
  type RowLists,
  sliceElements,
  slotsOf,
} from '../../layers/index.js';
import type { MtinOptions } from '../options.js';
import { type RoutingSpec, routeItems, unassigned } from './routing.js';
import { throughFactor } from './straightThrough.js';
import { decayed, gapsOf, type TemporalMasks } from './temporal.js';
import type { Views } from './views.js';

export type GroupSpec = RoutingSpec & Pick<MtinOptions, 'routing' | 'includeDiagonal' | 'masks' | 'size'>;

export interface GroupInput {
  readonly views: Views;
  /** Vectors of `views.items`. [H, d] */
  readonly x: tf.Tensor2D;
  /** Of `views.couples` with the groups; null: nothing is routed, all are in group 0. [R, s] */
  readonly scores: tf.Tensor2D | null;
  readonly groups: number;
  readonly masks: TemporalMasks;
}

/** Groups of items, and what the temporal masks make of them. */
export interface Grouped {
  /** r_g^k of Eq. 7 for all masks, 0 of an empty group. [V s, p d] */
  readonly sums: tf.Tensor2D;
  /** Items of each group. [V, s] */
  readonly sizes: tf.Tensor2D;
  /** Group of each place, -1: none. [T] */
  readonly assignment: tf.Tensor1D;
}

/** Algorithm 1 and Eqs. 5 to 7 with lists of the members of each group, which the host makes of scores that it reads. */
export function groupByLists(input: GroupInput, spec: GroupSpec): Grouped {
  const { views, scores, groups } = input;
  const assignment = scores
    ? assignmentOf(scores.dataSync<'float32'>(), views, groups, spec)
    : new Int32Array(views.item.length);
  const members = membersOf(assignment, views, groups);
  const sizes = Float32Array.from({ length: views.count * groups }, (_, list) => lengthOf(members, list));
  return {
    sums: temporalSums(input, assignment, members, spec),
    sizes: tf.tensor2d(sizes, [views.count, groups]),
    assignment: tf.tensor1d(Float32Array.from(assignment)),
  };
}

function assignmentOf(scores: Float32Array, views: Views, groups: number, spec: GroupSpec): Int32Array {
  const { offsets, couple } = views;
  const assignment = new Int32Array(couple.length);
  for (let v = 0; v < views.count; v++) {
    const [start, end] = [offsets[v]!, offsets[v + 1]!];
    const own = new Float32Array((end - start) * groups);
    for (let place = start; place < end; place++) {
      const from = couple[place]! * groups;
      own.set(scores.subarray(from, from + groups), (place - start) * groups);
    }
    assignment.set(routeItems(own, groups, spec), start);
  }
  return assignment;
}

/** The places of each view's groups, oldest first: list v s + g. */
function membersOf(assignment: Int32Array, { count, offsets }: Views, groups: number): RowLists {
  const builder = new ListBuilder();
  for (let v = 0; v < count; v++) {
    const lists: number[][] = Array.from({ length: groups }, () => []);
    for (let place = offsets[v]!; place < offsets[v + 1]!; place++) {
      if (assignment[place] !== unassigned) lists[assignment[place]!]!.push(place);
    }
    for (const list of lists) builder.add(list);
  }
  return builder.done();
}

/**
 * The sums of Eq. 7 without the matrix Q: with y_j^k = sum_i P_ij^k x_i, r^k = sum_j (y_j^k W^k x_j) x_j. Lists of like
 * length are taken together, filled up with vectors of zeros.
 */
function temporalSums(
  input: GroupInput,
  assignment: Int32Array,
  members: RowLists,
  spec: GroupSpec,
): tf.Tensor2D {
  const { masks: p, size: d, includeDiagonal } = spec;
  const lists = members.offsets.length - 1;
  const least = includeDiagonal ? 1 : 2; // shorter lists have no pairs
  const order = longestFirst(members).filter((list) => lengthOf(members, list) >= least);
  if (order.length === 0) return tf.zeros([lists, p * d]);
  const keys = keysOf(input, assignment, spec);
  const pi = input.scores && spec.routing === 'straightThrough' ? chosen(input.scores) : null;
  const decays = input.masks.decays();
  const parts = cutIntoSlices(order, (list) => lengthOf(members, list) * p * d, sliceElements()).map(
    (which) =>
      tf.tidy(() => sliceSums(input, columnsOf(members, which), { assignment, keys, pi, decays }, spec)),
  );
  return gatherRows(tf.concat([...parts, tf.zeros<tf.Rank.R2>([1, p * d])], 0), slotsOf(order, lists));
}

interface Shared {
  readonly assignment: Int32Array;
  readonly keys: Keys;
  /** Softmax of the scores of each couple, [R s, 1]; null: it has no part in the gradient. */
  readonly pi: tf.Tensor2D | null;
  readonly decays: tf.Tensor1D;
}

/** Of the lists of a slice, in columns: [G, p d]. */
function sliceSums(
  { x, views, groups }: GroupInput,
  columns: Columns,
  { assignment, keys, pi, decays }: Shared,
  spec: GroupSpec,
): tf.Tensor2D {
  const { masks: p, size: d } = spec;
  const { height: n, count, rows, mask } = columns;
  const chosenBy =
    pi &&
    gatherRows(
      pi,
      rows.map((place) => views.couple[place]! * groups + assignment[place]!),
    );
  let vectors = gatherRows(
    x,
    rows.map((place) => views.item[place]!),
  );
  if (chosenBy) vectors = throughFactor(vectors, chosenBy);
  if (mask) vectors = vectors.mul(tf.tensor2d(mask, [n * count, 1]));
  // y_j^k. [n, p, G, d]
  const received = receive(vectors, columns, views.time, decays, spec);
  const ofKeys = gatherRows(keys.values, keyRows(columns, keys.row, p)).reshape([n, p, count, d]);
  // w_j^k. [n, p, G]
  let weights = received.mul(ofKeys).sum(3);
  if (chosenBy) weights = throughFactor(weights, chosenBy.reshape([n, 1, count]));
  const byList = vectors.reshape([n, count, d]).transpose<tf.Tensor3D>([1, 0, 2]);
  return tf.matMul(weights.transpose<tf.Tensor3D>([2, 1, 0]), byList).reshape([count, p * d]);
}

/** y_j^k = sum_i P_ij^k x_i of each place j of the lists. [n G, d] -> [n, p, G, d] */
function receive(
  vectors: tf.Tensor2D,
  { height: n, count, rows }: Columns,
  time: Float64Array | null,
  decays: tf.Tensor1D,
  { masks: p, size: d, includeDiagonal }: GroupSpec,
): tf.Tensor {
  const tensorOf = (values: Float32Array, shape: number[]) => tf.tensor(values, shape);
  if (!time) {
    // Distances between places are the same in every list, so one product does all of them.
    const { distance, acts } = gapsOf(1, n, (_, i, j) => i - j, includeDiagonal);
    const matrix = decayed(tensorOf(distance, [n, n]), tensorOf(acts, [n, n]), decays);
    const product = tf.matMul(matrix.reshape<tf.Tensor2D>([n * p, n]), vectors.reshape([n, count * d]));
    return product.reshape([n, p, count, d]);
  }
  const at = (list: number, place: number): number => time[rows[place * count + list]!]!;
  const { distance, acts } = gapsOf(
    count,
    n,
    (list, i, j) => Math.max(0, at(list, i) - at(list, j)), // what fills a list up may be older
    includeDiagonal,
  );
  const matrix = decayed(tensorOf(distance, [count, n, n]), tensorOf(acts, [count, n, n]), decays);
  const byList = vectors.reshape([n, count, d]).transpose<tf.Tensor3D>([1, 0, 2]);
  const product = tf.matMul(matrix.reshape<tf.Tensor3D>([count, n * p, n]), byList);
  return product.reshape([count, n, p, d]).transpose([1, 2, 0, 3]);
}

/** W^k_g x_j of what items there are in which groups. */
interface Keys {
  /** Row p r + k is that of mask k. [R' p, d] */
  readonly values: tf.Tensor2D;
  /** r of each place; of unassigned ones without a meaning. [T] */
  readonly row: Int32Array;
}

/** Each item is multiplied once with a group's matrices, in however many histories it is in that group. */
function keysOf(
  { x, views, groups, masks }: GroupInput,
  assignment: Int32Array,
  { size: d }: GroupSpec,
): Keys {
  const inRows = (values: tf.Tensor2D): tf.Tensor2D => values.reshape([-1, d]);
  if (masks.shared) return { values: inRows(masks.keys(x, 0)), row: views.item };
  const row = new Int32Array(views.item.length);
  const known = Array.from({ length: groups }, () => new Distinct());
  assignment.forEach((group, place) => {
    if (group === unassigned) return;
    row[place] = known[group]!.of(views.item[place]!);
  });
  let before = 0;
  const starts = known.map(({ count }) => {
    before += count;
    return before - count;
  });
  assignment.forEach((group, place) => {
    if (group !== unassigned) row[place]! += starts[group]!;
  });
  const parts = known.flatMap((items, group) =>
    items.count > 0 ? [masks.keys(gatherRows(x, items.values()), group)] : [],
  );
  return { values: inRows(tf.concat(parts, 0)), row };
}

/** Rows of the keys in the order [n, p, G]. */
function keyRows({ height, count, rows }: Columns, row: Int32Array, p: number): Int32Array {
  const order = new Int32Array(height * p * count);
  for (let j = 0, at = 0; j < height; j++) {
    for (let k = 0; k < p; k++) {
      for (let list = 0; list < count; list++) order[at++] = row[rows[j * count + list]!]! * p + k;
    }
  }
  return order;
}

const chosen = (scores: tf.Tensor2D): tf.Tensor2D => tf.softmax(scores).reshape([-1, 1]);
