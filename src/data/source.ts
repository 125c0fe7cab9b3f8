import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { didYouMean, sha256, UserError, unfinishedPath } from '../base/index.js';
import { type Card, readCard } from './card.js';
import { checkSources, filesOfCard, importFingerprint } from './files.js';
import { importCard, type ProgressOptions } from './import.js';
import type { Manifest } from './manifest.js';
import { saveStore } from './saveStore.js';
import { loadStore, readManifest } from './store.js';
import type { Store } from './types.js';
import { simulate, type WorldSpec, worldFingerprint, worldNames, worldTitle } from './world/index.js';

/** Where a log comes from; `data.source` of an experiment. Paths are absolute or relative to the working folder. */
export type Source =
  | WorldSpec
  /** A card (YAML) and the folder of the downloaded files. */
  | { readonly card: string; readonly from: string }
  /** Name given at import, or path of a store folder. */
  | { readonly store: string };

export interface OpenOptions extends ProgressOptions {
  /** Folder of stores: named ones, and what was simulated or imported on demand. */
  readonly dataDir: string;
  /** Ends an import with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The store of a source. Worlds and cards are simulated or imported when first asked for and kept in `dataDir`;
 * a change of the card or of a file's contents makes them anew.
 *
 * @throws UserError when there is no such data, or it cannot be read
 */
export async function openSource(source: Source, options: OpenOptions): Promise<Store> {
  if ('world' in source) return openWorld(source, options);
  if ('store' in source)
    return loadStore(findStore(source.store, await storeNames(options.dataDir), options.dataDir));
  const { card } = await readCard(source.card);
  return openCard(card, source.from, options);
}

async function openWorld(spec: WorldSpec, options: OpenOptions): Promise<Store> {
  const fingerprint = worldFingerprint(spec);
  const folder = join(options.dataDir, `${spec.world}-${fingerprint.slice(0, 8)}`);
  const manifest = await manifestIfCurrent(folder);
  if (manifest?.fingerprint === fingerprint) return loadStore(folder);
  return simulateInto(spec, folder, spec.world, options);
}

/** Simulates a world and writes it to a store folder under a name. */
export async function simulateInto(
  spec: WorldSpec,
  folder: string,
  name: string,
  { onProgress, ...options }: Omit<OpenOptions, 'dataDir'> = {},
): Promise<Store> {
  onProgress?.(`simulating the world ${spec.world}`);
  const store = { ...(await simulate(spec, options)), name };
  const origin = {
    title: `Simulated ${worldTitle(spec)}`,
    licence: null,
    citation: null,
    sources: [],
    report: [],
  };
  onProgress?.(`writing ${folder}`);
  await saveStore(store, folder, origin, {}, options.signal);
  // What later runs will read: vectors from the disk, and not made anew.
  return loadStore(folder);
}

async function openCard(card: Card, from: string, options: OpenOptions): Promise<Store> {
  const key = sha256(JSON.stringify([card, resolve(from)])).slice(0, 8);
  const folder = join(options.dataDir, `${card.name}-${key}`);
  const manifest = await manifestIfCurrent(folder);
  if (manifest && (await isFresh(manifest, card, from))) return loadStore(folder);
  return (await importInto(card, from, folder, options)).store;
}

/**
 * Imports the files of a card and writes them to a store folder, the card beside them.
 *
 * @param text the card as it was written; default: as parsed
 */
export async function importInto(
  card: Card,
  from: string,
  folder: string,
  { dataDir, signal, ...progress }: OpenOptions,
  text = JSON.stringify(card, null, 2),
): Promise<{ store: Store; report: readonly string[] }> {
  const spill = unfinishedPath(join(dataDir, 'spill'));
  const { store, sources, report } = await importCard(card, from, { spill, signal, ...progress }).finally(
    () => rm(spill, { recursive: true, force: true }),
  );
  const { title, licence = null, citation = null } = card;
  progress.onProgress?.(`writing ${folder}`);
  await saveStore(
    store,
    folder,
    { title, licence, citation, sources: [...sources], report: [...report] },
    { 'card.yaml': text },
    signal,
  );
  // What later runs will read, not the sources' files.
  return { store: await loadStore(folder), report };
}

/**
 * Guards a name against being taken by other data: a second import of the same files is an update, one of others
 * would lose what is there.
 *
 * @param card and its folder, or null for a simulated log
 * @throws UserError when the folder keeps data of other files
 */
export async function requireSameOrigin(
  folder: string,
  origin: { card: Card; from: string } | null,
): Promise<void> {
  const manifest = await manifestIfCurrent(folder);
  if (!manifest) return;
  const paths = origin ? filesOfCard(origin.card, origin.from).map(({ path }) => path) : [];
  const known = manifest.sources.map(({ path }) => path);
  if (known.length === paths.length && known.every((path) => paths.includes(path))) return;
  throw new UserError(
    `the name ${basename(folder)} is taken by data from ${known.length > 0 ? known.join(', ') : 'the simulator'}`,
    'Choose another --name, or say --replace.',
  );
}

/** True when the files are those that the store was made from: by size and time of change, or else by their bytes. */
async function isFresh(manifest: Manifest, card: Card, from: string): Promise<boolean> {
  const known = new Map(manifest.sources.map((source) => [source.path, source]));
  for (const { path } of filesOfCard(card, from)) {
    const source = known.get(path);
    const info = await stat(path).catch(() => null);
    if (source && info && info.size === source.bytes && info.mtimeMs === source.modifiedMs) continue;
    return manifest.fingerprint === importFingerprint(card, await checkSources(card, from));
  }
  return true;
}

/** The manifest of a folder that this version can read, or null: then what lies there is made anew. */
async function manifestIfCurrent(folder: string): Promise<Manifest | null> {
  return readManifest(folder).catch((error: unknown) => {
    if (error instanceof UserError) return null;
    throw error;
  });
}

/**
 * What a word on the command line names: a card (by its ending .yaml or .yml), an imported data set, a world, or the
 * path of a store folder.
 *
 * @param from folder of a card's files; default: the card's own
 */
export async function sourceOf(word: string, from: string | undefined, dataDir: string): Promise<Source> {
  if (/\.ya?ml$/i.test(word)) return { card: word, from: from ?? dirname(word) };
  if (from !== undefined)
    throw new UserError(`--from goes with a card (YAML), ${word} is none`, 'Leave it out.');
  const names = await storeNames(dataDir);
  const world = worldNames.find((name) => name === word);
  if (world && !names.includes(word)) return { world, scale: 1, seed: 1 };
  return { store: findStore(word, names, dataDir) };
}

/** Folder of a store that was given a name, or the path itself. */
export function findStore(nameOrPath: string, names: readonly string[], dataDir: string): string {
  if (names.includes(nameOrPath)) return join(dataDir, nameOrPath);
  if (basename(nameOrPath) !== nameOrPath || existsSync(nameOrPath)) return nameOrPath;
  throw new UserError(
    `there is no data set ${nameOrPath} in ${dataDir}`,
    didYouMean(nameOrPath, [...new Set([...names, ...worldNames])], 'There are'),
  );
}

/** Names of the stores in a folder, sorted. */
export async function storeNames(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir).catch(() => []);
  return entries.filter((entry) => existsSync(join(dataDir, entry, 'manifest.json'))).sort();
}
