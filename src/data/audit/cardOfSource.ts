import { join } from 'node:path';
import { UserError } from '../../base/index.js';
import { type Card, readCard } from '../card.js';
import { findStore, type Source, storeNames } from '../source.js';

/**
 * The card that a source was read by; null for worlds, for simulated stores, and where a store's own card is none that
 * this version reads.
 */
export async function cardOfSource(source: Source, dataDir: string): Promise<Card | null> {
  if ('world' in source) return null;
  if ('card' in source) return (await readCard(source.card)).card;
  const folder = findStore(source.store, await storeNames(dataDir), dataDir);
  return readCard(join(folder, 'card.yaml')).then(
    ({ card }) => card,
    (error: unknown) => {
      if (error instanceof UserError) return null;
      throw error;
    },
  );
}
