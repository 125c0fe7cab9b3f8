import type { RandomStream } from '../../base/index.js';
import type { Catalogue } from './catalogue.js';
import type { Knobs } from './options.js';
import type { Viewer } from './viewer.js';

/** What quality counts for a video's rank, beside a match of at most about 1, in terms of what it counts for a click. */
const QUALITY = 0.4;

/**
 * An imperfect recommender. It fills a session from a pool of videos that are there by then and were not shown to the
 * user before: those that a noisy guess of match and quality puts on top, with some places filled at random.
 */
export class Recommender {
  /** The videos of the session, in the order in which they are shown. [sessionLength] */
  readonly chosen: Int32Array;
  /** The viewer's match with each. [sessionLength] */
  readonly match: Float64Array;
  /** Number of the viewer, of all that came, to whom a video was last shown. [items] */
  private readonly shownTo: Int32Array;
  /** Number of the session whose pool a video was last in. [items] */
  private readonly pooledIn: Int32Array;
  private viewers = 0;
  private sessions = 0;
  private readonly order: PopularityOrder;
  private readonly pool: Int32Array;
  private readonly poolMatch: Float64Array;
  private readonly guess: Float64Array;

  constructor(
    private readonly knobs: Knobs,
    private readonly catalogue: Catalogue,
  ) {
    const { items, sessionLength, pool, popularity } = knobs;
    this.chosen = new Int32Array(sessionLength);
    this.match = new Float64Array(sessionLength);
    this.shownTo = new Int32Array(items);
    this.pooledIn = new Int32Array(items);
    this.order = new PopularityOrder(items, popularity);
    this.pool = new Int32Array(pool);
    this.poolMatch = new Float64Array(pool);
    this.guess = new Float64Array(pool);
  }

  /** Another viewer comes, who has seen nothing yet. */
  welcome(): void {
    this.viewers++;
  }

  /** Fills `chosen` and `match`; returns how many videos there are to show. */
  fill(viewer: Viewer, day: number, random: RandomStream): number {
    const { chosen, match, pool, poolMatch, shownTo } = this;
    this.sessions++;
    const drawn = this.drawPool(random);
    let left = this.rank(drawn, viewer, day, random);
    let filled = 0;
    while (filled < chosen.length && left > 0) {
      const place = random.uniform() < 1 - this.knobs.guided ? random.int(left) : 0;
      chosen[filled] = pool[place]!;
      match[filled] = poolMatch[place]!;
      shownTo[pool[place]!] = this.viewers;
      filled++;
      pool.copyWithin(place, place + 1, left);
      poolMatch.copyWithin(place, place + 1, left);
      left--;
    }
    return filled;
  }

  /** Fills the beginning of `pool` with distinct videos; returns how many. */
  private drawPool(random: RandomStream): number {
    const { items, pool: size, popularity } = this.knobs;
    if (popularity === 0) {
      this.pool.set(random.sample(items, size));
      return size;
    }
    let drawn = 0;
    for (let i = 0; i < size; i++) {
      const item = this.order.draw(random);
      if (this.pooledIn[item] === this.sessions) continue;
      this.pooledIn[item] = this.sessions;
      this.pool[drawn++] = item;
    }
    return drawn;
  }

  /** Sorts those of the first `drawn` that may be shown to the front, best guess first; returns how many they are. */
  private rank(drawn: number, viewer: Viewer, day: number, random: RandomStream): number {
    const { pool, poolMatch, guess, shownTo, catalogue } = this;
    let count = 0;
    for (let i = 0; i < drawn; i++) {
      const item = pool[i]!;
      if (catalogue.uploadDay[item]! > day || shownTo[item] === this.viewers) continue;
      const match = viewer.match(item);
      const error = this.knobs.recommenderNoise * random.normal();
      const score = match + error + QUALITY * this.knobs.qualityEffect * catalogue.quality[item]!;
      // Insertion into a list of a few dozen is quicker than sorting it with a function.
      let at = count++;
      for (; at > 0 && guess[at - 1]! < score; at--) {
        guess[at] = guess[at - 1]!;
        poolMatch[at] = poolMatch[at - 1]!;
        pool[at] = pool[at - 1]!;
      }
      guess[at] = score;
      poolMatch[at] = match;
      pool[at] = item;
    }
    return count;
  }
}

/** Videos by how often they get into a pool: the chance of rank r of n is about r^-s / sum over n. */
class PopularityOrder {
  private readonly step: number;
  private readonly power: number;

  constructor(
    private readonly items: number,
    popularity: number,
  ) {
    this.power = 1 / (1 - popularity);
    let step = Math.max(1, Math.floor(items * 0.618));
    while (commonDivisor(step, items) > 1) step++;
    this.step = step;
  }

  draw(random: RandomStream): number {
    const rank = Math.floor(this.items * random.uniform() ** this.power);
    // Numbers of videos must not tell their rank, or whoever breaks ties by number would profit.
    return (rank * this.step) % this.items;
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
