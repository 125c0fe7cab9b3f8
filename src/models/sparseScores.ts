import type { Batch } from '../data/index.js';
import type { SparseScores } from './types.js';

/** The scores of a batch's pairs, by users' scores that are not 0. [P] */
export function scorePairs(
  { contexts, items, pairs }: Batch,
  scoresOf: (user: number) => SparseScores,
): Float32Array {
  const scores = new Float32Array(pairs.count);
  const known = new Map<number, Map<number, number>>();
  for (let p = 0; p < pairs.count; p++) {
    const user = contexts.user[pairs.context[p]!]!;
    let ofUser = known.get(user);
    if (!ofUser) {
      const sparse = scoresOf(user);
      ofUser = new Map(Array.from(sparse.items, (item, i) => [item, sparse.scores[i]!]));
      known.set(user, ofUser);
    }
    scores[p] = ofUser.get(items[pairs.item[p]!]!) ?? 0;
  }
  return scores;
}
