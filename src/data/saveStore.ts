import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  bytesOf,
  explainWriteFailure,
  InterruptedError,
  moveFolder,
  type NpyData,
  npyHeader,
  npyParts,
  removeUnfinished,
  UserError,
  unfinishedPath,
} from '../base/index.js';
import { requireUnchangedSources } from './import/sources.js';
import {
  isVectors,
  MANIFEST,
  type Manifest,
  STORE_VERSION,
  type StoreOrigin,
  textsPath,
  vectorsPath,
} from './manifest.js';
import { mapValues } from './records.js';
import { type Stamp, stamp, writeStamps } from './stamps.js';
import { verifyStore } from './store.js';
import type { Features, Store, VectorFeature } from './types.js';

/** Bytes of vectors, and identifiers or texts, that are in memory at a time while they are written. */
const CHUNK_BYTES = 2 ** 23;
const CHUNK_TEXTS = 2 ** 16;

export interface SaveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Throws where what lies in a folder, which is to be replaced, must stay. */
  readonly guard?: Guard | undefined;
}

export type Guard = (folder: string) => Promise<void>;

/**
 * Writes a store as a folder: `manifest.json`, identifiers as text lines, every column as `.npy`. The folder appears
 * whole or not at all; one that was there before is replaced only once the new one is complete. What killed
 * processes of this host left unfinished in the same parent is cleared away.
 *
 * @param origin what the manifest says about where the data come from
 * @param extra further files to put beside the columns, for example the card that was used
 * @throws UserError when the place is full or not writable or a source has changed since it was hashed, InterruptedError once the signal is aborted
 */
export async function saveStore(
  store: Store,
  folder: string,
  origin: StoreOrigin,
  extra: Readonly<Record<string, string>> = {},
  { signal, guard }: SaveOptions = {},
): Promise<void> {
  const parent = dirname(folder);
  const temporary = unfinishedPath(folder);
  try {
    await mkdir(parent, { recursive: true });
    await removeUnfinished(parent);
    await refuseForeign(folder, guard);
    const files: Record<string, string> = {};
    for (const [path, parts] of filesOf(store))
      files[path] = await writeParts(join(temporary, path), parts, signal);
    await stampVectors(temporary, Object.keys(files).filter(isVectors));
    for (const [path, text] of Object.entries(extra)) await writeFile(join(temporary, path), text);
    await requireUnchangedSources(origin.sources);
    const manifest = `${JSON.stringify(manifestOf(store, origin, files), null, 2)}\n`;
    await writeFile(join(temporary, MANIFEST), manifest, { flush: true });
    // Another process may have made the very same store meanwhile, and a third may be reading it.
    const existing = await readFile(join(folder, MANIFEST), 'utf8').catch(() => null);
    if (existing === manifest && (await isWhole(folder))) await rm(temporary, { recursive: true });
    else await replaceFolder(temporary, folder, guard);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw explainWriteFailure(error, folder);
  }
}

async function stampVectors(folder: string, paths: readonly string[]): Promise<void> {
  const stamps: Record<string, Stamp> = {};
  for (const path of paths) stamps[path] = await stamp(join(folder, path));
  if (paths.length > 0) await writeStamps(folder, stamps);
}

