/** How Algorithm 1 assigns. */
export interface RoutingSpec {
  readonly routingUpdate: 'sequential' | 'parallel';
  readonly routingIterations: number;
  readonly logBase: number;
  readonly epsilon: number;
}

/** Belongs to no group. */
export const unassigned = -1;

/**
 * Algorithm 1 for one history: which group each item is assigned to, or -1. Averages are of the undiscounted scores and
 * include the item that is looked at; the lower group wins a tie. A group without items discounts nothing; that its average
 * were 0 instead would change no assignment, since only scores below 0, which are never assigned, would be discounted.
 *
 * @param scores of item j with group g at j * groups + g. [l, s]
 * @param each called after every iteration with what is assigned by then
 * @returns [l]
 */
export function routeItems(
  scores: ArrayLike<number>,
  groups: number,
  spec: RoutingSpec,
  each?: (assignment: Int32Array) => void,
): Int32Array {
  const { routingUpdate, routingIterations, logBase, epsilon } = spec;
  const count = scores.length / groups;
  const assignment = new Int32Array(count).fill(unassigned);
  const averages = new GroupAverages(groups);
  // What an item is judged by: averages that follow every move, or those that the last iteration left behind.
  const seen = routingUpdate === 'parallel' ? new GroupAverages(groups) : averages;
  const perDigit = Math.log(logBase);
  for (let iteration = 0; iteration < routingIterations; iteration++) {
    if (seen !== averages) seen.copy(averages);
    for (let j = 0; j < count; j++) {
      let best = 0;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let g = 0; g < groups; g++) {
        const score = scores[j * groups + g]!;
        const average = seen.size[g]! > 0 ? seen.sum[g]! / seen.size[g]! : score;
        const discounted = score / (Math.log(logBase + Math.max(average - score, 0)) / perDigit);
        if (discounted > bestScore) [best, bestScore] = [g, discounted];
      }
      const from = assignment[j]!;
      if (best === from || !(bestScore > epsilon)) continue;
      if (from !== unassigned) averages.add(from, scores[j * groups + from]!, -1);
      averages.add(best, scores[j * groups + best]!, 1);
      assignment[j] = best;
    }
    each?.(assignment);
  }
  return assignment;
}

class GroupAverages {
  readonly sum: Float64Array;
  readonly size: Int32Array;

  constructor(groups: number) {
    this.sum = new Float64Array(groups);
    this.size = new Int32Array(groups);
  }

  add(group: number, score: number, count: 1 | -1): void {
    this.size[group]! += count;
    this.sum[group] = this.size[group] === 0 ? 0 : this.sum[group]! + count * score;
  }

  copy({ sum, size }: GroupAverages): void {
    this.sum.set(sum);
    this.size.set(size);
  }
}
