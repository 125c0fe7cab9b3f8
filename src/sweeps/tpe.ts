import { type RandomStream, randomStream } from '../base/index.js';
import type { Domain } from '../config/index.js';
import { normalCdf, normalDensity } from '../statistics/index.js';
import { type Assignment, Line, type Range, type Space } from './domain.js';

/**
 * The tree-structured Parzen estimator of Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter
 * optimization", 2011, section 4, with the settings of Bergstra, Yamins and Cox, 2013: two densities for each option, l(x) of
 * the best trials and g(x) of the others; of some values drawn from l the one with the largest l / g is taken, which
 * maximises expected improvement (equation 3 there). Options are treated apart from one another.
 */

/** Trials that are drawn at random before the estimator says anything. */
export const startup = 10;
/** Values drawn from l. */
const candidates = 24;

/** How many of n trials count as the best: a quantile of 0.15, at least 1 (section 6.1 there). */
export function bestCount(n: number): number {
  return Math.ceil(0.15 * n);
}

/**
 * @param ended assignments of the trials that have ended, best first
 * @param key of the random stream: the same gives the same
 */
export function suggest(
  space: Space,
  ended: readonly Assignment[],
  key: readonly (string | number)[],
): Assignment {
  const count = bestCount(ended.length);
  const entries = Object.entries(space).map(([path, domain]) => {
    const values = ended.map((assignment) => assignment[path]);
    const random = randomStream(...key, path);
    const [best, others] = [values.slice(0, count), values.slice(count)].map((some) =>
      densityOf(domain, some),
    );
    return [path, argmax(best!, others!, random)] as const;
  });
  return Object.fromEntries(entries);
}

function argmax(best: Density, others: Density, random: RandomStream): unknown {
  let chosen: unknown;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < candidates; i++) {
    const value = best.draw(random);
    const gain = Math.log(best.of(value)) - Math.log(others.of(value));
    if (gain > highest) [chosen, highest] = [value, gain];
  }
  return chosen;
}

/** A distribution of values of a domain. */
export interface Density {
  draw(random: RandomStream): unknown;
  /** Density of a value; probability where the domain has steps or names its values. */
  of(value: unknown): number;
}

export function densityOf(domain: Domain, values: readonly unknown[]): Density {
  return 'values' in domain
    ? new Counts(domain.values, values)
    : new Parzen(domain, values as readonly number[]);
}

/** Each value's share among those seen, with one more of each as the prior. */
class Counts implements Density {
  private readonly weights: readonly number[];

  constructor(
    private readonly values: readonly unknown[],
    seen: readonly unknown[],
  ) {
    const words = seen.map((value) => JSON.stringify(value));
    this.weights = values.map((value) => {
      const word = JSON.stringify(value);
      return (1 + words.filter((other) => other === word).length) / (values.length + seen.length);
    });
  }

  draw(random: RandomStream): unknown {
    let rest = random.uniform();
    for (const [i, weight] of this.weights.entries()) {
      rest -= weight;
      if (rest < 0) return this.values[i];
    }
    return this.values.at(-1);
  }

  of(value: unknown): number {
    const word = JSON.stringify(value);
    return this.weights[this.values.findIndex((other) => JSON.stringify(other) === word)] ?? 0;
  }
}

/**
 * A mixture of normals cut off at the ends of the range, all with the same weight: one at each value seen, and the prior,
 * whose mean is the middle of the range and whose deviation its width. The deviation at a value is the larger of the
 * distances to its neighbours, the prior's mean among them, within [width / min(100, 1 + n), width].
 */
class Parzen implements Density {
  private readonly line: Line;
  private readonly means: readonly number[];
  private readonly deviations: readonly number[];
  /** How much of each normal lies within the range. */
  private readonly within: readonly number[];

  constructor(range: Range, seen: readonly number[]) {
    this.line = new Line(range);
    const { low, high } = this.line;
    const [middle, width] = [(low + high) / 2, high - low];
    const places = seen.map((value) => this.line.place(value)).sort((a, b) => a - b);
    // Steps may lie right in the middle, but for the last bits: the prior comes before them.
    const prior = places.filter((place) => place < middle - 1e-9 * width).length;
    const means = places.toSpliced(prior, 0, middle);
    const least = width / Math.min(100, 1 + seen.length);
    this.means = means;
    this.deviations = means.map((mean, i) => {
      if (i === prior) return width;
      const gap = Math.max(mean - (means[i - 1] ?? mean), (means[i + 1] ?? mean) - mean);
      return Math.min(width, Math.max(least, gap));
    });
    this.within = means.map((_, i) => this.below(i, high) - this.below(i, low));
  }

  draw(random: RandomStream): number {
    const { line, means, deviations } = this;
    const i = random.int(means.length);
    // A mean lies within the range, so that one of three at the least does too.
    for (;;) {
      const place = means[i]! + deviations[i]! * random.normal();
      if (place >= line.low && place <= line.high) return line.value(place);
    }
  }

  of(value: unknown): number {
    const { line, means, deviations, within } = this;
    const share = line.share(value as number);
    const place = line.place(value as number);
    let sum = 0;
    for (let i = 0; i < means.length; i++) {
      const part = share
        ? this.below(i, share[1]) - this.below(i, share[0])
        : normalDensity((place - means[i]!) / deviations[i]!) / deviations[i]!;
      sum += part / within[i]!;
    }
    return sum / means.length;
  }

  private below(i: number, place: number): number {
    return normalCdf((place - this.means[i]!) / this.deviations[i]!);
  }
}
