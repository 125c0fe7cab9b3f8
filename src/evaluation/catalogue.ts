import { gather, range } from '../base/index.js';
import { type CatalogueLists, type PreparedData, poolOf } from '../data/index.js';
import { hideSeen, nativeKernels, rankOf, topOf } from '../engine/index.js';
import type { Ranks } from '../metrics/index.js';
import { type FittedModel, isTrainable, type Model } from '../models/index.js';
import { firstRanks, type OpenList } from './firstRanks.js';
import { fusedProducts } from './fused.js';
import { requireNumbers } from './numbers.js';
import { pairRows, productRows, type RowScores } from './rowScores.js';
import { sparseRanks } from './sparseRanks.js';
import { catalogueVectors } from './vectors.js';

export interface CatalogueOptions {
  /** Contexts (users) encoded at a time: memory and speed only. */
  readonly contextsPerBatch: number;
  /** Called now and then with the number of lists done so far; what it throws ends the work. */
  readonly onLists?: (done: number) => void;
  /**
   * Ranks that matter: of a list whose targets all have at least so many items above them, no more may be counted, so that
   * `above` and `tied` are too small. Default: all ranks are exact.
   */
  readonly depth?: number | undefined;
}

/** The best items of each list, `length` of them, row by row. */
export interface TopItems {
  readonly length: number;
  /** Best first, equal scores by the item's number; -1 where there are fewer candidates. [L, length] */
  readonly item: Int32Array;
  /** The model's score, a logit where it has one. [L, length] */
  readonly score: Float32Array;
}

/** Finds ranks and best items for the lists from..to-1 and writes them where they belong. */
export interface CatalogueRanker {
  /** Lists to ask for at a time. */
  readonly step: number;
  /** Writes `above`, `tied` and the score of every target of these lists. */
  rank(from: number, to: number, into: TargetRanks): Promise<void>;
  /** Writes positions in the pool. @param into of these lists */
  top(from: number, to: number, into: TopItems): Promise<void>;
  dispose(): void;
}

/** As `Ranks` has them. [targets] */
export interface TargetRanks {
  readonly above: Int32Array;
  readonly tied: Int32Array;
  readonly score: Float32Array;
}

/**
 * Ranks the targets of every list among all candidates but the seen ones. Nothing is sorted: the rank of a target is one
 * more than the number of items that score higher.
 *
 * @throws UserError when a target's score is not a number
 */
export async function rankCatalogue(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CatalogueLists,
  options: CatalogueOptions,
): Promise<TargetedRanks> {
  const pool = poolOf(lists, data.store);
  const count = lists.targets.length;
  const ranks = {
    above: new Int32Array(count),
    tied: new Int32Array(count),
    score: new Float32Array(count),
  };
  for await (const [ranker, from, to] of stretches(model, data, lists, options)) {
    await ranker.rank(from, to, ranks);
  }
  requireNumbers(ranks.score);
  const { user, targetOffsets: offsets, seenOffsets } = lists;
  const candidates = Int32Array.from(user, (_, l) => pool.length - (seenOffsets[l + 1]! - seenOffsets[l]!));
  const { above, tied } = ranks;
  return { user, candidates, offsets, above, tied, item: gather(pool, lists.targets) };
}

/** Ranks with the item of each. */
export interface TargetedRanks extends Ranks {
  /** [positives] */
  readonly item: Int32Array;
}

/** The best `length` items of every list, without sorting the catalogue. */
export async function topOfCatalogue(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CatalogueLists,
  options: CatalogueOptions & { readonly length: number },
): Promise<TopItems> {
  const { length } = options;
  const size = lists.user.length * length;
  const whole = { length, item: new Int32Array(size), score: new Float32Array(size) };
  for await (const { from, top } of topParts(model, data, lists, options)) {
    whole.item.set(top.item, from * length);
    whole.score.set(top.score, from * length);
  }
  return whole;
}

/** Best items of the lists from..to-1. */
export interface TopPart {
  readonly from: number;
  readonly to: number;
  readonly top: TopItems;
}

/** Lists whose best items are written down at a time. */
const LISTS = 4096;

/** The same, some lists at a time. */
export async function* topParts(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CatalogueLists,
  options: CatalogueOptions & { readonly length: number },
): AsyncGenerator<TopPart> {
  const { length } = options;
  const pool = poolOf(lists, data.store);
  for await (const [ranker, from, to] of stretches(model, data, lists, options, LISTS)) {
    const size = (to - from) * length;
    const top = { length, item: new Int32Array(size), score: new Float32Array(size) };
    await ranker.top(from, to, top);
    for (let at = 0; at < size; at++) if (top.item[at]! >= 0) top.item[at] = pool[top.item[at]!]!;
    yield { from, to, top };
  }
}

