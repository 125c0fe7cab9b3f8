import { dirname, join } from 'node:path';
import { UserError } from '../base/index.js';
import {
  bundledCards,
  type KnobSettings,
  readCard,
  type Source,
  sourceOf,
  storeNames,
  worldNames,
  worldOfStore,
  worldTitle,
} from '../data/index.js';
import { requireOwnFiles } from './import-request.js';

export { describeStore, inspectionText } from './inspection.js';

/**
 * What a word names: a card that mvrec brings, with the folder of its files, or whatever else can be opened.
 *
 * @throws UserError when there is no such data
 */
export async function knownSource(word: string, from: string | undefined, dataDir: string): Promise<Source> {
  const bundled = (await bundledCards()).find(({ name }) => name === word);
  if (bundled && from !== undefined) return { card: bundled.path, from };
  const others = [...worldNames, ...(await storeNames(dataDir))];
  if (!bundled || others.includes(word)) return sourceOf(word, from, dataDir);
  requireOwnFiles(word, bundled.path, (await readCard(bundled.path)).card);
  return { card: bundled.path, from: dirname(bundled.path) };
}

/** What the command line may say of a world; `set` are its knobs. */
interface WorldOptions {
  readonly scale?: number | undefined;
  readonly seed?: number | undefined;
  readonly set?: KnobSettings | undefined;
}

/**
 * A world at the scale, seed and knobs that were asked for; other sources as they are.
 *
 * @throws UserError when one is given for a source that has none or others, or the seed is not a whole number from 0
 */
export async function worldAs(source: Source, given: WorldOptions): Promise<Source> {
  const options = Object.entries(given).filter(([, value]) => value !== undefined);
  if ('world' in source) {
    requireSeed(given.seed ?? 0);
    const { scale = source.scale, seed = source.seed, set: knobs } = given;
    return { ...source, scale, seed, ...(knobs && { knobs }) };
  }
  if (options.length === 0) return source;
  const kept = 'store' in source ? await worldOfStore(source.store) : null;
  const asked = kept && {
    world: kept.world,
    scale: given.scale ?? 1,
    seed: given.seed ?? 1,
    knobs: given.set,
  };
  if (kept && asked && worldTitle(asked) === kept.title) return source;
  const words = ['--world', kept?.world, '--scale', asked?.scale, '--seed', asked?.seed];
  const sets = Object.entries(given.set ?? {}).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const other = ['mvrec data simulate', ...words, ...sets, '--name', 'NAME'].join(' ');
  throw new UserError(
    `--${options[0]![0]} cannot change data that were imported or kept under a name${kept ? `: this is the ${kept.title}` : ''}`,
    kept ? `Leave it out, or simulate the other one as well: ${other}` : 'Leave it out.',
  );
}

/** @throws UserError unless the seed is one that an experiment may have */
export function requireSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new UserError(`the seed is ${seed}`, 'Expected a whole number of at least 0.');
}

/** Folder of a named store. Throws a UserError for a name that is not one. */
export function storeFolder(dataDir: string, name: string): string {
  if (/^[\w][\w.-]*$/.test(name)) return join(dataDir, name);
  throw new UserError(`${name} cannot be the name of a data set`, 'Use letters, digits and _ . -');
}
