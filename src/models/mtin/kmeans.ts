import type { RandomStream } from '../../base/index.js';

/** Points of n numbers, row-major. */
export interface Points {
  readonly count: number;
  readonly width: number;
  readonly values: Float32Array;
}

const ITERATIONS = 25;

/**
 * Lloyd's algorithm from centres that are drawn as by k-means++ (Arthur and Vassilvitskii 2007), until nothing moves.
 *
 * @returns the cluster of each point, the largest cluster being 0, of equally large ones the one whose first point comes
 * first. Fewer than `k` clusters where there are fewer distinct points.
 */
export function kMeans(points: Points, k: number, random: RandomStream): Int32Array {
  const { count, width } = points;
  const cluster = new Int32Array(count);
  if (count === 0) return cluster;
  const centres = firstCentres(points, k, random);
  const clusters = centres.length / width;
  for (let iteration = 0, moves = true; moves && iteration < ITERATIONS; iteration++) {
    moves = assign(points, centres, cluster) || iteration === 0;
    if (moves) recentre(points, centres, cluster);
  }
  return largestFirst(cluster, clusters);
}

/** Centres far from each other: each is a point, drawn with a chance that is the square of its distance. */
function firstCentres(points: Points, k: number, random: RandomStream): Float64Array {
  const { count, width, values } = points;
  const chosen = [random.int(count)];
  const distance = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  while (chosen.length < k) {
    const last = values.subarray(chosen.at(-1)! * width, (chosen.at(-1)! + 1) * width);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      distance[i] = Math.min(distance[i]!, squaredDistance(values, i * width, last, 0, width));
      sum += distance[i]!;
    }
    if (sum === 0) break;
    let left = random.uniform() * sum;
    let next = -1;
    for (let i = 0; i < count && (next < 0 || left >= 0); i++) {
      if (distance[i] === 0) continue;
      next = i;
      left -= distance[i]!;
    }
    chosen.push(next);
  }
  return Float64Array.from(chosen.flatMap((i) => [...values.subarray(i * width, (i + 1) * width)]));
}

/** Moves points to their nearest centres; whether one moved. */
function assign({ count, width, values }: Points, centres: Float64Array, cluster: Int32Array): boolean {
  let moved = false;
  for (let i = 0; i < count; i++) {
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c * width < centres.length; c++) {
      const distance = squaredDistance(values, i * width, centres, c * width, width);
      if (distance < least) [nearest, least] = [c, distance];
    }
    if (cluster[i] !== nearest) moved = true;
    cluster[i] = nearest;
  }
  return moved;
}

/** Makes centres the means of their points; one without points stays. */
function recentre({ count, width, values }: Points, centres: Float64Array, cluster: Int32Array): void {
  const sizes = new Int32Array(centres.length / width);
  for (let i = 0; i < count; i++) {
    if (sizes[cluster[i]!]!++ === 0) centres.fill(0, cluster[i]! * width, (cluster[i]! + 1) * width);
    for (let f = 0; f < width; f++) centres[cluster[i]! * width + f]! += values[i * width + f]!;
  }
  for (let c = 0; c < sizes.length; c++) {
    for (let f = 0; f < width && sizes[c]! > 0; f++) centres[c * width + f]! /= sizes[c]!;
  }
}

/** Numbers clusters by size; those that lost their points drop out. */
function largestFirst(cluster: Int32Array, clusters: number): Int32Array {
  const sizes = new Int32Array(clusters);
  for (const c of cluster) sizes[c]!++;
  const byFirst = [...new Set(cluster)];
  byFirst.sort((a, b) => sizes[b]! - sizes[a]!); // stable
  const rank = new Int32Array(clusters);
  byFirst.forEach((c, place) => {
    rank[c] = place;
  });
  return cluster.map((c) => rank[c]!);
}

function squaredDistance(
  a: Float32Array,
  from: number,
  b: Float32Array | Float64Array,
  start: number,
  width: number,
): number {
  let sum = 0;
  for (let f = 0; f < width; f++) {
    const difference = a[from + f]! - b[start + f]!;
    sum += difference * difference;
  }
  return sum;
}
