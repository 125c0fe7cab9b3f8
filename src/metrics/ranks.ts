import { range } from '../base/index.js';
import type { RankedLists } from './lists.js';

/**
 * Where the positives of long lists stand, which is all that a metric needs of a catalogue that nobody sorts. A list a
 * user (or, for sampled candidates, a positive).
 */
export interface Ranks {
  /** Whose list it is, ascending; several lists may be one user's. [lists] */
  readonly user: Int32Array;
  /** Candidates of each list, its positives included. [lists] */
  readonly candidates: Int32Array;
  /** The positives of list l are `offsets[l] .. offsets[l+1]-1`. [lists + 1] */
  readonly offsets: Int32Array;
  /** Candidates that score higher than each positive. [positives] */
  readonly above: Int32Array;
  /** Candidates that score the same as each positive, itself included. [positives] */
  readonly tied: Int32Array;
}

/** The same as ranked lists: between the runs of the positives' scores lie runs without one, of unequal scores, too. */
export function listsOfRanks({ user, candidates, offsets, above, tied }: Ranks): RankedLists {
  const lists = user.length;
  const positives = Int32Array.from(user, (_, list) => offsets[list + 1]! - offsets[list]!);
  const runOffsets = new Int32Array(lists + 1);
  const runSize = new Int32Array(2 * above.length + lists);
  const runHits = new Int32Array(runSize.length);
  let runs = 0;
  const add = (size: number, hits: number): void => {
    if (size === 0) return;
    runSize[runs] = size;
    runHits[runs++] = hits;
  };
  for (let list = 0; list < lists; list++) {
    const order = range(offsets[list]!, offsets[list + 1]!);
    if (order.length > 1) order.sort((a, b) => above[a]! - above[b]!);
    let passed = 0;
    for (let i = 0; i < order.length; ) {
      const first = order[i]!;
      let hits = 1;
      while (i + hits < order.length && above[order[i + hits]!] === above[first]) hits++;
      add(above[first]! - passed, 0);
      add(tied[first]!, hits);
      passed = above[first]! + tied[first]!;
      i += hits;
    }
    add(candidates[list]! - passed, 0);
    runOffsets[list + 1] = runs;
  }
  return {
    user,
    rows: candidates,
    positives,
    runOffsets,
    runSize: runSize.subarray(0, runs),
    runHits: runHits.subarray(0, runs),
  };
}
