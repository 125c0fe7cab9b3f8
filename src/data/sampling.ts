import { type RandomStream, UserError } from '../base/index.js';
import type { PairList } from './batch.js';
import { drawOther, trainPool } from './itemPool.js';
import { floorOf } from './share.js';
import type { Couples, PreparedData } from './types.js';

/** What the positives of an epoch are contrasted with. */
export type NegativeSpec =
  /** Impressions that were shown and not clicked: `ratio` a positive and user, redrawn each epoch, or all. */
  | { readonly kind: 'logged'; readonly ratio: 'all' | number }
  /** `count` a positive, uniform over the items of the train part that the user has no positive train row with. */
  | { readonly kind: 'uniform'; readonly count: number }
  /** The same, each item as likely as (its rows in the train part)^alpha. */
  | { readonly kind: 'popularity'; readonly count: number; readonly alpha: number };

/**
 * `pointwise`: every pair has its own label. `pairwise`: pairs 2k (positive) and 2k + 1 (negative) belong together
 * (BPR): one user, one moment, hence one context unless each leaves its own item out of the history (`exclude`).
 */
export type Pairing = 'pointwise' | 'pairwise';

/**
 * The pairs of one epoch in units, users in order, each user's by time: single pairs, or couples where pairing is
 * pairwise. Eight bytes a unit, or none where the units are the rows of the train part.
 */
export interface UnitList {
  /** Row that gives user and moment; of a couple, the positive pair itself. [units] */
  readonly anchor: Int32Array;
  /** What is judged, of a couple the negative: a row, or -1 - item for a sampled negative. [units] */
  readonly candidate: Int32Array;
}

/**
 * Draws the pairs of one epoch.
 *
 * - logged, pointwise: all positives, and min(negatives, floor(ratio * positives)) of the user's negatives drawn
 *   without replacement (THACIL); `all`: every train row.
 * - logged, pairwise: each positive against `ratio` negatives of the same user, drawn with replacement (`all`: one);
 *   users without negatives contribute nothing.
 * - uniform, popularity: each positive and `count` items drawn with replacement; pairwise repeats the positive for
 *   each. Only items with a train row are drawn, whatever the split: validation and test items of a cold start stay
 *   unseen, and no item is known as a negative only because nothing of it is in train. A user whose positives are all
 *   items of the train part contributes nothing: there is nothing to draw.
 *
 * @throws UserError when no pair comes out, or `ratio` is not a whole number where each positive is paired with that many
 */
export function choosePairs(
  data: PreparedData,
  negatives: NegativeSpec,
  pairing: Pairing,
  random: RandomStream,
): UnitList {
  const list = chooseUnits(data, negatives, pairing, random);
  if (list.anchor.length > 0) return list;
  if (negatives.kind !== 'logged' && usersWithAll(data).length > 0) throw nothingToDraw();
  throw new UserError(
    'the train part holds no pairs to train on',
    pairing === 'pairwise' ? 'Each pair needs a user with both labels, or drawn negatives.' : undefined,
  );
}

function chooseUnits(
  data: PreparedData,
  negatives: NegativeSpec,
  pairing: Pairing,
  random: RandomStream,
): UnitList {
  if (negatives.kind !== 'logged') return drawNegatives(data, negatives, pairing, random);
  if (pairing === 'pairwise') return pairLogged(data, negatives.ratio, random);
  const rows = negatives.ratio === 'all' ? data.split.train : takeLogged(data, negatives.ratio, random);
  return { anchor: rows, candidate: rows };
}

/** All positive rows, and of each user's negative ones a share. */
function takeLogged({ label, split, store }: PreparedData, ratio: number, random: RandomStream): Int32Array {
  const { train } = split;
  const taken = new Int32Array(train.length);
  let count = 0;
  forEachUser({ split, store }, (start, end) => {
    const positives = countPositives(train, label, start, end);
    const chosen = random.sample(end - start - positives, floorOf(ratio, positives));
    let negative = 0;
    let next = 0;
    for (let i = start; i < end; i++) {
      const row = train[i]!;
      if (label[row] === 1) taken[count++] = row;
      else if (chosen[next] === negative++) {
        taken[count++] = row;
        next++;
      }
    }
  });
  return taken.subarray(0, count);
}

function pairLogged(data: PreparedData, ratio: 'all' | number, random: RandomStream): UnitList {
  const { label, split } = data;
  const { train } = split;
  const draws = drawsOf(ratio);
  const units = new UnitBuilder(draws * countPositives(train, label));
  const negatives = new Int32Array(train.length);
  forEachUser(data, (start, end) => {
    let count = 0;
    for (let i = start; i < end; i++) if (label[train[i]!] === 0) negatives[count++] = train[i]!;
    if (count === 0) return;
    for (let i = start; i < end; i++) {
      if (label[train[i]!] !== 1) continue;
      for (let k = 0; k < draws; k++) units.add(train[i]!, negatives[random.int(count)]!);
    }
  });
  return units.finish();
}

/** Positive rows and items of the train part that the user has no positive one with. */
function drawNegatives(
  data: PreparedData,
  negatives: Exclude<NegativeSpec, { kind: 'logged' }>,
  pairing: Pairing,
  random: RandomStream,
): UnitList {
  const { label, split } = data;
  const { train } = split;
  const own = pairing === 'pointwise' ? 1 : 0;
  const units = new UnitBuilder((own + negatives.count) * countPositives(train, label));
  const pool = trainPool(data, negatives);
  const taken = new Taken(data);
  forEachUser(data, (start, end) => {
    if (taken.begin(start, end) === taken.items) return;
    for (let i = start; i < end; i++) {
      const row = train[i]!;
      if (label[row] !== 1) continue;
      if (own === 1) units.add(row, row);
      for (let k = 0; k < negatives.count; k++) units.add(row, -1 - drawOther(pool, taken.has, random));
    }
  });
  return units.finish();
}

