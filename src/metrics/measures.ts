import type { RankedLists } from './lists.js';

/**
 * Measures of one ranked list. Tied rows stand in random order: each function gives the exact expected value over
 * all orders of the ties (McSherry and Najork, ECIR 2008), so that neither the order of the file nor a constant
 * scorer gains anything. With lists built `byRow` there are no ties and the values are the plain ones.
 */

/**
 * Share of the (positive, negative) pairs that the scores put in the right order; a tied pair counts `tieCredit`.
 * With 0.5 this is the area under the ROC curve (Mann-Whitney). NaN without both classes.
 */
export function pairwiseAuc(lists: RankedLists, list: number, tieCredit: 0 | 0.5): number {
  const positives = lists.positives[list]!;
  const negatives = lists.rows[list]! - positives;
  const end = lists.runOffsets[list + 1]!;
  let ordered = 0;
  let negativesBelow = negatives;
  for (let run = lists.runOffsets[list]!; run < end; run++) {
    const hits = lists.runHits[run]!;
    const misses = lists.runSize[run]! - hits;
    negativesBelow -= misses;
    ordered += hits * (negativesBelow + tieCredit * misses);
  }
  return ordered / (positives * negatives);
}

/** Expected number of positives among the first k rows. */
export function hitsInTop(lists: RankedLists, list: number, k: number): number {
  const end = lists.runOffsets[list + 1]!;
  let hits = 0;
  let above = 0;
  for (let run = lists.runOffsets[list]!; run < end && above < k; run++) {
    const size = lists.runSize[run]!;
    hits += lists.runHits[run]! * Math.min(1, (k - above) / size);
    above += size;
  }
  return hits;
}

/** Expected discounted gain of the first k rows: a positive at rank r (from 1) is worth 1 / log2(r + 1). */
export function discountedGain(lists: RankedLists, list: number, k: number): number {
  const end = lists.runOffsets[list + 1]!;
  let gain = 0;
  let above = 0;
  for (let run = lists.runOffsets[list]!; run < end && above < k; run++) {
    const size = lists.runSize[run]!;
    const share = lists.runHits[run]! / size;
    const below = Math.min(k, above + size);
    if (share > 0) for (let rank = above + 1; rank <= below; rank++) gain += share * discount(rank);
    above += size;
  }
  return gain;
}

/** The gain of the best order: `positives` positives first, k rows looked at. */
export function idealGain(positives: number, k: number): number {
  let gain = 0;
  for (let rank = 1; rank <= Math.min(positives, k); rank++) gain += discount(rank);
  return gain;
}

/**
 * Expected sum, over the positives among the first k rows, of the precision at the rank of each. A positive at place j
 * of a run has before it, of the run's other h - 1 positives, (j - 1)(h - 1) / (size - 1) on average.
 */
export function precisionAtHits(lists: RankedLists, list: number, k: number): number {
  const end = lists.runOffsets[list + 1]!;
  let sum = 0;
  let above = 0;
  let hitsAbove = 0;
  for (let run = lists.runOffsets[list]!; run < end && above < k; run++) {
    const size = lists.runSize[run]!;
    const hits = lists.runHits[run]!;
    const others = size > 1 ? (hits - 1) / (size - 1) : 0;
    const places = hits > 0 ? Math.min(k - above, size) : 0;
    for (let j = 0; j < places; j++) {
      sum += ((hits / size) * (hitsAbove + 1 + j * others)) / (above + j + 1);
    }
    above += size;
    hitsAbove += hits;
  }
  return sum;
}

/** Probability that the first k rows hold a positive. */
export function hitProbability(lists: RankedLists, list: number, k: number): number {
  const end = lists.runOffsets[list + 1]!;
  let above = 0;
  for (let run = lists.runOffsets[list]!; run < end && above < k; run++) {
    const size = lists.runSize[run]!;
    const hits = lists.runHits[run]!;
    if (hits > 0) {
      // The k - above places left are drawn from this run without replacement; earlier runs hold no positive.
      let missed = 1;
      for (let i = 0; i < Math.min(k - above, size); i++) missed *= Math.max(0, size - hits - i) / (size - i);
      return 1 - missed;
    }
    above += size;
  }
  return 0;
}

/** Expected 1 / rank of the first positive; 0 without one. */
export function reciprocalRank(lists: RankedLists, list: number): number {
  const end = lists.runOffsets[list + 1]!;
  let above = 0;
  for (let run = lists.runOffsets[list]!; run < end; run++) {
    const size = lists.runSize[run]!;
    const hits = lists.runHits[run]!;
    if (hits > 0) {
      let expected = 0;
      let noneYet = 1;
      for (let i = 0; i <= size - hits; i++) {
        const here = hits / (size - i);
        expected += (noneYet * here) / (above + i + 1);
        noneYet *= 1 - here;
      }
      return expected;
    }
    above += size;
  }
  return 0;
}

/** 1 / log2(rank + 1), from a table at the ranks that are common. */
function discount(rank: number): number {
  return rank < discounts.length ? discounts[rank]! : 1 / Math.log2(rank + 1);
}
const discounts = Float64Array.from({ length: 1024 }, (_, rank) => 1 / Math.log2(rank + 1));
