import { CandidateBatches, candidatePairs, type PreparedData } from '../data/index.js';
import { contextSpecOf, type FittedModel, isTrainable, type Model } from '../models/index.js';
import { requireNumbers } from './numbers.js';
import { type ContextScorer, contextScorers } from './scorers.js';

/** Candidates to be ranked for a user at a moment. */
export interface OpenList {
  /** Row that gives both. */
  readonly anchor: number;
  /** The items to be found, one at least. */
  readonly targets: Int32Array;
  /** The next other candidates, at most so many; none at the end. */
  next(most: number): Int32Array;
}

/** What the targets of a list score, and how many candidates score more, and the same, themselves included. */
export interface ListRanks {
  readonly score: Float32Array;
  readonly above: Int32Array;
  readonly tied: Int32Array;
}

/** Pairs that are scored at a time. */
const PAIRS = 16_384;
/** Lists of one group, whose contexts are encoded once: each has at least 64 candidates in a round. */
const LISTS = 256;

/** Ranks some lists, LISTS at most. */
export type FirstRanks = (lists: readonly OpenList[]) => Promise<readonly ListRanks[]>;

/**
 * For models that score pair by pair, where ranks from `depth` on make no difference: candidates are scored round by round, and a
 * list is done when each of its targets has so many above it, so that `above` and `tied` are too small (`CatalogueOptions.depth`).
 * Most lists are done after a few rounds.
 *
 * A target's score that is not a number is a UserError.
 *
 * @returns null where that is not possible: a model leaves a candidate's own events out of the history, so that candidates do not share
 *   a context, or it has scores of another kind
 */
export function firstRanks(
  model: Model | FittedModel,
  data: PreparedData,
  depth: number | undefined,
): { readonly rank: FirstRanks; readonly most: number } | null {
  const looksAt = contextSpecOf(model);
  const shares = looksAt.histories.every(({ target }) => target !== 'exclude');
  if (depth === undefined || !isTrainable(model) || !shares) return null;
  const batches = new CandidateBatches(data, looksAt);
  const scorerOf = contextScorers(model, data);
  const rank: FirstRanks = async (lists) => {
    const anchors = Int32Array.from(lists, ({ anchor }) => anchor);
    const batch = batches.batch(
      anchors,
      Int32Array.from(lists, ({ targets }) => targets[0]!),
    );
    const scorer = await scorerOf(batch);
    try {
      const score = pairScores(scorer, batches, batch.pairs.context);
      return await rankByRounds(lists, depth, score);
    } finally {
      scorer.dispose();
    }
  };
  return { rank, most: LISTS };
}

/** Scores of some candidates of each of some lists, these by number. */
type BlockScores = (
  lists: readonly number[],
  items: readonly Int32Array[],
) => Promise<readonly Float32Array[]>;

async function rankByRounds(
  lists: readonly OpenList[],
  depth: number,
  scoresOf: BlockScores,
): Promise<readonly ListRanks[]> {
  const all = [...lists.keys()];
  const targets = await scoresOf(
    all,
    lists.map((list) => list.targets),
  );
  for (const scores of targets) requireNumbers(scores);
  const ranks = targets.map((score) => ({
    score,
    above: new Int32Array(score.length),
    tied: new Int32Array(score.length),
  }));
  const count = (list: number, scores: Float32Array) => {
    const { score, above, tied } = ranks[list]!;
    score.forEach((own, t) => {
      for (const other of scores) {
        if (other > own) above[t]!++;
        else if (other === own) tied[t]!++;
      }
    });
  };
  targets.forEach((scores, list) => {
    count(list, scores);
  });
  for (let open = all; open.length > 0; ) {
    const most = Math.floor(PAIRS / open.length);
    const items = open.map((list) => lists[list]!.next(most));
    const scores = await scoresOf(open, items);
    open.forEach((list, i) => {
      count(list, scores[i]!);
    });
    open = open.filter(
      (list, i) => items[i]!.length > 0 && ranks[list]!.above.some((above) => above < depth),
    );
    await new Promise(setImmediate); // signals are heard between rounds
  }
  return ranks;
}

/** @param contextOf the context of each list */
function pairScores(scorer: ContextScorer, batches: CandidateBatches, contextOf: Int32Array): BlockScores {
  return async (lists, blocks) => {
    const count = blocks.reduce((sum, { length }) => sum + length, 0);
    const context = new Int32Array(count);
    const item = new Int32Array(count);
    let start = 0;
    blocks.forEach((block, i) => {
      context.fill(contextOf[lists[i]!]!, start, start + block.length);
      item.set(block, start);
      start += block.length;
    });
    const scores = new Float32Array(count);
    for (let from = 0; from < count; from += PAIRS) {
      const place = item.slice(from, from + PAIRS);
      const distinct = batches.distinct(place); // writes places over the items
      const pairs = candidatePairs(context.slice(from, from + PAIRS), place);
      scores.set(await scorer.score(distinct, pairs), from);
    }
    let end = 0;
    return blocks.map(({ length }) => {
      end += length;
      return scores.subarray(end - length, end);
    });
  };
}
