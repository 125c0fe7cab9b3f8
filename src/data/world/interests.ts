import type { RandomStream } from '../../base/index.js';
import type { Catalogue } from './catalogue.js';
import { skewed } from './draws.js';
import type { Knobs } from './options.js';

interface Interest {
  /** In latent space, near the middle of a topic. */
  readonly point: Float64Array;
  /** How much it counts on average; the strongest has 1. */
  readonly base: number;
  /** Log of what it counts at the moment beside the base. */
  mood: number;
}

/** The interests that a user has at the moment: of different strength, drifting, giving way to others and returning. */
export class Interests {
  private current: Interest[];
  private readonly former: Interest[] = [];
  private readonly spread: number;

  constructor(
    private readonly knobs: Knobs,
    private readonly catalogue: Catalogue,
    private readonly random: RandomStream,
  ) {
    const { interests, strengthDrop, reach } = knobs;
    this.spread = 2 * reach ** 2;
    this.current = Array.from({ length: interests }, (_, rank) => this.create((1 - strengthDrop) ** rank));
  }

  /** The point of the interest that is strongest on average; undefined where there is none. [latent] */
  get strongest(): Float64Array | undefined {
    return this.current[0]?.point;
  }

  /** Between two sessions moods drift and interests come and go. */
  rest(): void {
    const { random, knobs } = this;
    this.current = this.current.map((interest) => {
      interest.mood = 0.8 * interest.mood + knobs.drift * random.normal();
      if (random.uniform() >= knobs.turnover) return interest;
      const returning = random.uniform() < knobs.returning ? this.former.shift() : undefined;
      this.former.push(interest);
      return returning ?? this.create(interest.base);
    });
  }

  /**
   * How well something suits the interest that it suits best at the moment, about 0 to 1 and a little beyond.
   *
   * @param place where its vector begins in `content`, row-major [.., latent]
   */
  match(content: Float64Array, place: number): number {
    let best = 0;
    for (const { point, base, mood } of this.current) {
      let distance = 0;
      for (let d = 0; d < point.length; d++) distance += (content[place + d]! - point[d]!) ** 2;
      best = Math.max(best, base * Math.exp(mood - distance / this.spread));
    }
    return Math.min(best, 1.5);
  }

  private create(base: number): Interest {
    return { point: drawPoint(this.knobs, this.catalogue, this.random), base, mood: 0 };
  }
}

/** A point near the middle of a topic. [latent] */
export function drawPoint(
  { topics, twist }: Knobs,
  { topicCentre, latent }: Catalogue,
  random: RandomStream,
): Float64Array {
  const topic = skewed(topics, random);
  return topicCentre
    .slice(topic * latent, (topic + 1) * latent)
    .map((middle) => middle + twist * random.normal());
}
