import { didYouMean, sha256, UserError } from '../../base/index.js';
import { type KnobSettings, type Knobs, knobSchema, type WorldName, worldNames } from './options.js';
import { worlds } from './worlds.js';

/** Changes when the same settings would give another log. */
const SIMULATOR_VERSION = 2;

/** What memory has to hold at once: ten times as much as the largest world at scale 1. */
const MOST_VIDEOS = 30_000_000;
const MOST_ROWS = 150_000_000;

/** A simulated log, by what it is a function of. */
export interface WorldSpec {
  readonly world: WorldName;
  /** Multiplies the number of users and items. */
  readonly scale: number;
  readonly seed: number;
  /** Knobs that differ from the world's own (`options.ts`). */
  readonly knobs?: KnobSettings | undefined;
}

/**
 * All knobs of a world, users and items as many as its scale leaves.
 *
 * @throws UserError for a world or a knob that does not exist, a value that it cannot have, a scale that leaves too
 *   little or makes too much
 */
export function knobsOf({ world, scale, knobs = {} }: WorldSpec): Knobs {
  if (!(scale > 0 && scale <= 100)) {
    throw new UserError(`a world cannot have the scale ${scale}`, 'Choose a scale above 0, up to 100.');
  }
  if (!Object.hasOwn(worlds, world)) {
    throw new UserError(`there is no world ${world}`, didYouMean(world, worldNames));
  }
  const whole: Knobs = { ...worlds[world], ...checked(knobs) };
  requireClips(whole);
  const users = Math.round(whole.users * scale);
  const items = Math.round(whole.items * scale);
  const rows = users * Math.max(1, whole.sessions) * whole.sessionLength;
  if (items > MOST_VIDEOS || rows > MOST_ROWS) {
    throw new UserError(
      `scale ${scale} gives ${items} videos and some ${Math.round(rows)} impressions, too many to simulate`,
      `There may be ${MOST_VIDEOS} videos and ${MOST_ROWS} impressions.`,
    );
  }
  if (users >= 2 && items >= whole.pool) return { ...whole, users, items };
  throw new UserError(
    `scale ${scale} gives ${users} users and ${items} videos`,
    `There must be 2 users and ${whole.pool} videos at least, as many as the recommender looks at for a session (the knob pool): set more of them, or a scale of at least ${Math.max(2 / whole.users, whole.pool / whole.items)}.`,
  );
}

function checked(knobs: KnobSettings): KnobSettings {
  const names = Object.keys(knobSchema.shape);
  for (const name of Object.keys(knobs)) {
    if (!names.includes(name)) throw new UserError(`there is no knob ${name}`, didYouMean(name, names));
  }
  const parsed = knobSchema.safeParse(knobs);
  // Knobs that are there without a value count as not there.
  if (parsed.success)
    return Object.fromEntries(Object.entries(parsed.data).filter(([, v]) => v !== undefined));
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError(`the knob ${path.join('.')} cannot be that: ${message}`, 'See docs/simulator.md.');
}

function requireClips({ scenes, clips }: Knobs): void {
  if (clips === 0) return;
  if (scenes === 0) {
    throw new UserError('a world without scenes has no clips', 'Set scenes as well, or clips to 0.');
  }
  if (scenes % clips === 0) return;
  throw new UserError(
    `${clips} clips do not divide ${scenes} scenes`,
    'Choose another number of clips or scenes.',
  );
}

/** Content address of a simulated log, known without making it. */
export function worldFingerprint(spec: WorldSpec): string {
  const { world, seed, scale } = spec;
  return sha256(JSON.stringify({ simulator: SIMULATOR_VERSION, world, scale, seed, knobs: knobsOf(spec) }));
}

/** The settings in words: `world quickstart, scale 1, seed 1, satiationEffect 0`. */
export function worldTitle({ world, scale, seed, knobs = {} }: WorldSpec): string {
  const set = Object.entries(checked(knobs)).map(([name, value]) => `${name} ${value}`);
  return [`world ${world}`, `scale ${scale}`, `seed ${seed}`, ...set].join(', ');
}
