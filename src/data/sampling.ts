import { type RandomStream, UserError } from '../base/index.js';
import type { PairList } from './batch.js';
import type { PreparedData } from './types.js';

/** What the positives of an epoch are contrasted with. */
export type NegativeSpec =
  /** Impressions that were shown and not clicked: `ratio` a positive and user, redrawn each epoch, or all. */
  | { readonly kind: 'logged'; readonly ratio: 'all' | number }
  /** `count` a positive, uniform over the items of the train part that the user has no positive train row with. */
  | { readonly kind: 'uniform'; readonly count: number };

/**
 * `pointwise`: every pair has its own label. `pairwise`: pairs 2k (positive) and 2k + 1 (negative) belong together
 * (BPR): one user, one moment, hence one context unless each leaves its own item out of the history (`exclude`).
 */
export type Pairing = 'pointwise' | 'pairwise';

/**
 * The pairs of one epoch, users in order, each user's by time.
 *
 * - logged, pointwise: all positives, and min(negatives, floor(ratio * positives)) of the user's negatives drawn
 *   without replacement (THACIL); `all`: every train row.
 * - logged, pairwise: each positive against `ratio` negatives of the same user, drawn with replacement (`all`: one);
 *   users without negatives contribute nothing.
 * - uniform: each positive and `count` items drawn with replacement; pairwise repeats the positive for each. Only
 *   items with a train row are drawn, whatever the split: validation and test items of a cold start stay unseen, and
 *   no item is known as a negative only because nothing of it is in train.
 *
 * @throws UserError when no pair comes out, a user's positives cover all items of the train part so that nothing can
 * be drawn, or `ratio` is not a whole number where each positive is paired with that many
 */
export function choosePairs(
  data: PreparedData,
  negatives: NegativeSpec,
  pairing: Pairing,
  random: RandomStream,
): PairList {
  const list = new PairBuilder(data, capacityOf(data, negatives, pairing));
  const draw = negatives.kind === 'uniform' ? uniformNegatives(data, random) : null;
  forEachUser(data, (rows) => {
    if (negatives.kind === 'logged') {
      if (pairing === 'pairwise') pairLogged(data, rows, negatives.ratio, random, list);
      else takeLogged(data, rows, negatives.ratio, random, list);
      return;
    }
    const negative = draw!(rows);
    for (const row of rows) {
      if (data.label[row] !== 1) continue;
      if (pairing === 'pointwise') list.addRow(row);
      for (let k = 0; k < negatives.count; k++) {
        if (pairing === 'pairwise') list.addRow(row);
        list.addSampled(row, negative());
      }
    }
  });
  if (list.count > 0) return list.finish();
  throw new UserError(
    'the train part holds no pairs to train on',
    pairing === 'pairwise' ? 'Each pair needs a user with both labels, or uniform negatives.' : undefined,
  );
}

function takeLogged(
  { label }: PreparedData,
  rows: Int32Array,
  ratio: 'all' | number,
  random: RandomStream,
  list: PairBuilder,
): void {
  const negatives = rows.filter((row) => label[row] === 0);
  const wanted = ratio === 'all' ? negatives.length : Math.floor(ratio * (rows.length - negatives.length));
  const chosen = random.sample(negatives.length, wanted);
  let next = 0;
  for (const row of rows) {
    if (label[row] === 1) list.addRow(row);
    else if (next < chosen.length && negatives[chosen[next]!] === row) {
      list.addRow(row);
      next++;
    }
  }
}

function pairLogged(
  { label, store }: PreparedData,
  rows: Int32Array,
  ratio: 'all' | number,
  random: RandomStream,
  list: PairBuilder,
): void {
  const negatives = rows.filter((row) => label[row] === 0);
  if (negatives.length === 0) return;
  const draws = drawsOf(ratio);
  for (const row of rows) {
    if (label[row] !== 1) continue;
    for (let k = 0; k < draws; k++) {
      const negative = negatives[random.int(negatives.length)]!;
      list.addRow(row);
      list.add(row, store.interactions.item[negative]!, 0, negative);
    }
  }
}

/** For each user's rows, a draw from the train part's items without a positive one. */
function uniformNegatives({ label, store, warmItems }: PreparedData, random: RandomStream) {
  const pool = Int32Array.from(warmItems.keys()).filter((item) => warmItems[item] === 1);
  const stamp = new Int32Array(warmItems.length);
  let token = 0;
  return (rows: Int32Array): (() => number) => {
    token++;
    let taken = 0;
    for (const row of rows) {
      const item = store.interactions.item[row]!;
      if (label[row] !== 1 || stamp[item] === token) continue;
      stamp[item] = token;
      taken++;
    }
    if (taken === pool.length) {
      const user = store.userIds[store.interactions.user[rows[0]!]!];
      throw new UserError(
        `user ${user} has a positive row with every item of the train part, so no negative can be drawn`,
        'Use train.negatives.kind: logged.',
      );
    }
    return () => {
      let item = pool[random.int(pool.length)]!;
      while (stamp[item] === token) item = pool[random.int(pool.length)]!;
      return item;
    };
  };
}

function forEachUser({ split, store }: PreparedData, visit: (rows: Int32Array) => void): void {
  const { train } = split;
  const { user } = store.interactions;
  let start = 0;
  while (start < train.length) {
    let end = start + 1;
    while (end < train.length && user[train[end]!] === user[train[start]!]) end++;
    visit(train.subarray(start, end));
    start = end;
  }
}

/** An upper bound of the number of pairs. */
function capacityOf({ split, label }: PreparedData, negatives: NegativeSpec, pairing: Pairing): number {
  if (negatives.kind === 'logged' && pairing === 'pointwise') return split.train.length;
  let positives = 0;
  for (const row of split.train) if (label[row] === 1) positives++;
  const draws = negatives.kind === 'uniform' ? negatives.count : drawsOf(negatives.ratio);
  return positives * (pairing === 'pairwise' ? 2 * draws : 1 + draws);
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

class PairBuilder {
  private readonly anchor: Int32Array;
  private readonly item: Int32Array;
  private readonly label: Float32Array;
  private readonly row: Int32Array;
  count = 0;

  constructor(
    private readonly data: PreparedData,
    capacity: number,
  ) {
    this.anchor = new Int32Array(capacity);
    this.item = new Int32Array(capacity);
    this.label = new Float32Array(capacity);
    this.row = new Int32Array(capacity);
  }

  addRow(row: number): void {
    this.add(row, this.data.store.interactions.item[row]!, this.data.label[row]!, row);
  }

  addSampled(anchor: number, item: number): void {
    this.add(anchor, item, 0, -1);
  }

  add(anchor: number, item: number, label: number, row: number): void {
    this.anchor[this.count] = anchor;
    this.item[this.count] = item;
    this.label[this.count] = label;
    this.row[this.count++] = row;
  }

  finish(): PairList {
    const { count } = this;
    return {
      anchor: this.anchor.slice(0, count),
      item: this.item.slice(0, count),
      label: this.label.slice(0, count),
      row: this.row.slice(0, count),
    };
  }
}
