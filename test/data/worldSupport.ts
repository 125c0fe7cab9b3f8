import { type KnobSettings, type Store, simulate } from '../../src/data/index.js';

/** A small world in which every mechanism is off and what is shown of videos is exact. Tests turn on one at a time. */
const still: KnobSettings = {
  users: 40,
  items: 400,
  days: 20,
  sessions: 10,
  topics: 8,
  categories: 8,
  authors: 12,
  musics: 10,
  tags: 24,
  twist: 0,
  newShare: 0,
  categoryNoise: 0,
  authorNoise: 0,
  authorLikeness: 0,
  musicNoise: 0,
  tagNoise: 0,
  coverNoise: 0,
  drift: 0,
  turnover: 0,
  profileEffect: 0,
  clickBias: -0.5,
  userSpread: 0,
  matchEffect: 0,
  aversionEffect: 0,
  qualityEffect: 0,
  satiationEffect: 0,
  positionEffect: 0,
  clickTasteEffect: 0,
  clickAuthorEffect: 0,
  popularity: 0,
  guided: 0,
  recommenderNoise: 0,
  tasteEffect: 0,
  musicEffect: 0,
  likeAuthorEffect: 0,
  focus: 0,
  authorEffect: 0,
  scenes: 0,
  durationEffect: 0,
  skimEffect: 0,
  watchEffect: 0,
  sceneTwist: 0,
  appealEffect: 0,
  momentEffect: 0,
  replay: 0,
  clips: 0,
  passes: 1,
};

/** The still world with some mechanisms turned on. */
export function worldWith(knobs: KnobSettings, seed = 1): Promise<Store> {
  return simulate({ world: 'quickstart', scale: 1, seed, knobs: { ...still, ...knobs } });
}

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
export const logit = (p: number): number => Math.log(p / (1 - p));

/** Logit of a label's true probability, of likes and follows given a click. */
export function logitOf(
  { truth }: Store,
  label: 'is_click' | 'is_like' | 'is_follow',
): (row: number) => number {
  const click = truth.is_click!;
  return label === 'is_click'
    ? (row) => logit(click[row]!)
    : (row) => logit(truth[label]![row]! / click[row]!);
}

export function rowsOf({ interactions }: Store): number[] {
  return [...interactions.user.keys()];
}

/** How far values lie apart. Probabilities are kept as float32, which leaves logits some 1e-6. */
export function spread(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}

/** The largest spread of a value among rows with the same key: 0 when the value is a function of the key. */
export function spreadWithin(
  rows: readonly number[],
  key: (row: number) => string | number,
  value: (row: number) => number,
): number {
  return Math.max(...grouped(rows, key).map((group) => spread(group.map(value))));
}

export function grouped(rows: readonly number[], key: (row: number) => string | number): number[][] {
  const groups = new Map<string | number, number[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return [...groups.values()];
}

/** An estimate and its standard deviation where nothing is there to be found. */
export interface Estimate {
  readonly value: number;
  readonly deviation: number;
}

/**
 * AUC within users, weighted by rows. The deviation is that of scores that know nothing of the labels: of P positives
 * and N negatives (P + N + 1) / (12 P N), the variance of the Mann-Whitney statistic, for each user.
 */
export function aucWithinUsers(
  { interactions }: Store,
  label: Float32Array,
  score: ArrayLike<number>,
): Estimate {
  const { userOffsets } = interactions;
  let value = 0;
  let variance = 0;
  let weights = 0;
  for (let u = 0; u + 1 < userOffsets.length; u++) {
    const rows = Array.from({ length: userOffsets[u + 1]! - userOffsets[u]! }, (_, i) => userOffsets[u]! + i);
    const one = auc(
      rows.filter((row) => label[row] === 1).map((row) => score[row]!),
      rows.filter((row) => label[row] === 0).map((row) => score[row]!),
    );
    if (!one) continue;
    value += rows.length * one.value;
    variance += (rows.length * one.deviation) ** 2;
    weights += rows.length;
  }
  return { value: value / weights, deviation: Math.sqrt(variance) / weights };
}

/** The share of pairs in the right order, ties half; null without a pair. */
export function auc(positives: readonly number[], negatives: readonly number[]): Estimate | null {
  if (positives.length === 0 || negatives.length === 0) return null;
  const sorted = [...positives.map((s) => [s, 1] as const), ...negatives.map((s) => [s, 0] as const)].sort(
    (a, b) => a[0] - b[0],
  );
  let below = 0;
  let right = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    let tied = 0;
    for (; end < sorted.length && sorted[end]![0] === sorted[start]![0]; end++) tied += 1 - sorted[end]![1];
    for (let i = start; i < end; i++) right += sorted[i]![1] * (below + tied / 2);
    below += tied;
    start = end;
  }
  const [p, n] = [positives.length, negatives.length];
  return { value: right / (p * n), deviation: Math.sqrt((p + n + 1) / (12 * p * n)) };
}

/** Pearson's statistic of independence, in standard deviations above its mean (df, and 2 df its variance). */
export function dependence(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = (values: ArrayLike<number>) => {
    const counts = new Map<number, number>();
    for (let i = 0; i < values.length; i++) counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1);
    return counts;
  };
  const [ofA, ofB, n] = [count(a), count(b), a.length];
  const both = count(Array.from({ length: n }, (_, i) => a[i]! * 1e6 + b[i]!));
  let statistic = 0;
  for (const [x, nx] of ofA) {
    for (const [y, ny] of ofB) {
      const expected = (nx * ny) / n;
      statistic += ((both.get(x * 1e6 + y) ?? 0) - expected) ** 2 / expected;
    }
  }
  const freedom = (ofA.size - 1) * (ofB.size - 1);
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}