/** Lists from..to-1 and what ranks them, until all are done. @param most lists at a time */
async function* stretches(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CatalogueLists,
  options: CatalogueOptions,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly [ranker: CatalogueRanker, from: number, to: number]> {
  const count = lists.user.length;
  if (count === 0) return;
  const ranker = await openRanker(model, data, lists, options);
  try {
    const step = Math.min(ranker.step, most);
    for (let from = 0; from < count; from += step) {
      const to = Math.min(count, from + step);
      yield [ranker, from, to];
      options.onLists?.(to);
      await new Promise(setImmediate); // signals are heard between batches
    }
  } finally {
    ranker.dispose();
  }
}

/** Inner products go through the kernels where there are any, else through the engine's matrix product. */
async function openRanker(
  model: Model | FittedModel,
  data: PreparedData,
  lists: CatalogueLists,
  options: CatalogueOptions,
): Promise<CatalogueRanker> {
  const pool = poolOf(lists, data.store);
  const items = pool.length;
  if (!isTrainable(model) && model.sparseScores) {
    const scoresOf = (user: number) => model.sparseScores!(user);
    const { rank, rows } = sparseRanks(scoresOf, lists, pool, data.store.itemIds.length);
    return { ...byRows(rows, lists, items), rank };
  }
  const vectors = await catalogueVectors(model, data, lists, options);
  if (!vectors) {
    const ranker = byRows(pairRows(model, data, lists), lists, items);
    const first = firstRanks(model, data, options.depth);
    return first ? { ...ranker, ...rankFirst(first, lists, pool, options) } : ranker;
  }
  const kernels = nativeKernels();
  if (kernels) return fusedProducts(kernels, vectors, lists, items, options.depth);
  return byRows(productRows(vectors, items), lists, items);
}

/** Scores as many candidates as make a difference. */
function rankFirst(
  { rank, most }: NonNullable<ReturnType<typeof firstRanks>>,
  lists: CatalogueLists,
  pool: Int32Array,
  { contextsPerBatch }: CatalogueOptions,
): Pick<CatalogueRanker, 'step' | 'rank'> {
  return {
    step: Math.min(most, contextsPerBatch),
    rank: async (from, to, into) => {
      const ranks = await rank(Array.from(range(from, to), (list) => openList(lists, list, pool)));
      ranks.forEach(({ score, above, tied }, i) => {
        const start = lists.targetOffsets[from + i]!;
        into.score.set(score, start);
        into.above.set(above, start);
        into.tied.set(tied, start);
      });
    },
  };
}

/** Targets, then the others in the order of the pool. */
function openList(lists: CatalogueLists, list: number, pool: Int32Array): OpenList {
  const { anchor, targetOffsets, targets, seenOffsets, seen } = lists;
  const own = targets.subarray(targetOffsets[list]!, targetOffsets[list + 1]!);
  const taken = new Set([...own, ...seen.subarray(seenOffsets[list]!, seenOffsets[list + 1]!)]);
  let at = 0;
  const next = (most: number): Int32Array => {
    const found = new Int32Array(Math.min(most, pool.length - at));
    let count = 0;
    for (; count < found.length && at < pool.length; at++) if (!taken.has(at)) found[count++] = pool[at]!;
    return found.subarray(0, count);
  };
  return { anchor: anchor[list]!, targets: gather(pool, own), next };
}

/** Looks at whole rows of scores on the host. @param items number of candidates */
export function byRows(scores: RowScores, lists: CatalogueLists, items: number): CatalogueRanker {
  const { targetOffsets, targets, seenOffsets, seen } = lists;
  const forRows = async (from: number, to: number, visit: (row: Float32Array, list: number) => void) => {
    const values = await scores.rows(from, to);
    for (let list = from; list < to; list++) {
      const row = values.subarray((list - from) * items, (list - from + 1) * items);
      hideSeen(row, seen.subarray(seenOffsets[list]!, seenOffsets[list + 1]!));
      visit(row, list);
    }
  };
  return {
    step: scores.step,
    rank: (from, to, into) =>
      forRows(from, to, (row, list) => {
        for (let t = targetOffsets[list]!; t < targetOffsets[list + 1]!; t++) {
          const { above, tied } = rankOf(row, targets[t]!);
          into.above[t] = above;
          into.tied[t] = tied;
          into.score[t] = row[targets[t]!]!;
        }
      }),
    top: (from, to, { length, item, score }) =>
      forRows(from, to, (row, list) => {
        const start = (list - from) * length;
        topOf(row, item.subarray(start, start + length), score.subarray(start, start + length));
      }),
    dispose: () => scores.dispose(),
  };
}
