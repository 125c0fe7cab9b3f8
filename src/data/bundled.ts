import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Card, readCard } from './card.js';

const folder = fileURLToPath(new URL('../../datasets/', import.meta.url));

/** A card that comes with mvrec; its name is that of its file. */
export interface BundledCard {
  readonly name: string;
  readonly path: string;
}

/** The cards in the package's folder `datasets`, sorted: `NAME.yaml`, or `NAME/NAME.yaml` with the data beside it. */
export async function bundledCards(): Promise<readonly BundledCard[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const cards = entries.flatMap((entry): BundledCard[] => {
    const name = entry.name.replace(/\.yaml$/, '');
    const path = entry.isDirectory() ? join(folder, name, `${name}.yaml`) : join(folder, entry.name);
    return path.endsWith('.yaml') && existsSync(path) ? [{ name, path }] : [];
  });
  return cards.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** All of them, read. */
export async function readBundledCards(): Promise<readonly (BundledCard & { readonly card: Card })[]> {
  const cards = await bundledCards();
  return Promise.all(
    cards.map(async (bundled) => ({ ...bundled, card: (await readCard(bundled.path)).card })),
  );
}
