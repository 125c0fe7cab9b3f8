import { type RandomStream, randomStream } from '../../base/index.js';
import type { Catalogue } from './catalogue.js';
import { dot, sigmoid } from './draws.js';
import { drawPoint, Interests } from './interests.js';
import type { Knobs } from './options.js';
import { Satiation } from './satiation.js';

/**
 * One user of a world: interests that decide on clicks, satiation with topics clicked lately, dislikes; a second taste
 * that decides on likes, a liking for kinds of music and of authors, and in what measure each of these counts.
 *
 * What a user is beyond interests and taste is drawn from streams of its own, so that a knob of the one leaves the
 * other as it was.
 */
export class Viewer {
  readonly interests: Interests;
  /** The second taste. [latent] */
  readonly taste: Float64Array;
  /** What decides in which measure content, music and author count for likes. Standard normal. [3] */
  readonly leaning: Float64Array;
  private readonly bias: number;
  private readonly fondness: Float64Array;
  private readonly ear: Float64Array;
  private readonly measure: Float64Array;
  private readonly aversions: readonly Float64Array[];
  private readonly satiation: Satiation;

  /** @param random the user's main stream, from its beginning */
  constructor(
    private readonly knobs: Knobs,
    private readonly catalogue: Catalogue,
    user: number,
    seed: number,
    random: RandomStream,
  ) {
    const { latent, topics, focus, aversions } = knobs;
    this.interests = new Interests(knobs, catalogue, random);
    this.bias = knobs.userSpread * random.normal();
    this.taste = direction(latent, random);
    this.fondness = direction(latent, random);
    const music = randomStream(seed, 'world', 'ear', user);
    this.ear = direction(latent, music);
    this.leaning = Float64Array.from({ length: 3 }, () => music.normal());
    this.measure = softmaxOf(this.leaning, focus);
    const dislikes = randomStream(seed, 'world', 'aversions', user);
    this.aversions = Array.from({ length: aversions }, () => drawPoint(knobs, catalogue, dislikes));
    this.satiation = new Satiation(topics);
  }

  /** Some days pass before the next session: interests change, satiation fades with a half-life of 8.3 hours. */
  rest(days: number): void {
    this.satiation.fade(Math.exp(-2 * days));
    this.interests.rest();
  }

  /** Match of a video with the interests of the moment. */
  match(item: number): number {
    return this.interests.match(this.catalogue.content, item * this.catalogue.latent);
  }

  /** @param match that of the item */
  clickProbability(item: number, position: number, match: number): number {
    const { knobs, catalogue } = this;
    let logit =
      knobs.clickBias +
      this.bias +
      knobs.matchEffect * match +
      knobs.qualityEffect * catalogue.quality[item]! -
      knobs.satiationEffect * this.satiation.of(catalogue.topic[item]!) -
      knobs.positionEffect * position;
    if (knobs.aversionEffect > 0) logit -= knobs.aversionEffect * this.dislike(item);
    if (knobs.clickTasteEffect > 0) logit += knobs.clickTasteEffect * this.delight(item);
    if (knobs.clickAuthorEffect > 0) logit += knobs.clickAuthorEffect * this.sympathy(item);
    return sigmoid(logit);
  }

  /** Of a video that was clicked. */
  likeProbability(item: number): number {
    const { knobs, catalogue, measure } = this;
    let logit = knobs.likeBias + knobs.tasteEffect * measure[0]! * this.delight(item);
    if (knobs.musicEffect > 0) {
      const tune = dot(this.ear, catalogue.sound, catalogue.music[item]! * catalogue.latent);
      logit += knobs.musicEffect * measure[1]! * tune;
    }
    if (knobs.likeAuthorEffect > 0) logit += knobs.likeAuthorEffect * measure[2]! * this.sympathy(item);
    return sigmoid(logit);
  }

  /** Of the author of a video that was clicked. */
  followProbability(item: number): number {
    return sigmoid(this.knobs.followBias + this.knobs.authorEffect * this.sympathy(item));
  }

  /** The viewer has been shown a video and goes on. */
  saw(item: number, clicked: boolean): void {
    this.satiation.fade(0.9);
    if (clicked) this.satiation.feed(this.catalogue.topic[item]!);
  }

  private delight(item: number): number {
    return dot(this.taste, this.catalogue.content, item * this.catalogue.latent);
  }

  private sympathy(item: number): number {
    const { persona, author, latent } = this.catalogue;
    return dot(this.fondness, persona, author[item]! * latent);
  }

  /** 0 to 1: how near a video is to what the user dislikes. */
  private dislike(item: number): number {
    const { content, latent } = this.catalogue;
    let most = 0;
    for (const point of this.aversions) {
      let distance = 0;
      for (let d = 0; d < latent; d++) distance += (content[item * latent + d]! - point[d]!) ** 2;
      most = Math.max(most, Math.exp(-distance / (2 * this.knobs.reach ** 2)));
    }
    return most;
  }
}

/** Of length about 1, so that its product with a standard normal vector is standard normal too. */
function direction(latent: number, random: RandomStream): Float64Array {
  return Float64Array.from({ length: latent }, () => random.normal() / Math.sqrt(latent));
}

/** Weights with mean 1; all equal to 1 at focus 0. */
function softmaxOf(values: Float64Array, focus: number): Float64Array {
  const powers = values.map((value) => Math.exp(focus * value));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => (values.length * power) / sum);
}
