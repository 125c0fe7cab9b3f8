import { randomStream } from '../../base/index.js';
import type { CategoryFeature } from '../types.js';
import { dot, normals } from './draws.js';
import type { Knobs } from './options.js';
import type { Viewer } from './viewer.js';

/** What is known of users, and how many values it has; age in bands. */
const attributes = { gender: 2, age: 6, city: 30 } as const;
type Attribute = keyof typeof attributes;
const names = Object.keys(attributes) as Attribute[];

/**
 * Gender, age and city of every user. Each value of each has tastes that it goes with; a user is given a value by a
 * draw in which those near the user's own tastes are likelier. (Tastes come first because they are drawn first; what
 * can be seen is only that they go together.)
 */
export class Profiles {
  private readonly width: number;
  /** Of each attribute, [values, width]. */
  private readonly kinds: Readonly<Record<Attribute, Float64Array>>;
  private readonly values: Readonly<Record<Attribute, Int32Array>>;

  constructor(
    private readonly knobs: Knobs,
    private readonly seed: number,
  ) {
    this.width = 2 * knobs.latent + 3;
    const std = 1 / Math.sqrt(this.width);
    const kinds = (name: Attribute) =>
      normals(attributes[name] * this.width, randomStream(seed, 'world', 'profiles', name), std);
    this.kinds = { gender: kinds('gender'), age: kinds('age'), city: kinds('city') };
    const { users } = knobs;
    const values = () => new Int32Array(users);
    this.values = { gender: values(), age: values(), city: values() };
  }

  /** Draws the profile of a user whose life begins. */
  add(user: number, viewer: Viewer): void {
    const tastes = this.tastesOf(viewer);
    const random = randomStream(this.seed, 'world', 'profile', user);
    for (const name of names) {
      let best = Number.NEGATIVE_INFINITY;
      for (let value = 0; value < attributes[name]; value++) {
        // With Gumbel noise the largest is a draw by the softmax of the rest. Values of small number are commoner.
        const gumbel = -Math.log(-Math.log(1 - random.uniform()));
        const fit = this.knobs.profileEffect * dot(tastes, this.kinds[name], value * this.width);
        const score = gumbel + fit - value / attributes[name];
        if (!(score > best)) continue;
        best = score;
        this.values[name][user] = value;
      }
    }
  }

  features(): Readonly<Record<Attribute, CategoryFeature>> {
    const feature = (name: Attribute) => ({ values: this.values[name], cardinality: attributes[name] });
    return { gender: feature('gender'), age: feature('age'), city: feature('city') };
  }

  /** The strongest interest, the second taste and what counts for likes, each about standard normal. [width] */
  private tastesOf({ interests, taste, leaning }: Viewer): Float64Array {
    const { latent } = this.knobs;
    const tastes = new Float64Array(this.width);
    if (interests.strongest) tastes.set(interests.strongest, 0);
    tastes.set(
      taste.map((x) => x * Math.sqrt(latent)),
      latent,
    );
    tastes.set(leaning, 2 * latent);
    return tastes;
  }
}
