import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  decodeNpy,
  encodeNpy,
  explainWriteFailure,
  moveFolder,
  type NpyData,
  removeUnfinished,
  sha256,
  UserError,
  unfinishedPath,
} from '../base/index.js';
import { type Manifest, parseManifest, STORE_VERSION, type StoreOrigin } from './manifest.js';
import { mapValues } from './records.js';
import type { Features, Store } from './types.js';
import { HeldVectors } from './vectors.js';

const MANIFEST = 'manifest.json';

/**
 * Writes a store as a folder: `manifest.json`, identifiers as text lines, every column as `.npy`. The folder appears
 * whole or not at all; one that was there before is replaced only once the new one is complete. What killed
 * processes of this host left unfinished in the same parent is cleared away.
 *
 * @param origin what the manifest says about where the data come from
 * @param extra further files to put beside the columns, for example the card that was used
 * @throws UserError when the place is full or not writable
 */
export async function saveStore(
  store: Store,
  folder: string,
  origin: StoreOrigin,
  extra: Readonly<Record<string, string>> = {},
): Promise<void> {
  const parent = dirname(folder);
  const temporary = unfinishedPath(folder);
  try {
    await mkdir(parent, { recursive: true });
    await removeUnfinished(parent);
    await refuseForeign(folder);
    const files: Record<string, string> = {};
    for (const [path, bytes] of filesOf(store)) {
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      await writeFile(join(temporary, path), bytes, { flush: true });
      files[path] = sha256(bytes);
    }
    for (const [path, text] of Object.entries(extra)) await writeFile(join(temporary, path), text);
    const manifest = `${JSON.stringify(manifestOf(store, origin, files), null, 2)}\n`;
    await writeFile(join(temporary, MANIFEST), manifest, { flush: true });
    // Another process may have made the very same store meanwhile, and a third may be reading it.
    const existing = await readFile(join(folder, MANIFEST), 'utf8').catch(() => null);
    if (existing === manifest) await rm(temporary, { recursive: true });
    else await replaceFolder(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw explainWriteFailure(error, folder);
  }
}

/**
 * Reads a store folder and checks every file's SHA-256.
 *
 * @throws UserError when it is no store, of another version, or damaged
 */
export async function loadStore(folder: string): Promise<Store> {
  const manifest = await readManifest(folder);
  const read = async (path: string): Promise<Uint8Array> => {
    const file = join(folder, path);
    const bytes = await readFile(file).catch(() => null);
    if (bytes && sha256(bytes) === manifest.files[path]) return bytes;
    throw new UserError(
      bytes ? 'the file is damaged: its checksum differs from the manifest' : 'the file is missing',
      `Delete ${folder} and import the data again.`,
      { file },
    );
  };
  const array = async <T extends NpyData>(path: string): Promise<T> =>
    decodeNpy(await read(path), join(folder, path)).data as T;
  const named = async <T extends NpyData>(
    room: string,
    names: readonly string[],
  ): Promise<Record<string, T>> =>
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await array<T>(`${room}/${name}.npy`)])),
    );
  const features = async (room: 'users' | 'items'): Promise<Features> => {
    const { categories, vectors } = manifest[room];
    const values = await named<Int32Array>(`${room}/categories`, Object.keys(categories));
    const data = await named<Float32Array>(`${room}/vectors`, Object.keys(vectors));
    return {
      categories: mapValues(categories, (cardinality, name) => ({ values: values[name]!, cardinality })),
      vectors: mapValues(vectors, (width, name) => new HeldVectors(data[name]!, width)),
    };
  };
  const { name, fingerprint, caveat, counts } = manifest;
  const user = await array<Int32Array>('interactions/user.npy');
  return {
    name,
    fingerprint,
    caveat,
    userIds: lines(await read('users/ids.txt')),
    itemIds: lines(await read('items/ids.txt')),
    interactions: {
      rows: counts.rows,
      userOffsets: offsetsOf(user, counts.users),
      user,
      item: await array<Int32Array>('interactions/item.npy'),
      time: await array<Float64Array>('interactions/time.npy'),
      columns: await named<Float32Array>('interactions/columns', manifest.columns),
    },
    users: await features('users'),
    items: await features('items'),
    truth: await named<Float32Array>('truth', manifest.truth),
  };
}

/** The manifest of a store folder. Throws a UserError when there is none or it is of another version. */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, MANIFEST);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UserError(`${folder} is not a data set`, 'Make one with: mvrec data import, or data simulate.');
  });
  return parseManifest(text, file);
}

/** CSR offsets of an ascending column. [count + 1] */
export function offsetsOf(sorted: Int32Array, count: number): Int32Array {
  const offsets = new Int32Array(count + 1);
  for (let i = 0; i < sorted.length; i++) offsets[sorted[i]! + 1]!++;
  for (let i = 0; i < count; i++) offsets[i + 1]! += offsets[i]!;
  return offsets;
}

function* filesOf(store: Store): Generator<[path: string, bytes: Uint8Array]> {
  const { interactions, truth } = store;
  const column = (path: string, data: NpyData): [string, Uint8Array] => [
    `${path}.npy`,
    encodeNpy(data, [data.length]),
  ];
  yield column('interactions/user', interactions.user);
  yield column('interactions/item', interactions.item);
  yield column('interactions/time', interactions.time);
  for (const [name, data] of Object.entries(interactions.columns)) {
    yield column(`interactions/columns/${name}`, data);
  }
  for (const [name, data] of Object.entries(truth)) yield column(`truth/${name}`, data);
  for (const room of ['users', 'items'] as const) {
    const ids = room === 'users' ? store.userIds : store.itemIds;
    yield [`${room}/ids.txt`, Buffer.from(ids.map((id) => `${id}\n`).join(''))];
    for (const [name, { values }] of Object.entries(store[room].categories)) {
      yield column(`${room}/categories/${name}`, values);
    }
    for (const [name, vector] of Object.entries(store[room].vectors)) {
      const data = vector.rows(Int32Array.from(ids.keys()));
      yield [`${room}/vectors/${name}.npy`, encodeNpy(data, [ids.length, vector.width])];
    }
  }
}

function manifestOf(store: Store, origin: StoreOrigin, files: Record<string, string>): Manifest {
  const featuresOf = ({ categories, vectors }: Features) => ({
    categories: mapValues(categories, ({ cardinality }) => cardinality),
    vectors: mapValues(vectors, ({ width }) => width),
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
    users: featuresOf(store.users),
    items: featuresOf(store.items),
    truth: Object.keys(store.truth),
    files,
  };
}

/** A store takes the place of a store, never of anything else. */
async function refuseForeign(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries.length === 0 || entries.includes(MANIFEST)) return;
  throw new UserError(`${folder} exists and is not a data set`, 'Choose another name, or remove it.');
}

/** Puts a finished folder in place of another. A rename cannot replace a full folder, so the old one steps aside. */
async function replaceFolder(finished: string, folder: string): Promise<void> {
  const aside = unfinishedPath(folder);
  const hasOld = await rename(folder, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (!(await moveFolder(finished, folder))) await replaceFolder(finished, folder); // another process was quicker
  if (hasOld) await rm(aside, { recursive: true, force: true });
}

function lines(bytes: Uint8Array): string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .split('\n')
    .slice(0, -1);
}
