import * as tf from '@tensorflow/tfjs';
import type { RoutingSpec } from './routing.js';

/**
 * `routeItems` for many histories at once by operations of the engine, for one that does not let its values be read in
 * between: a loop over places whose every step has a row a history. No gradient.
 *
 * @param scores 0 in the padding. [V, l, s]
 * @param valid 1 for the items of the histories, 0 for the padding. [V, l]
 * @returns 1 for the group of each item, 0 for the others. [V, l, s]
 */
export function routeByTensors(scores: tf.Tensor3D, valid: tf.Tensor2D, spec: RoutingSpec): tf.Tensor3D {
  // A function of a constant, so that the tape sees nothing of how it came about.
  const op = tf.customGrad((..._: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: assign(scores, valid, spec),
    gradFunc: () => tf.scalar(0),
  }));
  return op(tf.scalar(0)) as tf.Tensor3D;
}

function assign(scores: tf.Tensor3D, valid: tf.Tensor2D, spec: RoutingSpec): tf.Tensor3D {
  const [views, length, groups] = scores.shape;
  let assigned = tf.zeros<tf.Rank.R3>([views, length, groups]);
  for (let iteration = 0; iteration < spec.routingIterations; iteration++) {
    assigned = tf.tidy(() =>
      spec.routingUpdate === 'parallel'
        ? moved(scores, assigned, averagesOf(scores, assigned), valid, spec)
        : oneAfterAnother(scores, assigned, valid, spec),
    );
  }
  return assigned;
}

/** Sums of scores and numbers of items by group. [V, 1, s] each */
interface Averages {
  readonly sum: tf.Tensor3D;
  readonly size: tf.Tensor3D;
}

function averagesOf(scores: tf.Tensor3D, assigned: tf.Tensor3D): Averages {
  return { sum: scores.mul(assigned).sum(1, true), size: assigned.sum(1, true) };
}

function oneAfterAnother(
  scores: tf.Tensor3D,
  assigned: tf.Tensor3D,
  valid: tf.Tensor2D,
  spec: RoutingSpec,
): tf.Tensor3D {
  const length = scores.shape[1];
  let { sum, size } = averagesOf(scores, assigned);
  const places: tf.Tensor3D[] = [];
  for (let j = 0; j < length; j++) {
    const [before, own] = [assigned, scores].map((all) => all.slice([0, j, 0], [-1, 1, -1])) as tf.Tensor3D[];
    const after = moved(own!, before!, { sum, size }, valid.slice([0, j], [-1, 1]), spec);
    const change = after.sub<tf.Tensor3D>(before!);
    sum = sum.add(own!.mul(change));
    size = size.add(change);
    places.push(after);
  }
  return tf.concat(places, 1);
}

/** Lines 6 to 10 of Algorithm 1 for some places of every history, all with the same averages. [V, n, s] */
function moved(
  scores: tf.Tensor3D,
  assigned: tf.Tensor3D,
  { sum, size }: Averages,
  valid: tf.Tensor2D,
  { logBase, epsilon }: RoutingSpec,
): tf.Tensor3D {
  const groups = scores.shape[2];
  const empty = size.equal(0);
  const mean = sum.div(size.add(empty.cast('float32')));
  // Without a discount the average counts as the score itself.
  const average = tf.where(empty, scores, mean.add(tf.zerosLike(scores)));
  const discount = average.sub(scores).relu().add(logBase).log().div(Math.log(logBase));
  const discounted = scores.div(discount);
  const best = discounted.max(2, true);
  const rank = tf.tensor3d(
    Float32Array.from({ length: groups }, (_, g) => g),
    [1, 1, groups],
  );
  // Of equal ones the lowest group.
  const winner = tf.where(discounted.equal(best), rank.add(tf.zerosLike(scores)), groups).min(2, true);
  const chosen = rank.equal(winner).cast('float32');
  const moves = best.greater(epsilon).cast('float32').mul(valid.expandDims(2));
  return chosen.mul(moves).add(assigned.mul(moves.neg().add(1)));
}
