import type { RandomStream } from '../../base/index.js';
import { type Catalogue, skewed } from './catalogue.js';
import type { WorldSize } from './size.js';

interface Interest {
  readonly topic: number;
  /** In latent space, near the middle of the topic. */
  readonly point: Float64Array;
  /** How much it counts on average; the strongest has 1. */
  readonly base: number;
  /** Log of what it counts at the moment beside the base. */
  mood: number;
}

const hours = 1 / 24;

/**
 * One user of a world: a few interests of different strength that drift, give way and return; satiation with topics
 * clicked lately; a second taste that decides on likes, and a liking for kinds of authors that decides on follows.
 */
export class Viewer {
  private interests: Interest[];
  private readonly former: Interest[] = [];
  private readonly bias: number;
  private readonly taste: Float64Array;
  private readonly fondness: Float64Array;
  private readonly satiation: Float64Array;
  /** Topics clicked so far: those that satiation can be above zero of. */
  private readonly tried = new Set<number>();

  constructor(
    private readonly size: WorldSize,
    private readonly catalogue: Catalogue,
    private readonly random: RandomStream,
  ) {
    const { latent } = catalogue;
    this.interests = Array.from({ length: size.interests }, (_, rank) => this.newInterest(0.75 ** rank));
    this.bias = size.userSpread * random.normal();
    const direction = () => Float64Array.from({ length: latent }, () => random.normal() / Math.sqrt(latent));
    this.taste = direction();
    this.fondness = direction();
    this.satiation = new Float64Array(size.topics);
  }

  /** Some time passes before the next session: moods drift, interests come and go, satiation fades. */
  rest(days: number): void {
    const { random, size } = this;
    this.fade(Math.exp(-days / (12 * hours)));
    this.interests = this.interests.map((interest) => {
      interest.mood = 0.8 * interest.mood + size.drift * random.normal();
      if (random.uniform() >= size.turnover) return interest;
      const returning = random.uniform() < 0.5 ? this.former.shift() : undefined;
      this.former.push(interest);
      return returning ?? this.newInterest(interest.base);
    });
  }

  /** How well a video matches the interest that it suits best at the moment, about 0 to 1 and a little beyond. */
  match(item: number): number {
    const { content, latent } = this.catalogue;
    let best = 0;
    for (const { point, base, mood } of this.interests) {
      let distance = 0;
      for (let d = 0; d < latent; d++) distance += (content[item * latent + d]! - point[d]!) ** 2;
      best = Math.max(best, base * Math.exp(mood - distance / (2 * this.size.reach ** 2)));
    }
    return Math.min(best, 1.5);
  }

  clickProbability(item: number, position: number): number {
    const { size, catalogue } = this;
    return sigmoid(
      size.clickBias +
        this.bias +
        size.matchEffect * this.match(item) +
        size.qualityEffect * catalogue.quality[item]! -
        size.satiationEffect * this.satiation[catalogue.topic[item]!]! -
        size.positionEffect * position,
    );
  }

  /** Of a video that was clicked. */
  likeProbability(item: number): number {
    const { content, latent } = this.catalogue;
    return sigmoid(-1.5 + 1.5 * dot(this.taste, content, item * latent));
  }

  /** Of the author of a video that was clicked. */
  followProbability(item: number): number {
    const { author, persona, latent } = this.catalogue;
    return sigmoid(-3 + 1.5 * dot(this.fondness, persona, author[item]! * latent));
  }

  /** The viewer has seen a video and goes on. */
  saw(item: number, clicked: boolean): void {
    this.fade(0.9);
    if (!clicked) return;
    const topic = this.catalogue.topic[item]!;
    this.tried.add(topic);
    this.satiation[topic]! += 1;
  }

  private fade(factor: number): void {
    for (const topic of this.tried) this.satiation[topic]! *= factor;
  }

  private newInterest(base: number): Interest {
    const { random, size, catalogue } = this;
    const topic = skewed(size.topics, random);
    const point = catalogue.topicCentre
      .slice(topic * catalogue.latent, (topic + 1) * catalogue.latent)
      .map((middle) => middle + size.twist * random.normal());
    return { topic, point, base, mood: 0 };
  }
}

function dot(vector: Float64Array, matrix: Float64Array, offset: number): number {
  let sum = 0;
  for (let d = 0; d < vector.length; d++) sum += vector[d]! * matrix[offset + d]!;
  return sum;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
