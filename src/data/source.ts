import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { didYouMean, sha256, UserError, unfinishedPath } from '../base/index.js';
import { type Card, readCard } from './card.js';
import { importCard, type ProgressOptions } from './import/importCard.js';
import { findFiles } from './import/paths.js';
import { findSources, hashSources, importFingerprint, isUnchanged, pathsOfCard } from './import/sources.js';
import type { Manifest } from './manifest.js';
import { type Guard, saveStore } from './saveStore.js';
import { loadStore, readManifest } from './store.js';
import type { Store } from './types.js';
import {
  knobsOf,
  simulate,
  type WorldName,
  type WorldSpec,
  worldFingerprint,
  worldNames,
  worldTitle,
} from './world/index.js';

/** The card that a store was imported by, in its folder. */
const CARD = 'card.yaml';
/** How the title of a simulated store begins; its settings in words follow. */
const SIMULATED = 'Simulated ';

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
  /** Take files whose md5 or counts are not those of the card; the differences go to the report. */
  readonly asFound?: boolean | undefined;
}

/** What those who give a name say beside. */
export interface KeepOptions {
  /** Whether the folder may be taken from data of other files; default: yes, for folders that are mvrec's own. */
  readonly replace?: boolean | undefined;
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
  const { card, text } = await readCard(source.card);
  return openCard(card, source.from, options, text);
}

/**
 * What `openSource` would open: its fingerprint, null where that is not known before an import, and whether it is there or would
 * have to be made.
 *
 * @throws UserError when there is no such data
 */
export async function lookUpSource(
  source: Source,
  dataDir: string,
): Promise<{ readonly fingerprint: string | null; readonly isHere: boolean }> {
  if ('store' in source) {
    const { fingerprint } = await readManifest(findStore(source.store, await storeNames(dataDir), dataDir));
    return { fingerprint, isHere: true };
  }
  if ('world' in source) {
    const fingerprint = worldFingerprint(source);
    const manifest = await manifestIfCurrent(worldFolder(source, dataDir));
    return { fingerprint, isHere: manifest?.fingerprint === fingerprint };
  }
  const { card, text } = await readCard(source.card);
  const manifest = await manifestIfCurrent(cardFolder(card, source.from, dataDir));
  if (manifest && (await isFresh(manifest, card, source.from))) {
    return { fingerprint: manifest.fingerprint, isHere: true };
  }
  const named = await unchangedImport(card, source.from, join(dataDir, card.name), text);
  // What an import would miss is told before one is planned.
  if (!named) for (const { path } of pathsOfCard(card)) await findFiles(source.from, path);
  return { fingerprint: named?.store.fingerprint ?? null, isHere: named !== null };
}

/**
 * Whether a source is a simulation: a world, or a store that one was written to.
 *
 * @throws UserError when there is no such store
 */
export async function isSimulated(source: Source, dataDir: string): Promise<boolean> {
  if (!('store' in source)) return 'world' in source;
  const { sources } = await readManifest(findStore(source.store, await storeNames(dataDir), dataDir));
  return sources.length === 0;
}

/** Where a world is kept that nobody gave a name. */
const worldFolder = (spec: WorldSpec, dataDir: string): string =>
  join(dataDir, `${spec.world}-${worldFingerprint(spec).slice(0, 8)}`);

/** Where a card's data are kept that nobody gave a name. */
function cardFolder(card: Card, from: string, dataDir: string): string {
  const key = sha256(JSON.stringify([card, resolve(from)])).slice(0, 8);
  return join(dataDir, `${card.name}-${key}`);
}

async function openWorld(spec: WorldSpec, options: OpenOptions): Promise<Store> {
  const folder = worldFolder(spec, options.dataDir);
  const manifest = await manifestIfCurrent(folder);
  if (manifest?.fingerprint === worldFingerprint(spec)) return loadStore(folder);
  return simulateInto(spec, folder, spec.world, options);
}

/**
 * Simulates a world and writes it to a store folder under a name.
 *
 * @throws UserError when the folder keeps imported data, before and after the work, unless `replace` is said
 */
export async function simulateInto(
  spec: WorldSpec,
  folder: string,
  name: string,
  { onProgress, replace, ...options }: Omit<OpenOptions, 'dataDir'> & KeepOptions = {},
): Promise<Store> {
  const guard = guardOf(folder, null, replace);
  await guard?.(folder);
  knobsOf(spec); // what cannot be is refused before a word of work
  onProgress?.(`simulating the world ${spec.world}`);
  const store = { ...(await simulate(spec, options)), name };
  const origin = {
    title: SIMULATED + worldTitle(spec),
    licence: null,
    citation: null,
    sources: [],
    report: [],
  };
  onProgress?.(`writing ${folder}`);
  await saveStore(store, folder, origin, {}, { signal: options.signal, guard });
  // What later runs will read: vectors from the disk, and not made anew.
  return loadStore(folder);
}

async function openCard(card: Card, from: string, options: OpenOptions, text: string): Promise<Store> {
  const folder = cardFolder(card, from, options.dataDir);
  const manifest = await manifestIfCurrent(folder);
  if (manifest && (await isFresh(manifest, card, from))) return loadStore(folder);
  // `data import` may have kept the very same under its name.
  const named = await unchangedImport(card, from, join(options.dataDir, card.name), text);
  return (named ?? (await importInto(card, from, folder, options))).store;
}

