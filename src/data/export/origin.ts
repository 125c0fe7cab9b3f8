import { readCard } from '../card.js';
import { findStore, type Source, storeNames } from '../source.js';
import { readManifest } from '../store.js';
import type { Origin } from './types.js';

/** Title, licence and citation of data, wherever they come from. */
export async function originOf(source: Source, dataDir: string): Promise<Origin> {
  if ('world' in source) {
    const { world, scale, seed } = source;
    return {
      title: `Simulated world ${world}, scale ${scale}, seed ${seed}`,
      licence: null,
      citation: null,
    };
  }
  const { title, licence, citation } =
    'card' in source
      ? (await readCard(source.card)).card
      : await readManifest(findStore(source.store, await storeNames(dataDir), dataDir));
  return { title, licence: licence ?? null, citation: citation ?? null };
}
