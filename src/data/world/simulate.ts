import { InterruptedError, type RandomStream, randomStream, sha256, UserError } from '../../base/index.js';
import { offsetsOf } from '../store.js';
import type { Store } from '../types.js';
import { type Catalogue, makeCatalogue } from './catalogue.js';
import { type WorldName, type WorldSize, worlds } from './size.js';
import { Viewer } from './viewer.js';

/** Changes when the same settings would give another log. */
const SIMULATOR_VERSION = 1;

export interface WorldSpec {
  readonly world: WorldName;
  /** Multiplies the number of users and items. */
  readonly scale: number;
  readonly seed: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Content address of a simulated log, known without making it. */
export function worldFingerprint({ world, scale, seed }: WorldSpec): string {
  return sha256(JSON.stringify({ simulator: SIMULATOR_VERSION, world, scale, seed, size: worlds[world] }));
}

export interface SimulateOptions {
  /** Users done, of how many. */
  readonly onCount?: ((done: number, total: number) => void) | undefined;
  /** Ends the simulation with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Simulates a log: every user opens the app at random times, an imperfect recommender fills each session, the user
 * clicks, likes and follows. A function of the spec alone. Times are milliseconds since the log begins.
 *
 * @throws UserError when the scale leaves no world worth the name
 */
export async function simulate(spec: WorldSpec, { onCount, signal }: SimulateOptions = {}): Promise<Store> {
  if (!(spec.scale > 0 && spec.scale <= 100)) {
    throw new UserError(`a world cannot have the scale ${spec.scale}`, 'Choose a scale above 0, up to 100.');
  }
  const size = scaled(worlds[spec.world], spec.scale);
  const catalogue = makeCatalogue(size, spec.seed);
  const log = new Log();
  for (let user = 0; user < size.users; user++) {
    simulateUser(user, size, catalogue, randomStream(spec.seed, 'world', 'user', user), (row) =>
      log.add(row),
    );
    if (user % 100 !== 99) continue;
    onCount?.(user + 1, size.users);
    await new Promise(setImmediate); // signals are heard
    if (signal?.aborted) throw new InterruptedError();
  }
  const user = Int32Array.from(log.user);
  return {
    name: spec.world,
    fingerprint: worldFingerprint(spec),
    caveat: `simulated (world ${spec.world}, scale ${spec.scale}, seed ${spec.seed})`,
    userIds: Array.from({ length: size.users }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: size.items }, (_, i) => `v${i}`),
    interactions: {
      rows: user.length,
      userOffsets: offsetsOf(user, size.users),
      user,
      item: Int32Array.from(log.item),
      time: Float64Array.from(log.time),
      columns: {
        is_click: Float32Array.from(log.click),
        is_like: Float32Array.from(log.like),
        is_follow: Float32Array.from(log.follow),
        position: Float32Array.from(log.position),
      },
    },
    users: { categories: {}, tags: {}, vectors: {} },
    items: catalogue.features,
    histories: {},
    truth: {
      is_click: Float32Array.from(log.clickProbability),
      is_like: Float32Array.from(log.likeProbability),
      is_follow: Float32Array.from(log.followProbability),
    },
  };
}

function scaled(size: WorldSize, scale: number): WorldSize {
  const users = Math.round(size.users * scale);
  const items = Math.round(size.items * scale);
  if (users >= 2 && items >= size.pool) return { ...size, users, items };
  throw new UserError(
    `scale ${scale} gives ${users} users and ${items} videos`,
    `Choose a scale of at least ${Math.max(2 / size.users, size.pool / size.items)}.`,
  );
}

/** One video shown to one user. */
export interface Impression {
  readonly user: number;
  readonly item: number;
  /** Milliseconds since the log begins. */
  readonly time: number;
  /** Place in the session, from 0. */
  readonly position: number;
  /** 0 or 1, and the probability of 1; those of a like and a follow are not given a click. */
  readonly click: number;
  readonly like: number;
  readonly follow: number;
  readonly clickProbability: number;
  readonly likeProbability: number;
  readonly followProbability: number;
}

/** Rows in the order in which they happen. */
class Log {
  readonly user: number[] = [];
  readonly item: number[] = [];
  readonly time: number[] = [];
  readonly click: number[] = [];
  readonly like: number[] = [];
  readonly follow: number[] = [];
  readonly position: number[] = [];
  readonly clickProbability: number[] = [];
  readonly likeProbability: number[] = [];
  readonly followProbability: number[] = [];

  add(row: Impression): void {
    for (const name of Object.keys(row) as (keyof Impression)[]) this[name].push(row[name]);
  }
}

/** The life of one user, impression by impression, in order of time. A function of its arguments alone. */
export function simulateUser(
  user: number,
  size: WorldSize,
  catalogue: Catalogue,
  random: RandomStream,
  onImpression: (row: Impression) => void,
): void {
  const viewer = new Viewer(size, catalogue, random);
  const seen = new Set<number>();
  let clock = 0;
  for (const day of sessionDays(size, random)) {
    viewer.rest(Math.max(0, day - clock));
    clock = Math.max(day, clock);
    recommend(viewer, clock, seen, size, catalogue, random).forEach((item, position) => {
      const click = viewer.clickProbability(item, position);
      const like = viewer.likeProbability(item);
      const follow = viewer.followProbability(item);
      const clicked = random.uniform() < click;
      onImpression({
        user,
        item,
        time: Math.round(clock * dayMs),
        position,
        click: clicked ? 1 : 0,
        like: clicked && random.uniform() < like ? 1 : 0,
        follow: clicked && random.uniform() < follow ? 1 : 0,
        clickProbability: click,
        likeProbability: click * like,
        followProbability: click * follow,
      });
      viewer.saw(item, clicked);
      seen.add(item);
      // Three seconds to swipe away, half a minute to watch.
      clock += ((clicked ? 30 : 3) * (0.5 + random.uniform()) * 1000) / dayMs;
    });
  }
}

/** Days (with fractions) at which a user opens the app, ascending. Few users come often. */
function sessionDays({ sessions, days }: WorldSize, random: RandomStream): Float64Array {
  const eager = Math.exp(0.6 * random.normal() - 0.18);
  const count = Math.max(1, Math.round(sessions * eager));
  return Float64Array.from({ length: count }, () => random.uniform() * days).sort();
}

/**
 * The videos of a session, best first: of a random pool of those uploaded by then and not seen yet, the ones that
 * a noisy guess of quality and match puts on top, with some places filled at random.
 */
function recommend(
  viewer: Viewer,
  day: number,
  seen: ReadonlySet<number>,
  size: WorldSize,
  { items, uploadDay, quality }: Catalogue,
  random: RandomStream,
): number[] {
  const pool = [...random.sample(items, size.pool)].filter((i) => uploadDay[i]! <= day && !seen.has(i));
  const guess = pool.map((item) => {
    const match = viewer.match(item) + size.recommenderNoise * random.normal();
    return { item, score: match + 0.2 * quality[item]! };
  });
  guess.sort((a, b) => b.score - a.score);
  const session: number[] = [];
  while (session.length < size.sessionLength && guess.length > 0) {
    const place = random.uniform() < size.exploration ? random.int(guess.length) : 0;
    session.push(guess.splice(place, 1)[0]!.item);
  }
  return session;
}
