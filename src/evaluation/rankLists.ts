import { gather, range } from '../base/index.js';
import { CandidateBatches, type CandidateLists, type PreparedData } from '../data/index.js';
import { rankOf, topOf } from '../engine/index.js';
import { contextSpecOf, type FittedModel, type Model } from '../models/index.js';
import type { CatalogueOptions, TargetedRanks, TopPart } from './catalogue.js';
import { firstRanks, type OpenList } from './firstRanks.js';
import { requireNumbers } from './numbers.js';
import { rankingScorer } from './scorers.js';

/** Pairs that are scored at a time. */
const PAIRS = 16_384;

/** Ranks the relevant items of each list among all of its candidates. */
export async function rankLists(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CandidateLists,
  options: CatalogueOptions,
): Promise<TargetedRanks> {
  const ranks = emptyRanks(lists, data);
  const ranker = firstRanks(model, data, options.depth);
  if (ranker) {
    await rankFirst(ranker, lists, options, ranks);
    return ranks;
  }
  for await (const { from, items, scores } of scoredLists(model, data, lists, options)) {
    items.forEach((candidates, i) => {
      const first = ranks.offsets[from + i]!;
      const relevant = ranks.offsets[from + i + 1]! - first;
      const ofList = scores[i]!;
      requireNumbers(ofList.subarray(0, relevant));
      for (let k = 0; k < relevant; k++) {
        ({ above: ranks.above[first + k], tied: ranks.tied[first + k] } = rankOf(ofList, k));
      }
      ranks.item.set(candidates.subarray(0, relevant), first);
      ranks.candidates[from + i] = candidates.length;
    });
  }
  return ranks;
}

/** The same where ranks beyond a depth make no difference. */
async function rankFirst(
  { rank, most }: NonNullable<ReturnType<typeof firstRanks>>,
  { anchor, relevant, candidates }: CandidateLists,
  { contextsPerBatch, onLists }: CatalogueOptions,
  ranks: TargetedRanks,
): Promise<void> {
  const step = Math.min(most, contextsPerBatch);
  for (let from = 0; from < anchor.length; from += step) {
    const some = range(from, Math.min(anchor.length, from + step));
    const open = Array.from(some, (list): OpenList => {
      const items = candidates(list);
      ranks.candidates[list] = items.length;
      let at = relevant[list]!;
      const next = (most: number): Int32Array => {
        at += most;
        return items.subarray(at - most, at);
      };
      return { anchor: anchor[list]!, targets: items.subarray(0, relevant[list]), next };
    });
    (await rank(open)).forEach(({ above, tied }, i) => {
      const start = ranks.offsets[from + i]!;
      ranks.item.set(open[i]!.targets, start);
      ranks.above.set(above, start);
      ranks.tied.set(tied, start);
    });
    onLists?.(from + some.length);
  }
}

/** The best `length` candidates of every list, some lists at a time. Equal scores stand in the order of the candidates. */
export async function* topOfLists(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CandidateLists,
  options: CatalogueOptions & { readonly length: number },
): AsyncGenerator<TopPart> {
  const { length } = options;
  for await (const { from, items, scores } of scoredLists(model, data, lists, options)) {
    const size = items.length * length;
    const top = { length, item: new Int32Array(size), score: new Float32Array(size) };
    items.forEach((candidates, i) => {
      const [start, end] = [i * length, (i + 1) * length];
      const best = top.item.subarray(start, end);
      topOf(scores[i]!, best, top.score.subarray(start, end));
      best.forEach((at, place) => {
        if (at >= 0) best[place] = candidates[at]!;
      });
    });
    yield { from, to: from + items.length, top };
  }
}

/** Lists `from` and on: candidates of each and their scores. */
interface ScoredLists {
  readonly from: number;
  readonly items: readonly Int32Array[];
  readonly scores: readonly Float32Array[];
}

/** All lists, some at a time. */
async function* scoredLists(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CandidateLists,
  { contextsPerBatch, onLists }: CatalogueOptions,
): AsyncGenerator<ScoredLists> {
  const { anchor } = lists;
  const score = scorerOfPairs(model, data);
  for (let from = 0; from < anchor.length; ) {
    const items: Int32Array[] = [];
    let count = 0;
    for (let list = from; list < anchor.length && items.length < contextsPerBatch; list++) {
      const candidates = lists.candidates(list);
      if (items.length > 0 && count + candidates.length > PAIRS) break;
      items.push(candidates);
      count += candidates.length;
    }
    const scores = await score(...pairsOf(anchor.subarray(from), items, count));
    let start = 0;
    const ofLists = items.map(({ length }) => {
      start += length;
      return scores.subarray(start - length, start);
    });
    yield { from, items, scores: ofLists };
    from += items.length;
    onLists?.(from);
    await new Promise(setImmediate); // signals are heard between batches
  }
}

function emptyRanks({ anchor, relevant }: CandidateLists, { store }: PreparedData): TargetedRanks {
  const count = anchor.length;
  const offsets = new Int32Array(count + 1);
  for (let list = 0; list < count; list++) offsets[list + 1] = offsets[list]! + relevant[list]!;
  return {
    user: gather(store.interactions.user, anchor),
    candidates: new Int32Array(count),
    offsets,
    above: new Int32Array(offsets[count]!),
    tied: new Int32Array(offsets[count]!),
    item: new Int32Array(offsets[count]!),
  };
}

/** Scores pairs, however many there are: a list may be as long as the catalogue. */
function scorerOfPairs(model: Model | FittedModel, data: PreparedData) {
  const batches = new CandidateBatches(data, contextSpecOf(model));
  const score = rankingScorer(model, data);
  return async (anchor: Int32Array, item: Int32Array): Promise<Float32Array> => {
    const scores = new Float32Array(item.length);
    for (let from = 0; from < item.length; from += PAIRS) {
      const batch = batches.batch(anchor.slice(from, from + PAIRS), item.slice(from, from + PAIRS));
      scores.set(await score(batch), from);
    }
    return scores;
  };
}

/** Anchor and candidate of every pair, list after list. */
function pairsOf(
  anchors: Int32Array,
  items: readonly Int32Array[],
  count: number,
): [anchor: Int32Array, item: Int32Array] {
  const anchor = new Int32Array(count);
  const item = new Int32Array(count);
  let start = 0;
  items.forEach((candidates, i) => {
    anchor.fill(anchors[i]!, start, start + candidates.length);
    item.set(candidates, start);
    start += candidates.length;
  });
  return [anchor, item];
}
