import type { CatalogueLists } from '../data/index.js';
import type { FittedModel, SparseScores } from '../models/index.js';
import type { CatalogueRanker } from './catalogue.js';
import type { RowScores } from './rowScores.js';

/** Users of one call: scores are written down as rows only for best items. */
const USERS = 256;

/** Of a catalogue's users the scores that are not 0, and the same as whole rows. */
export interface SparseRanks {
  readonly rank: CatalogueRanker['rank'];
  readonly rows: RowScores;
}

/**
 * Ranks by the scores that are not 0 alone, of which a user has few; all others tie.
 *
 * @param pool items that are candidates, ascending
 * @param items of the store
 */
export function sparseRanks(
  scoresOf: NonNullable<FittedModel['sparseScores']>,
  lists: CatalogueLists,
  pool: Int32Array,
  items: number,
): SparseRanks {
  const place = new Int32Array(items).fill(-1);
  pool.forEach((item, at) => {
    place[item] = at;
  });
  const { user, targetOffsets, targets, seenOffsets, seen } = lists;
  /** Positions in the pool, and their scores. */
  const inPool = (list: number): SparseScores => {
    const { items, scores } = scoresOf(user[list]!);
    const places = items.map((item) => place[item]!);
    if (pool.length === place.length) return { items: places, scores };
    const kept = [...places.keys()].filter((i) => places[i]! >= 0);
    return {
      items: Int32Array.from(kept, (i) => places[i]!),
      scores: Float32Array.from(kept, (i) => scores[i]!),
    };
  };
  /** 1 for what the list at hand has seen, and the scores of its targets; 0 between lists. [pool] */
  const isSeen = new Uint8Array(pool.length);
  const score = new Float32Array(pool.length);
  const rankList = (list: number, above: Int32Array, tied: Int32Array, of: Float32Array): void => {
    const scored = inPool(list);
    const known = seen.subarray(seenOffsets[list], seenOffsets[list + 1]);
    for (const at of known) isSeen[at] = 1;
    let others = pool.length - known.length;
    scored.items.forEach((at, i) => {
      if (isSeen[at]) return;
      score[at] = scored.scores[i]!;
      others--;
    });
    for (let t = targetOffsets[list]!; t < targetOffsets[list + 1]!; t++) {
      const own = score[targets[t]!]!;
      let [higher, equal] = own < 0 ? [others, 0] : [0, own === 0 ? others : 0];
      for (const at of scored.items) {
        if (isSeen[at]) continue;
        if (score[at]! > own) higher++;
        else if (score[at] === own) equal++;
      }
      [above[t], tied[t], of[t]] = [higher, equal, own];
    }
    for (const at of known) isSeen[at] = 0;
    for (const at of scored.items) score[at] = 0;
  };
  return {
    rank: async (from, to, { above, tied, score }) => {
      for (let list = from; list < to; list++) rankList(list, above, tied, score);
    },
    rows: {
      step: USERS,
      rows: async (from, to) => {
        const rows = new Float32Array((to - from) * pool.length);
        for (let list = from; list < to; list++) {
          const { items, scores } = inPool(list);
          items.forEach((at, i) => {
            rows[(list - from) * pool.length + at] = scores[i]!;
          });
        }
        return rows;
      },
      dispose: () => {},
    },
  };
}