/** Users with a positive row with every item of the train part, for whom no negative can be drawn. Ascending. */
export function usersWithAll(data: PreparedData): number[] {
  const { user } = data.store.interactions;
  const taken = new Taken(data);
  const users: number[] = [];
  forEachUser(data, (start, end) => {
    if (taken.begin(start, end) === taken.items) users.push(user[data.split.train[start]!]!);
  });
  return users;
}

/** The items of one user's positive rows in the train part, one user after another. */
export class Taken {
  /** How many items have a train row. */
  readonly items: number;
  /** The last user whose positive the item is, counted from 1. [items] */
  private readonly stamp: Int32Array;
  private token = 0;

  constructor(private readonly data: PreparedData) {
    this.items = data.warmItems.reduce((sum, warm) => sum + warm, 0);
    this.stamp = new Int32Array(data.warmItems.length);
  }

  /**
   * @param start of the user's stretch of `split.train`
   * @returns how many items they are
   */
  begin(start: number, end: number): number {
    const { label, split, store } = this.data;
    this.token++;
    let known = 0;
    for (let i = start; i < end; i++) {
      const item = store.interactions.item[split.train[i]!]!;
      if (label[split.train[i]!] !== 1 || this.stamp[item] === this.token) continue;
      this.stamp[item] = this.token;
      known++;
    }
    return known;
  }

  readonly has = (item: number): boolean => this.stamp[item] === this.token;
}

function nothingToDraw(): UserError {
  return new UserError(
    'all users with a positive row have one with every item of the train part, so no negative can be drawn',
    'Use train.negatives.kind: logged.',
  );
}

/** Calls `visit` with the stretch start..end-1 of `split.train` that holds a user's rows. */
export function forEachUser(
  { split, store }: Pick<PreparedData, 'split' | 'store'>,
  visit: (start: number, end: number) => void,
): void {
  const { train } = split;
  const { user } = store.interactions;
  for (let start = 0, end = 0; start < train.length; start = end) {
    const id = user[train[start]!]!;
    do end++;
    while (end < train.length && user[train[end]!] === id);
    visit(start, end);
  }
}

export function countPositives(rows: Int32Array, label: Float32Array, start = 0, end = rows.length): number {
  let positives = 0;
  for (let i = start; i < end; i++) positives += label[rows[i]!]!;
  return positives;
}

/** Negatives that each positive is paired with. */
function drawsOf(ratio: 'all' | number): number {
  if (ratio === 'all') return 1;
  if (Number.isSafeInteger(ratio)) return ratio;
  throw new UserError(
    `train.negatives.ratio is ${ratio}, and this model pairs each positive with that many negatives`,
    'Choose a whole number.',
  );
}

class UnitBuilder {
  private readonly anchor: Int32Array;
  private readonly candidate: Int32Array;
  private count = 0;

  constructor(capacity: number) {
    this.anchor = new Int32Array(capacity);
    this.candidate = new Int32Array(capacity);
  }

  add(anchor: number, candidate: number): void {
    this.anchor[this.count] = anchor;
    this.candidate[this.count++] = candidate;
  }

  finish(): UnitList {
    const { anchor, candidate, count } = this;
    return { anchor: anchor.subarray(0, count), candidate: candidate.subarray(0, count) };
  }
}

/** The pairs of the given units; a couple becomes pairs 2k and 2k + 1. */
export function pairsOf(
  { label, store }: PreparedData,
  { anchor, candidate }: UnitList,
  units: Int32Array,
  pairing: Pairing,
): PairList {
  const size = unitSize(pairing);
  const count = units.length * size;
  const item = store.interactions.item;
  const pairs = {
    anchor: new Int32Array(count),
    item: new Int32Array(count),
    label: new Float32Array(count),
    row: new Int32Array(count),
  };
  const put = (p: number, at: number, what: number): void => {
    pairs.anchor[p] = at;
    pairs.item[p] = what >= 0 ? item[what]! : -1 - what;
    pairs.label[p] = what >= 0 ? label[what]! : 0;
    pairs.row[p] = what >= 0 ? what : -1;
  };
  for (let i = 0, p = 0; i < units.length; i++) {
    const unit = units[i]!;
    const at = anchor[unit]!;
    if (size === 2) put(p++, at, at);
    put(p++, at, candidate[unit]!);
  }
  return pairs;
}

/** The given units as users and items. */
export function couplesOf(
  { store }: PreparedData,
  { anchor, candidate }: UnitList,
  units: Int32Array,
): Couples {
  const { user: userOf, item: itemOf } = store.interactions;
  const user = new Int32Array(units.length);
  const positive = new Int32Array(units.length);
  const negative = new Int32Array(units.length);
  for (let k = 0; k < units.length; k++) {
    const row = anchor[units[k]!]!;
    const other = candidate[units[k]!]!;
    user[k] = userOf[row]!;
    positive[k] = itemOf[row]!;
    negative[k] = other >= 0 ? itemOf[other]! : -1 - other;
  }
  return { user, positive, negative };
}

/** Pairs a unit. */
export function unitSize(pairing: Pairing): 1 | 2 {
  return pairing === 'pairwise' ? 2 : 1;
}
