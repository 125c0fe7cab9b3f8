import { type RandomStream, randomStream } from '../../base/index.js';
import { type Catalogue, makeCatalogue } from './catalogue.js';
import { type Impression, truthOf } from './impression.js';
import type { Knobs } from './options.js';
import { Profiles } from './profile.js';
import { Recommender } from './recommender.js';
import { knobsOf, type WorldSpec } from './spec.js';
import { Viewer } from './viewer.js';
import { type Viewing, Watching } from './watching.js';

const dayMs = 24 * 60 * 60 * 1000;

/** A world whose users can be made to live; a life is a function of the settings and the user's number. */
export class World {
  /** Complete and scaled. */
  readonly knobs: Knobs;
  readonly catalogue: Catalogue;
  /** Of the users who have lived. */
  readonly profiles: Profiles;
  private readonly recommender: Recommender;
  private readonly watching: Watching | null;

  /** @throws UserError as `knobsOf` does */
  constructor(readonly spec: WorldSpec) {
    this.knobs = knobsOf(spec);
    this.catalogue = makeCatalogue(this.knobs, spec.seed);
    this.profiles = new Profiles(this.knobs, spec.seed);
    this.recommender = new Recommender(this.knobs, this.catalogue);
    this.watching = this.knobs.scenes > 0 ? new Watching(this.knobs, this.catalogue, spec.seed) : null;
  }

  /** The life of one user, impression by impression in order of time, as far as the log keeps it. */
  live(user: number, onImpression: (row: Impression) => void): void {
    const { knobs, catalogue, recommender } = this;
    const { seed } = this.spec;
    const random = randomStream(seed, 'world', 'user', user);
    const viewer = new Viewer(knobs, catalogue, user, seed, random);
    this.profiles.add(user, viewer);
    const streams = {
      random,
      watch: randomStream(seed, 'world', 'watch', user),
      passes: randomStream(seed, 'world', 'passes', user),
    };
    recommender.welcome();
    let clock = 0;
    for (const day of sessionDays(knobs, random)) {
      viewer.rest(Math.max(0, day - clock));
      clock = Math.max(day, clock);
      const shown = recommender.fill(viewer, clock, random);
      for (let position = 0; position < shown; position++) {
        const item = recommender.chosen[position]!;
        const match = recommender.match[position]!;
        const { row, clicked, days } = this.show({ viewer, user, item, match, position, clock }, streams);
        if (row) onImpression(row);
        viewer.saw(item, clicked);
        clock += days;
      }
    }
  }

  /** What comes of one impression: its row unless the log drops it, and how many days it takes. */
  private show(scene: Encounter, { random, watch, passes }: Streams): Outcome {
    const { knobs, watching } = this;
    const { viewer, user, item, match, position, clock } = scene;
    const click = viewer.clickProbability(item, position, match);
    const like = viewer.likeProbability(item);
    const follow = viewer.followProbability(item);
    const clicked = random.uniform() < click;
    const liked = clicked && random.uniform() < like;
    const followed = clicked && random.uniform() < follow;
    const plays = clicked || (knobs.autoplay > 0 && watch.uniform() < knobs.autoplay);
    const viewing = watching?.watch(viewer, item, match, plays, watch) ?? nothing;
    const { playedMs, finish } = viewing;
    const kept = liked || knobs.passes === 1 || passes.uniform() < knobs.passes;
    const durationMs = this.catalogue.durationMs[item]!;
    const row = {
      user,
      item,
      time: Math.round(clock * dayMs),
      position,
      click: Number(clicked),
      like: Number(liked),
      follow: Number(followed),
      finished: Number(playedMs >= durationMs),
      playedMs,
      durationMs,
      truth: truthOf({ click, like, follow, finish }, knobs),
    };
    const seconds = watching ? (plays ? 1 : 3) : clicked ? 30 : 3;
    const pause = (seconds * (0.5 + random.uniform()) * 1000) / dayMs;
    return { row: kept ? row : null, clicked, days: pause + playedMs / dayMs };
  }
}

interface Encounter {
  readonly viewer: Viewer;
  readonly user: number;
  readonly item: number;
  readonly match: number;
  readonly position: number;
  /** Days since the log begins. */
  readonly clock: number;
}
interface Streams {
  readonly random: RandomStream;
  readonly watch: RandomStream;
  readonly passes: RandomStream;
}
interface Outcome {
  readonly row: Impression | null;
  readonly clicked: boolean;
  readonly days: number;
}

const nothing: Viewing = { playedMs: 0, finish: 0 };

/** Days (with fractions) at which a user opens the app, ascending. Few users come often. */
function sessionDays({ sessions, days, activitySpread }: Knobs, random: RandomStream): Float64Array {
  const eager = Math.exp(activitySpread * random.normal() - activitySpread ** 2 / 2);
  const count = Math.max(1, Math.round(sessions * eager));
  return Float64Array.from({ length: count }, () => random.uniform() * days).sort();
}
