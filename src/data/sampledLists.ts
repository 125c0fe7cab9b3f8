import { gather, type RandomStream, randomStream, range } from '../base/index.js';
import { type ItemPool, trainPool } from './itemPool.js';
import type { PreparedData, SplitName } from './types.js';

/** Each positive row of a part against that many other items. */
export interface SampledSpec {
  readonly kind: 'sampled';
  readonly negatives: number;
  /** All items alike, or those that have train rows in proportion to their number. */
  readonly by: 'uniform' | 'popularity';
  /** Items that are in no positive row of the user, in whatever part (default), or all but the row's own. */
  readonly among?: 'unobserved' | 'any';
  readonly seed: number;
}

/** Lists of candidates to rank, each with the moment at which it is judged. */
export interface CandidateLists {
  /** Row that gives a list its user and the moment of the history. [lists] */
  readonly anchor: Int32Array;
  /** How many of its candidates, the first ones, are relevant. [lists] */
  readonly relevant: Int32Array;
  /** The candidates of a list, distinct. */
  candidates(list: number): Int32Array;
}

/** The positive rows of a part, each a list. */
export function sampledLists(data: PreparedData, part: SplitName, spec: SampledSpec): CandidateLists {
  const anchor = data.split[part].filter((row) => data.label[row] === 1);
  const candidatesOf = candidateSampler(data, spec);
  return {
    anchor,
    relevant: new Int32Array(anchor.length).fill(1),
    candidates: (list) => candidatesOf(anchor[list]!),
  };
}

/**
 * The candidates of positive rows: the row's item, then others, ascending, drawn without replacement (all of them where
 * there are fewer). A function of the data, the spec and the row alone.
 */
export function candidateSampler(
  data: PreparedData,
  { negatives, by, among = 'unobserved', seed }: SampledSpec,
): (row: number) => Int32Array {
  const { item, userOffsets, user } = data.store.interactions;
  const draw =
    by === 'uniform'
      ? uniformOthers(data.store.itemIds.length)
      : popularOthers(trainPool(data, { kind: 'popularity', alpha: 1 }));
  return (row) => {
    const own = new Set<number>();
    const end = userOffsets[user[row]! + 1]!;
    if (among === 'any') own.add(item[row]!);
    else for (let r = userOffsets[user[row]!]!; r < end; r++) if (data.label[r] === 1) own.add(item[r]!);
    const others = draw(own, negatives, randomStream(seed, 'candidates', row));
    const candidates = new Int32Array(1 + others.length);
    candidates[0] = item[row]!;
    candidates.set(others, 1);
    return candidates;
  };
}

/** Draws up to `count` items that are not `own`. */
type DrawOthers = (own: ReadonlySet<number>, count: number, random: RandomStream) => Int32Array;

function uniformOthers(items: number): DrawOthers {
  return (own, count, random) => {
    const taken = [...own].sort((a, b) => a - b);
    const drawn = random.sample(items - taken.length, count);
    let passed = 0; // of `taken`, each of which moves the items from there on by one
    for (let i = 0; i < drawn.length; i++) {
      while (passed < taken.length && taken[passed]! <= drawn[i]! + passed) passed++;
      drawn[i]! += passed;
    }
    return drawn;
  };
}

/** Failed tries a candidate after which the items that are left are looked at one by one. */
const TRIES = 20;

/**
 * One item after another, each in proportion to its weight among those not drawn yet. Items met before are passed over;
 * where these are nearly all, the rest comes from a race of exponential clocks, which has the same distribution.
 */
function popularOthers(pool: ItemPool): DrawOthers {
  return (own, count, random) => {
    const chosen = new Set<number>();
    const isTaken = (item: number): boolean => own.has(item) || chosen.has(item);
    const many = pool.items.length - own.size > count;
    for (let tries = many ? TRIES * count : 0; tries > 0 && chosen.size < count; tries--) {
      const item = pool.draw(random);
      if (!isTaken(item)) chosen.add(item);
    }
    if (chosen.size < count) {
      for (const item of race(pool, isTaken, count - chosen.size, random)) chosen.add(item);
    }
    return Int32Array.from(chosen).sort();
  };
}

/** The first items whose clocks ring, where each rings at a rate of its weight; all where there are fewer. */
function race(
  { items, weights }: ItemPool,
  isTaken: (item: number) => boolean,
  count: number,
  random: RandomStream,
): Int32Array {
  const open = range(0, items.length).filter((i) => !isTaken(items[i]!));
  const times = new Float64Array(items.length);
  for (const i of open) times[i] = -Math.log1p(-random.uniform()) / (weights?.[i] ?? 1);
  open.sort((a, b) => times[a]! - times[b]!);
  return gather(items, open.subarray(0, count));
}
