import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeNpy, hashFile, type NpyData, NpyRows, sha256, UserError } from '../base/index.js';
import { isVectors, MANIFEST, type Manifest, parseManifest, vectorsPath } from './manifest.js';
import { mapValues } from './records.js';
import { readStamps, stampOf, writeStamps } from './stamps.js';
import type { Features, SourceHistory, Store, TagFeature, VectorFeature } from './types.js';
import { HeldVectors, StreamedVectors } from './vectors.js';

/** Vector files from this size on are not held in memory but read by rows. */
const STREAMED_BYTES = 2 ** 28;

export interface LoadOptions {
  /** Vector files from this size on are read by rows from the disk. The results are the same. Default: 256 MiB. */
  readonly streamedBytes?: number;
}

/**
 * Reads a store folder. Every file's SHA-256 is checked, but for vectors that are read by rows: of those the bytes are
 * hashed only when size or time of change differ from what they were when they were last hashed.
 *
 * @throws UserError when it is no store, of another version, or damaged
 */
export async function loadStore(
  folder: string,
  { streamedBytes = STREAMED_BYTES }: LoadOptions = {},
): Promise<Store> {
  const manifest = await readManifest(folder);
  const read = async (path: string): Promise<Uint8Array> => {
    const bytes = await readFile(join(folder, path)).catch(() => null);
    if (bytes && sha256(bytes) === manifest.files[path]) return bytes;
    throw damaged(folder, path, bytes ? 'its checksum differs from the manifest' : null);
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
  const together = async <K extends string>(folder: string, names: readonly K[]) =>
    (await named<Int32Array>(folder, names)) as Record<K, Int32Array>;
  const vector = async (
    path: string,
    count: number,
    { width, clips, fittedOn }: Manifest['items']['vectors'][string],
  ): Promise<VectorFeature> => {
    const requireShape = (found: number, wide: number): void => {
      if (found === count && wide === width) return;
      throw damaged(folder, path, `it is [${found}, ${wide}], not [${count}, ${width}] as in the manifest`);
    };
    const info = await stat(join(folder, path)).catch(() => null);
    if (!info || info.size < streamedBytes) {
      const { data, shape } = decodeNpy(await read(path), join(folder, path));
      requireShape(shape[0]!, shape[1]!);
      return new HeldVectors(data as Float32Array, width, clips, fittedOn);
    }
    const rows = openRows(folder, path);
    requireShape(rows.count, rows.width);
    await requireUnchanged(folder, path, manifest, rows);
    return new StreamedVectors(rows, clips, fittedOn);
  };
  const features = async (room: 'users' | 'items'): Promise<Features> => {
    const { categories, tags, vectors } = manifest[room];
    const values = await named<Int32Array>(`${room}/categories`, Object.keys(categories));
    const read: { tags: Record<string, TagFeature>; vectors: Record<string, VectorFeature> } = {
      tags: {},
      vectors: {},
    };
    for (const [name, cardinality] of Object.entries(tags)) {
      read.tags[name] = { ...(await together(`${room}/tags/${name}`, ['offsets', 'values'])), cardinality };
    }
    for (const [name, shape] of Object.entries(vectors)) {
      read.vectors[name] = await vector(vectorsPath(room, name), manifest.counts[room], shape);
    }
    return {
      categories: mapValues(categories, (cardinality, name) => ({ values: values[name]!, cardinality })),
      ...read,
    };
  };
  const { name, fingerprint, caveat, counts } = manifest;
  const user = await array<Int32Array>('interactions/user.npy');
  const histories: Record<string, SourceHistory> = {};
  for (const name of manifest.histories) {
    histories[name] = await together(`histories/${name}`, ['item', 'start', 'end']);
  }
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
      ...(manifest.part && { part: await array<Uint8Array>('interactions/part.npy') }),
    },
    histories,
    users: await features('users'),
    items: await features('items'),
    truth: await named<Float32Array>('truth', manifest.truth),
  };
}

/**
 * Hashes every file of a store folder.
 *
 * @returns how many files and bytes
 * @throws UserError naming the first file that is missing or damaged
 */
export async function verifyStore(folder: string): Promise<{ files: number; bytes: number }> {
  const manifest = await readManifest(folder);
  let bytes = 0;
  for (const path of Object.keys(manifest.files)) bytes += await requireWhole(folder, path, manifest);
  return { files: Object.keys(manifest.files).length, bytes };
}

/** Trusts size and time of change of a large file; where they differ, or are not known, its bytes decide. */
async function requireUnchanged(
  folder: string,
  path: string,
  manifest: Manifest,
  rows: NpyRows,
): Promise<void> {
  const { bytes, modifiedMs } = stampOf(rows.stat());
  const known = (await readStamps(folder))[path];
  if (known && known.bytes === bytes && known.modifiedMs === modifiedMs) return;
  await requireHash(folder, path, manifest, rows);
}

function openRows(folder: string, path: string): NpyRows {
  try {
    return NpyRows.open(join(folder, path));
  } catch (error) {
    throw error instanceof UserError ? damaged(folder, path, error.problem) : error;
  }
}

/** Hashes a file. Returns its size in bytes. */
async function requireWhole(folder: string, path: string, manifest: Manifest): Promise<number> {
  const file = await open(join(folder, path)).catch(() => null);
  if (!file) throw damaged(folder, path, null);
  try {
    const stats = await file.stat();
    await requireHash(folder, path, manifest, { stat: () => stats, hash: () => hashFile(file.fd) });
    return stats.size;
  } finally {
    await file.close();
  }
}

/** Hashes an open file, so that nothing else can take its place meanwhile, and remembers when, if it holds vectors. */
async function requireHash(
  folder: string,
  path: string,
  manifest: Manifest,
  file: Pick<NpyRows, 'stat' | 'hash'>,
): Promise<void> {
  const before = stampOf(file.stat());
  if ((await file.hash()) !== manifest.files[path]) {
    throw damaged(folder, path, 'its checksum differs from the manifest');
  }
  if (!isVectors(path)) return;
  const stamps = { ...(await readStamps(folder)), [path]: before };
  await writeStamps(folder, stamps).catch(() => {}); // a folder that is only read is hashed each time
}

function damaged(folder: string, path: string, how: string | null): UserError {
  return new UserError(
    how ? `the file is damaged: ${how}` : 'the file is missing',
    `Delete ${folder} and import the data again.`,
    { file: join(folder, path) },
  );
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

function lines(bytes: Uint8Array): string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .split('\n')
    .slice(0, -1);
}
