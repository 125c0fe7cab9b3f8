import * as tf from '@tensorflow/tfjs';
import { gatherRows } from '../../engine/index.js';
import type { Grouped, GroupInput, GroupSpec } from './groups.js';
import { unassigned } from './routing.js';
import { routeByTensors } from './routingTensors.js';
import { throughFactor } from './straightThrough.js';
import { decayed, gapsOf } from './temporal.js';
import type { Views } from './views.js';

/**
 * What `groupByLists` computes, without reading a value: on an engine that hands out none within a step the members of a
 * group are not known, so all places of a history are taken with each other, and those of other groups multiplied with 0.
 */
export function groupByTensors(input: GroupInput, spec: GroupSpec): Grouped {
  const { views, groups, scores } = input;
  const { masks: p, size: d } = spec;
  const { count, longest: n, offsets, item } = views;
  if (n === 0) {
    const [sums, sizes] = [
      tf.zeros<tf.Rank.R2>([count * groups, p * d]),
      tf.zeros<tf.Rank.R2>([count, groups]),
    ];
    return { sums, sizes, assignment: tf.zeros([0]) };
  }
  const inRows = placesInRows(views);
  const valid = tf.tensor2d(
    Float32Array.from(inRows, (place) => (place < item.length ? 1 : 0)),
    [count, n],
  );
  const padded = (values: tf.Tensor2D, row: Int32Array): tf.Tensor3D =>
    gatherRows(
      values,
      inRows.map((place) => row[place] ?? 0),
    )
      .reshape([count, n, -1])
      .mul(valid.expandDims(2));
  const byPlace = scores && padded(scores, views.couple);
  const assigned = byPlace ? routeByTensors(byPlace, valid, spec) : valid.expandDims<tf.Tensor3D>(2);
  const chosen =
    scores && spec.routing === 'straightThrough'
      ? padded(tf.softmax(scores), views.couple).mul(assigned).sum<tf.Tensor3D>(2, true)
      : null;
  let vectors = padded(input.x, views.item);
  if (chosen) vectors = throughFactor(vectors, chosen);
  const matrix = masksOf(input, assigned, inRows, spec).reshape<tf.Tensor3D>([count, n * p, n]);
  const received = tf.matMul(matrix, vectors).reshape([count, n, p, d]);
  // w_j^k. [V, n, p]
  let weights = received.mul(keysOf(input, assigned, padded)).sum(3);
  if (chosen) weights = throughFactor(weights, chosen);
  const byGroup = assigned
    .expandDims(3)
    .mul(weights.expandDims(2))
    .reshape<tf.Tensor3D>([count, n, groups * p]);
  const places = Int32Array.from(item.keys());
  const rowOf = new Int32Array(item.length);
  inRows.forEach((place, at) => {
    if (place < places.length) rowOf[place] = at;
  });
  return {
    sums: tf.matMul(byGroup, vectors, true).reshape([count * groups, p * d]),
    sizes: assigned.sum(1),
    assignment: gatherRows(numbersOf(assigned).reshape([count * n, 1]), rowOf).reshape([offsets[count]!]),
  };
}

/** Eq. 6 within groups. [V, j, p, i] */
function masksOf(
  { views, masks }: GroupInput,
  assigned: tf.Tensor3D,
  inRows: Int32Array,
  { includeDiagonal }: GroupSpec,
): tf.Tensor {
  const { count, longest: n, time } = views;
  const at = (view: number, place: number): number => time?.[inRows[view * n + place]!] ?? 0;
  const gaps = gapsOf(count, n, (view, i, j) => Math.max(0, at(view, i) - at(view, j)), includeDiagonal);
  const acts = tf.tensor3d(gaps.acts, [count, n, n]);
  const alike = tf.matMul(assigned, assigned, false, true);
  const together = acts.mul<tf.Tensor3D>(alike);
  if (time) return decayed(tf.tensor3d(gaps.distance, [count, n, n]), together, masks.decays());
  // Place within the group: how many members come before.
  const place = alike.mul(strictlyLower(n)).sum<tf.Tensor2D>(2);
  const distance = place.expandDims(1).sub(place.expandDims(2)).mul(together);
  return decayed(distance, together, masks.decays());
}

/** W^k_g x_j of each place and its group. [V, n, p, d] */
function keysOf(
  { views: { count, longest, item }, x, groups, masks }: GroupInput,
  assigned: tf.Tensor3D,
  padded: (values: tf.Tensor2D, row: Int32Array) => tf.Tensor3D,
): tf.Tensor {
  const shape = [count, longest, -1, x.shape[1]];
  if (masks.shared) return padded(masks.keys(x, 0), item).reshape(shape);
  const parts = Array.from({ length: groups }, (_, group) =>
    padded(masks.keys(x, group), item).mul(assigned.slice([0, 0, group], [-1, -1, 1])),
  );
  return tf.addN(parts).reshape(shape);
}

/** 1 below the diagonal, else 0. [n, n] */
function strictlyLower(n: number): tf.Tensor2D {
  const values = Float32Array.from({ length: n * n }, (_, at) => (at % n < Math.floor(at / n) ? 1 : 0));
  return tf.tensor2d(values, [n, n]);
}

/** The group of each item, -1: none. [V, n] */
function numbersOf(assigned: tf.Tensor3D): tf.Tensor2D {
  const numbers = Float32Array.from({ length: assigned.shape[2] }, (_, group) => group + 1);
  return assigned.mul(tf.tensor1d(numbers)).sum<tf.Tensor2D>(2).add(unassigned);
}

/** The places of each view side by side, filled up with one that is none (T). [V n] */
function placesInRows({ count, longest, offsets, item }: Views): Int32Array {
  const places = new Int32Array(count * longest).fill(item.length);
  for (let v = 0; v < count; v++) {
    for (let place = offsets[v]!; place < offsets[v + 1]!; place++) {
      places[v * longest + place - offsets[v]!] = place;
    }
  }
  return places;
}
