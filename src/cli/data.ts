import { join } from 'node:path';
import { UserError } from '../base/index.js';
import { bundledCards, type KnobSettings, type Source, sourceOf } from '../data/index.js';

export { describeStore, inspectionText } from './inspection.js';

/**
 * What a word names: a card that mvrec brings, with the folder of its files, or whatever else can be opened.
 *
 * @throws UserError when there is no such data
 */
export async function knownSource(word: string, from: string | undefined, dataDir: string): Promise<Source> {
  const bundled = (await bundledCards()).find(({ name }) => name === word);
  if (bundled && from !== undefined) return { card: bundled.path, from };
  return sourceOf(word, from, dataDir);
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
 * @throws UserError when one is given for a source that has none, or the seed is not a whole number from 0
 */
export function worldAs(source: Source, given: WorldOptions): Source {
  const options = Object.entries(given).filter(([, value]) => value !== undefined);
  if ('world' in source) {
    requireSeed(given.seed ?? 0);
    const { scale = source.scale, seed = source.seed, set: knobs } = given;
    return { ...source, scale, seed, ...(knobs && { knobs }) };
  }
  if (options.length === 0) return source;
  throw new UserError(
    `--${options[0]![0]} cannot change data that were imported or kept under a name`,
    'Leave it out.',
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
