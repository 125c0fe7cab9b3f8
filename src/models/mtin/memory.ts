import { randomStream, UserError } from '../../base/index.js';
import type { Histories, PreparedData } from '../../data/index.js';
import type { Initializer } from '../../engine/index.js';
import type { ItemFeature } from '../../layers/index.js';
import { kMeans, type Points } from './kmeans.js';

/** A side of the item vector: its features, with the initial weights that embed each, and where it begins. */
export interface ItemSide {
  readonly features: readonly ItemFeature[];
  /** Row-major [width of the feature or number of categories, `width`]. */
  weightOf(feature: ItemFeature): Float32Array;
  readonly width: number;
  /** First element of the item vector that is this side's. */
  readonly start: number;
}

export interface ClusteredMemory {
  readonly sides: readonly ItemSide[];
  readonly histories: Histories;
  readonly groups: number;
  /** d */
  readonly size: number;
  /** The most recent events of a user that are looked at. */
  readonly length: number;
  readonly key: readonly (string | number)[];
}

/**
 * Memory rows [users, s d] pretrained on the user's history in the train part: k-means over the items' features as they
 * are (vectors, and one-hot categories), then each group's mean, largest group first, as the initial weights embed it.
 * Groups that a user has too few items for are 0. A function of data, features and key alone.
 *
 * @throws UserError when items have no features but their identifiers
 */
export function clusteredMemory(data: PreparedData, spec: ClusteredMemory): Initializer {
  const { sides, histories, groups, size, length, key } = spec;
  if (sides.every(({ features }) => features.every(({ kind }) => kind === 'id'))) {
    throw new UserError(
      `model.memoryInit: kmeans groups items by their features, and the model sees nothing of those of ${data.store.name} but identifiers`,
      'Use model.memoryInit: random (as MTIN-P does), or name vectors or categories in model.visual.',
    );
  }
  return ([users]) => {
    const rows = new Float32Array(users! * groups * size);
    const itemsOf = trainHistories(data, histories, length);
    const parts = sides.flatMap(partsOf);
    for (let user = 0; user < users!; user++) {
      const items = itemsOf(user);
      if (items.length === 0) continue;
      const cluster = kMeans(pointsOf(items, sides), groups, randomStream(...key, user));
      const memory = rows.subarray(user * groups * size, (user + 1) * groups * size);
      const sizes = new Int32Array(groups);
      for (const c of cluster) sizes[c]!++;
      for (const part of parts) addMeans(memory, items, cluster, sizes, part);
    }
    return rows;
  };
}

/** The most recent items of a user's history in the train part. */
function trainHistories(
  { split, store: { interactions } }: PreparedData,
  { windowStart, item, causalEnd, trainOffsets, trainItem }: Histories,
  length: number,
): (user: number) => Int32Array {
  const latest = (all: Int32Array, begin: number, end: number) =>
    all.subarray(Math.max(begin, end - length), end);
  if (!windowStart) return (user) => latest(trainItem, trainOffsets[user]!, trainOffsets[user + 1]!);
  // Histories that came with the log: the one of the user's last row of the train part.
  const last = new Int32Array(interactions.userOffsets.length - 1).fill(-1);
  for (const row of split.train) last[interactions.user[row]!] = row;
  return (user) => {
    const row = last[user]!;
    return row < 0 ? new Int32Array() : latest(item, windowStart[row]!, causalEnd[row]!);
  };
}

/** Features of items side by side; of a category a column for each value that occurs. */
function pointsOf(items: Int32Array, sides: readonly ItemSide[]): Points {
  const parts = sides
    .flatMap(({ features }) => features)
    .flatMap((feature): Omit<Points, 'count'>[] => {
      if (feature.kind === 'id') return [];
      if (feature.kind === 'vector') return [{ width: feature.width, values: feature.rows(items) }];
      return [oneHot(items.map((item) => feature.values[item]!))];
    });
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const values = new Float32Array(items.length * width);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < items.length; i++) {
      values.set(part.values.subarray(i * part.width, (i + 1) * part.width), i * width + at);
    }
    at += part.width;
  }
  return { count: items.length, width, values };
}

/** A column for each value, none for -1 (unknown). */
function oneHot(values: Int32Array): Omit<Points, 'count'> {
  const column = new Map([...new Set(values)].filter((value) => value >= 0).map((value, c) => [value, c]));
  const hot = new Float32Array(values.length * column.size);
  values.forEach((value, i) => {
    if (value >= 0) hot[i * column.size + column.get(value)!] = 1;
  });
  return { width: column.size, values: hot };
}

/** A feature and where and by which weights it is embedded. */
interface Part extends Pick<ItemSide, 'start' | 'width'> {
  readonly feature: Exclude<ItemFeature, { kind: 'id' }>;
  readonly weight: Float32Array;
}

/** Identifiers are left out: their embeddings are not trained yet, hence noise. */
function partsOf({ features, weightOf, start, width }: ItemSide): Part[] {
  return features.flatMap((feature) =>
    feature.kind === 'id' ? [] : [{ feature, weight: weightOf(feature), start, width }],
  );
}

/** Adds to each group's vector the mean of what a feature of its items is embedded to. */
function addMeans(
  memory: Float32Array,
  items: Int32Array,
  cluster: Int32Array,
  sizes: Int32Array,
  { feature, weight, start, width }: Part,
): void {
  const size = memory.length / sizes.length;
  const addRow = (group: number, row: number, factor: number): void => {
    const to = group * size + start;
    for (let f = 0; f < width; f++) memory[to + f]! += factor * weight[row * width + f]!;
  };
  if (feature.kind === 'category') {
    items.forEach((item, i) => {
      const value = feature.values[item]!;
      if (value >= 0) addRow(cluster[i]!, value, 1 / sizes[cluster[i]!]!);
    });
    return;
  }
  const means = meansOf(feature.rows(items), feature.width, cluster, sizes);
  for (let at = 0; at < means.length; at++) {
    addRow(Math.floor(at / feature.width), at % feature.width, means[at]!);
  }
}

/** Means of the vectors of each group. [s, width] */
function meansOf(vectors: Float32Array, width: number, cluster: Int32Array, sizes: Int32Array): Float64Array {
  const means = new Float64Array(sizes.length * width);
  cluster.forEach((group, i) => {
    for (let f = 0; f < width; f++) means[group * width + f]! += vectors[i * width + f]! / sizes[group]!;
  });
  return means;
}
