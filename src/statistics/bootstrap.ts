import { randomStream, UserError } from '../base/index.js';
import type { Interval } from './sample.js';

/** A metric of users, or of whatever else it is the weighted mean of. */
export interface UserMetric {
  /** Who, ascending. */
  readonly user: Int32Array;
  readonly value: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

export interface BootstrapOptions {
  /** Default: 2,000, which leaves an end of a 95 % interval uncertain by 1.5 % of its width. */
  readonly resamples?: number;
  /** Default: 0.95. */
  readonly confidence?: number;
  /** Default: 1. The same seed gives the same. */
  readonly seed?: number;
}

export interface Bootstrap {
  readonly users: number;
  /** The first run's weighted mean less the second one's. */
  readonly difference: number;
  readonly interval: Interval;
  /** Two-sided: twice the share of resamples on the far side of 0, the sample itself counted among them. */
  readonly p: number;
  readonly resamples: number;
}

/**
 * How far the difference of two runs on a metric depends on which users were there: users are drawn with replacement, each
 * with its values in both runs, and the difference of the weighted means is taken anew. The interval is that of percentiles.
 * It knows nothing of seeds; a paired t test over seeds does.
 *
 * @throws UserError when the two are not measured on the same users with the same weights
 */
export function pairedBootstrap(
  a: UserMetric,
  b: UserMetric,
  { resamples = 2000, confidence = 0.95, seed = 1 }: BootstrapOptions = {},
): Bootstrap {
  requireSameUsers(a, b);
  const users = a.user.length;
  const weight = Float64Array.from(a.weight);
  const gain = weight.map((w, i) => w * (a.value[i]! - b.value[i]!));
  const means = new Float64Array(resamples);
  const random = randomStream('bootstrap', seed);
  for (let i = 0; i < resamples; i++) {
    let [sum, total] = [0, 0];
    for (let drawn = 0; drawn < users; drawn++) {
      const user = random.int(users);
      sum += gain[user]!;
      total += weight[user]!;
    }
    means[i] = sum / total;
  }
  means.sort();
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const tail = (1 - confidence) / 2;
  return {
    users,
    difference: mean(gain) / mean(weight),
    interval: { low: quantile(means, tail), high: quantile(means, 1 - tail), confidence },
    p: farSide(means),
    resamples,
  };
}

/** By linear interpolation between the sorted values, as numpy has it. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}

/** Two-sided p of the means of resamples. Those at 0 lie on both sides. */
function farSide(means: Float64Array): number {
  const low = means.reduce((count, mean) => count + (mean <= 0 ? 1 : 0), 0);
  const high = means.reduce((count, mean) => count + (mean >= 0 ? 1 : 0), 0);
  return Math.min(1, (2 * (1 + Math.min(low, high))) / (means.length + 1));
}

function requireSameUsers(a: UserMetric, b: UserMetric): void {
  if (a.user.length === 0)
    throw new UserError('no user has a value of this metric', 'Choose another metric.');
  const same =
    a.user.length === b.user.length &&
    a.user.every((user, i) => user === b.user[i] && a.weight[i] === b.weight[i]);
  if (same) return;
  const others = new Set(b.user);
  const both = a.user.filter((user) => others.has(user)).length;
  throw new UserError(
    `the two runs are measured on different users or rows: on ${a.user.length} and ${b.user.length} users, ${both} of them in both`,
    'Compare runs on the same data, split, label and candidates.',
  );
}
