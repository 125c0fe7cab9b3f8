import { InterruptedError } from '../../base/index.js';
import { offsetsOf } from '../store.js';
import type { Features, Store, VectorFeature } from '../types.js';
import { HeldVectors } from '../vectors.js';
import { World } from './life.js';
import { Log } from './log.js';
import { type WorldSpec, worldFingerprint, worldTitle } from './spec.js';
import { DrawnClips, DrawnCovers } from './vectors.js';

/** Vectors of fewer bytes are made at once and held; others are made anew each time that rows are asked for. */
const HELD_BYTES = 2 ** 26;

export interface SimulateOptions {
  /** Users done, of how many. */
  readonly onCount?: ((done: number, total: number) => void) | undefined;
  /** Ends the simulation with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Simulates a log: every user opens the app at random times, an imperfect recommender fills each session, the user
 * clicks, watches, likes and follows. A function of the spec alone. Times are milliseconds since the log begins.
 *
 * @throws UserError for knobs that do not exist or fit, or a scale that leaves no world worth the name
 */
export async function simulate(spec: WorldSpec, { onCount, signal }: SimulateOptions = {}): Promise<Store> {
  const world = new World(spec);
  const { users, items, scenes } = world.knobs;
  const log = new Log(scenes > 0);
  for (let user = 0; user < users; user++) {
    world.live(user, (row) => log.add(row));
    if (user % 100 !== 99) continue;
    onCount?.(user + 1, users);
    await new Promise(setImmediate); // signals are heard
    if (signal?.aborted) throw new InterruptedError();
  }
  const { user, ...columns } = log.take();
  const { truth, ...interactions } = columns;
  return {
    name: spec.world,
    fingerprint: worldFingerprint(spec),
    caveat: `simulated (${worldTitle(spec)})`,
    userIds: Array.from({ length: users }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `v${i}`),
    interactions: { rows: user.length, userOffsets: offsetsOf(user, users), user, ...interactions },
    users: { categories: world.profiles.features(), tags: {}, texts: {}, vectors: {} },
    items: itemFeatures(world),
    histories: {},
    truth,
  };
}

/** What models may see of the videos of a world. */
export function itemFeatures({ catalogue, knobs, spec }: World): Features {
  const { category, author, music, tags } = catalogue;
  const { categories, authors, musics, clips } = knobs;
  const cover = held(new DrawnCovers(knobs, catalogue), knobs.items);
  return {
    categories: {
      category: { values: category, cardinality: categories },
      author: { values: author, cardinality: authors },
      music: { values: music, cardinality: musics },
    },
    tags: { tags },
    texts: {},
    vectors:
      clips === 0
        ? { cover }
        : { cover, clips: held(new DrawnClips(knobs, catalogue, spec.seed), knobs.items) },
  };
}

function held(vectors: VectorFeature, items: number): VectorFeature {
  if (4 * items * vectors.width >= HELD_BYTES) return vectors;
  const all = Int32Array.from({ length: items }, (_, i) => i);
  return new HeldVectors(vectors.rows(all), vectors.width, vectors);
}