/** Writes a file piece by piece; returns its SHA-256. */
async function writeParts(
  path: string,
  parts: Iterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  try {
    for (const part of parts) {
      if (signal?.aborted) throw new InterruptedError();
      hash.update(part);
      await file.writeFile(part);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

function* filesOf(store: Store): Generator<[path: string, parts: Iterable<Uint8Array>]> {
  const { interactions, truth } = store;
  const column = (path: string, data: NpyData): [string, Iterable<Uint8Array>] => [
    `${path}.npy`,
    npyParts(data, [data.length]),
  ];
  yield column('interactions/user', interactions.user);
  yield column('interactions/item', interactions.item);
  yield column('interactions/time', interactions.time);
  for (const [name, data] of Object.entries(interactions.columns)) {
    yield column(`interactions/columns/${name}`, data);
  }
  if (interactions.part) yield column('interactions/part', interactions.part);
  for (const [name, { item, start, end }] of Object.entries(store.histories)) {
    for (const [what, data] of Object.entries({ item, start, end }))
      yield column(`histories/${name}/${what}`, data);
  }
  for (const [name, data] of Object.entries(truth)) yield column(`truth/${name}`, data);
  for (const room of ['users', 'items'] as const) {
    const ids = room === 'users' ? store.userIds : store.itemIds;
    yield [`${room}/ids.txt`, linesOf(ids, String)];
    for (const [name, { values }] of Object.entries(store[room].categories)) {
      yield column(`${room}/categories/${name}`, values);
    }
    for (const [name, { offsets, values }] of Object.entries(store[room].tags)) {
      yield column(`${room}/tags/${name}/offsets`, offsets);
      yield column(`${room}/tags/${name}/values`, values);
    }
    for (const [name, texts] of Object.entries(store[room].texts)) {
      yield [textsPath(room, name), linesOf(texts, JSON.stringify)];
    }
    for (const [name, vector] of Object.entries(store[room].vectors)) {
      yield [vectorsPath(room, name), vectorParts(vector, ids.length)];
    }
  }
}

function* linesOf(texts: readonly string[], lineOf: (text: string) => string): Generator<Uint8Array> {
  for (let start = 0; start < texts.length; start += CHUNK_TEXTS) {
    const lines = texts.slice(start, start + CHUNK_TEXTS).map((text) => `${lineOf(text)}\n`);
    yield Buffer.from(lines.join(''));
  }
}

function* vectorParts(vector: VectorFeature, count: number): Generator<Uint8Array> {
  yield npyHeader('<f4', [count, vector.width]);
  const step = Math.max(1, Math.floor(CHUNK_BYTES / (4 * vector.width)));
  for (let start = 0; start < count; start += step) {
    const items = Int32Array.from({ length: Math.min(step, count - start) }, (_, i) => start + i);
    yield bytesOf(vector.rows(items));
  }
}

function manifestOf(store: Store, origin: StoreOrigin, files: Record<string, string>): Manifest {
  const featuresOf = ({ categories, tags, texts, vectors }: Features) => ({
    categories: mapValues(categories, ({ cardinality }) => cardinality),
    varying: Object.fromEntries(
      Object.entries(categories).flatMap(([name, { varying }]) => (varying ? [[name, varying]] : [])),
    ),
    tags: mapValues(tags, ({ cardinality }) => cardinality),
    texts: Object.keys(texts),
    vectors: mapValues(vectors, ({ width, clips, fittedOn }) => ({
      width,
      ...(clips !== undefined && { clips }),
      ...(fittedOn !== undefined && { fittedOn }),
    })),
  });
  return {
    format: 'mvrec-store',
    version: STORE_VERSION,
    name: store.name,
    fingerprint: store.fingerprint,
    caveat: store.caveat,
    ...origin,
    counts: {
      users: store.userIds.length,
      items: store.itemIds.length,
      rows: store.interactions.rows,
    },
    columns: Object.keys(store.interactions.columns),
    part: store.interactions.part !== undefined,
    histories: Object.keys(store.histories),
    users: featuresOf(store.users),
    items: featuresOf(store.items),
    truth: Object.keys(store.truth),
    files,
  };
}

/** Whether a store is as its manifest says: one that is damaged is no reason to keep it. */
async function isWhole(folder: string): Promise<boolean> {
  return verifyStore(folder).then(
    () => true,
    (error: unknown) => {
      if (error instanceof UserError) return false;
      throw error;
    },
  );
}

/** What a store folder holds beside its manifest. */
const OF_A_STORE = /^(interactions|users|items|histories|truth|card\.yaml|stamps\.json)$/;

/** A store takes the place of a store, never of anything else; of one that lost its manifest where nothing is guarded. */
async function refuseForeign(folder: string, guard: Guard | undefined): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries.length === 0 || entries.includes(MANIFEST)) return;
  const remains = entries.includes('interactions') && entries.every((entry) => OF_A_STORE.test(entry));
  if (remains && !guard) return;
  throw remains
    ? new UserError(`${folder} is what is left of a data set: it has no ${MANIFEST}`, 'Say --replace.')
    : new UserError(`${folder} exists and is not a data set`, 'Choose another name, or remove it.');
}

/**
 * Puts a finished folder in place of another. A rename cannot replace a full folder, so the old one steps aside.
 *
 * @param guard asked about the old folder in its place, and once more aside, where no other process can change it
 */
export async function replaceFolder(
  finished: string,
  folder: string,
  guard: Guard = async () => {},
): Promise<void> {
  await guard(folder);
  const aside = unfinishedPath(folder);
  const hasOld = await rename(folder, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    if (hasOld) await guard(aside);
    if (!(await moveFolder(finished, folder))) await replaceFolder(finished, folder, guard); // another process was quicker
  } catch (error) {
    if (hasOld) await rename(aside, folder).catch(() => {}); // the first failure tells more
    throw error;
  }
  if (hasOld) await rm(aside, { recursive: true, force: true });
}
