/** Which earlier positions may be linked. */
export interface EdgeOptions {
  /**
   * Whether the direct predecessor, which the LSTM reads anyway, is passed over from position 2 on (ALPINE's code); its
   * paper says the most similar of all preceding ones.
   */
  readonly excludesPrevious: boolean;
  /** Edges that are known, by position; a negative one or one past the end is not. */
  readonly known?: Int32Array;
}

/**
 * For each position of a sequence the most similar earlier one: the smallest squared Euclidean distance, of equal ones
 * the first. Positions 0 and 1 have 0. A position's edge depends on nothing after it.
 *
 * @param vectors of the items, row-major [N, width]
 * @param items rows of `vectors`, oldest first. [n]
 * @returns positions. [n]
 */
export function similarEdges(
  vectors: Float32Array,
  width: number,
  items: Int32Array,
  options: EdgeOptions,
): Int32Array {
  return nearestEarlier(items, options, (a, b, least) => squaredDistance(vectors, width, a, b, least));
}

/**
 * The same for items that categories tell: the smallest number of categories that differ, which is half the squared distance
 * of their one-hot codes; an unknown one (-1) differs from all.
 *
 * @param categories values of the items. [items] each
 */
export function similarEdgesOfCategories(
  categories: readonly Int32Array[],
  items: Int32Array,
  options: EdgeOptions,
): Int32Array {
  return nearestEarlier(items, options, (a, b) =>
    categories.reduce((sum, values) => sum + (values[a]! >= 0 && values[a] === values[b] ? 0 : 1), 0),
  );
}

/** @param distanceOf exact below `least`; else anything that is not */
function nearestEarlier(
  items: Int32Array,
  { excludesPrevious, known = new Int32Array(0) }: EdgeOptions,
  distanceOf: (a: number, b: number, least: number) => number,
): Int32Array {
  const edges = new Int32Array(items.length);
  for (let t = 2; t < items.length; t++) {
    if (known[t]! >= 0) {
      edges[t] = known[t]!;
      continue;
    }
    const last = excludesPrevious ? t - 2 : t - 1;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j <= last; j++) {
      const distance = distanceOf(items[t]!, items[j]!, least);
      if (distance < least) {
        least = distance;
        edges[t] = j;
      }
    }
  }
  return edges;
}

/**
 * In float64, by four sums that the processor can work on side by side. They only grow, rounding included, so that most
 * vectors need not be read to their end to see that they are not below `least`.
 */
function squaredDistance(vectors: Float32Array, width: number, a: number, b: number, least: number): number {
  const from = a * width;
  const to = b * width;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let c = 0;
  while (c + 4 <= width) {
    for (const stop = Math.min(c + 16, width - 3); c < stop; c += 4) {
      const d0 = vectors[from + c]! - vectors[to + c]!;
      const d1 = vectors[from + c + 1]! - vectors[to + c + 1]!;
      const d2 = vectors[from + c + 2]! - vectors[to + c + 2]!;
      const d3 = vectors[from + c + 3]! - vectors[to + c + 3]!;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    if (s0 + s1 + s2 + s3 >= least) return least;
  }
  for (; c < width; c++) s0 += (vectors[from + c]! - vectors[to + c]!) ** 2;
  return s0 + s1 + s2 + s3;
}