/**
 * Imports the files of a card and writes them to a store folder, the card beside them.
 *
 * @param text the card as it was written; default: as parsed
 * @throws UserError when the folder keeps data of other files, before and after the work, unless `replace` is said
 */
export async function importInto(
  card: Card,
  from: string,
  folder: string,
  { dataDir, signal, asFound, replace, ...progress }: OpenOptions & KeepOptions,
  text = JSON.stringify(card, null, 2),
): Promise<{ store: Store; report: readonly string[] }> {
  const guard = guardOf(folder, { card, from }, replace);
  await guard?.(folder);
  const spill = unfinishedPath(join(dataDir, 'spill'));
  try {
    return await importCard(card, from, { spill, signal, asFound, ...progress }, async (imported) => {
      const { store, sources, report } = imported;
      const { title, licence = null, citation = null } = card;
      progress.onProgress?.(`writing ${folder}`);
      const origin = { title, licence, citation, sources: [...sources], report: [...report] };
      await saveStore(store, folder, origin, { [CARD]: text }, { signal, guard });
      // What later runs will read, not the sources' files.
      return { store: await loadStore(folder), report };
    });
  } finally {
    await rm(spill, { recursive: true, force: true });
  }
}

/**
 * The store that the same import has made before: from this card, word for word, and from files that have not changed
 * since. Null where there is none, or it is damaged or of another version.
 */
export async function unchangedImport(
  card: Card,
  from: string,
  folder: string,
  text: string,
): Promise<{ store: Store; report: readonly string[] } | null> {
  const manifest = await manifestIfCurrent(folder);
  const known = await readFile(join(folder, CARD), 'utf8').catch(() => null);
  if (!manifest || known !== text || !(await isFresh(manifest, card, from))) return null;
  if (importFingerprint(card, manifest.sources) !== manifest.fingerprint) return null;
  const store = await loadStore(folder).catch((error: unknown) => {
    if (error instanceof UserError) return null;
    throw error;
  });
  return store && { store, report: manifest.report };
}

/**
 * Guards a name against being taken by other data: a second import of the same files is an update, one of others
 * would lose what is there.
 *
 * @param origin card and its folder, or null for a simulated log
 */
function guardOf(
  folder: string,
  origin: { readonly card: Card; readonly from: string } | null,
  replace = true,
): Guard | undefined {
  return replace ? undefined : (place) => requireSameOrigin(place, origin, basename(folder));
}

/** @throws UserError when the place keeps data of other files, which have the name */
async function requireSameOrigin(
  place: string,
  origin: { readonly card: Card; readonly from: string } | null,
  name: string,
): Promise<void> {
  const manifest = await manifestIfCurrent(place);
  if (!manifest) return;
  const paths = origin ? pathsOfCard(origin.card).map(({ path }) => resolve(origin.from, path)) : [];
  const known = manifest.sources.map(({ path }) => path);
  if (known.length === paths.length && known.every((path) => paths.includes(path))) return;
  throw new UserError(
    `the name ${name} is taken by data from ${known.length > 0 ? known.join(', ') : 'the simulator'}`,
    'Choose another --name, or say --replace.',
  );
}

/**
 * True when the files are those that the store was made from: by size and time of change, or else by their bytes. Whether
 * they are those of the card's md5 was said when they were imported.
 */
async function isFresh(manifest: Manifest, card: Card, from: string): Promise<boolean> {
  const known = new Map(manifest.sources.map((source) => [source.path, source]));
  for (const { path } of pathsOfCard(card)) {
    const source = known.get(resolve(from, path));
    if (source && (await isUnchanged(source))) continue;
    const found = await findSources(card, from, { onOther: () => {} });
    return manifest.fingerprint === importFingerprint(card, await hashSources(found));
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

/** The world that a store was simulated from, and its settings in words (`worldTitle`); null for imported data. */
export async function worldOfStore(folder: string): Promise<{ world: WorldName; title: string } | null> {
  const { title, sources } = await readManifest(folder);
  const world = worldNames.find((name) => title.startsWith(`${SIMULATED}world ${name},`));
  return world && sources.length === 0 ? { world, title: title.slice(SIMULATED.length) } : null;
}

/** Folder of a store that was given a name, or the path itself. */
export function findStore(nameOrPath: string, names: readonly string[], dataDir: string): string {
  if (names.includes(nameOrPath)) return join(dataDir, nameOrPath);
  if (basename(nameOrPath) !== nameOrPath || existsSync(nameOrPath)) return nameOrPath;
  if (existsSync(join(dataDir, nameOrPath))) {
    throw new UserError(
      `${join(dataDir, nameOrPath)} is not a data set, or a damaged one: it has no manifest.json`,
      'Remove it, or import or simulate it again with --replace.',
    );
  }
  throw new UserError(
    `there is no data set ${nameOrPath} in ${dataDir}`,
    worldNames.some((world) => world === nameOrPath)
      ? `Import a log under this name with mvrec data import; a world of this name, simulated, is kept by mvrec data simulate --world ${nameOrPath}.`
      : didYouMean(nameOrPath, [...new Set([...names, ...worldNames])], 'There are'),
  );
}

/** Names of the stores in a folder, sorted. */
export async function storeNames(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir).catch(() => []);
  return entries.filter((entry) => existsSync(join(dataDir, entry, 'manifest.json'))).sort();
}
