import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeNpy, hashFile, type NpyData, NpyRows, UserError } from '../base/index.js';
import { lazyRecord } from './lazy.js';
import { isVectors, MANIFEST, type Manifest, parseManifest, textsPath, vectorsPath } from './manifest.js';
import { readStamps, stampOf, writeStamps } from './stamps.js';
import { StoreFile } from './storeFile.js';
import type { CategoryFeature, Features, Store, TagFeature, VectorFeature } from './types.js';
import { HeldVectors, StreamedVectors } from './vectors.js';

/** Vector files from this size on are not held in memory but read by rows. */
const STREAMED_BYTES = 2 ** 28;

export interface LoadOptions {
  /** Vector files from this size on are read by rows from the disk. The results are the same. Default: 256 MiB. */
  readonly streamedBytes?: number;
}

/**
 * Reads a store folder. Every file's SHA-256 is checked, of columns, texts, published histories and truth when they are
 * first used, but for vectors that are read by rows: of those the bytes are
 * hashed only when size or time of change differ from what they were when they were last hashed.
 *
 * @throws UserError when it is no store, of another version, or damaged
 */
export async function loadStore(
  folder: string,
  { streamedBytes = STREAMED_BYTES }: LoadOptions = {},
): Promise<Store> {
  const manifest = await readManifest(folder);
  const reader = new StoreReader(folder, manifest, streamedBytes);
  const { name, fingerprint, caveat, counts } = manifest;
  const user = await reader.array<Int32Array>('interactions/user.npy');
  return {
    name,
    fingerprint,
    caveat,
    userIds: await reader.lines('users/ids.txt'),
    itemIds: await reader.lines('items/ids.txt'),
    interactions: {
      rows: counts.rows,
      userOffsets: offsetsOf(user, counts.users),
      user,
      item: await reader.array<Int32Array>('interactions/item.npy'),
      time: await reader.array<Float64Array>('interactions/time.npy'),
      columns: reader.later<string, Float32Array>('interactions/columns', manifest.columns),
      ...(manifest.part && { part: await reader.array<Uint8Array>('interactions/part.npy') }),
    },
    users: await reader.features('users'),
    items: await reader.features('items'),
    histories: Object.fromEntries(
      manifest.histories.map((one) => [one, reader.later(`histories/${one}`, ['item', 'start', 'end'])]),
    ),
    truth: reader.later<string, Float32Array>('truth', manifest.truth),
  };
}

/** Reads the files of one store folder. */
class StoreReader {
  constructor(
    private readonly folder: string,
    private readonly manifest: Manifest,
    private readonly streamedBytes: number,
  ) {}

  async lines(path: string): Promise<string[]> {
    const bytes = this.read(path);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    return text.split('\n').slice(0, -1);
  }

  async array<T extends NpyData>(path: string): Promise<T> {
    return decodeNpy(this.read(path), join(this.folder, path)).data as T;
  }

  /** Arrays of a folder that are read, and checked, when they are first used: a run needs few of them. */
  later<K extends string, T extends NpyData = Int32Array>(
    room: string,
    names: readonly K[],
  ): Readonly<Record<K, T>> {
    const pathOf = (name: K): string => `${room}/${name}.npy`;
    return this.whenUsed(names, pathOf, (bytes, path) => decodeNpy(bytes, join(this.folder, path)).data as T);
  }

  /** Texts of a line each, as JSON. */
  texts(room: 'users' | 'items'): Readonly<Record<string, readonly string[]>> {
    const count = this.manifest.counts[room];
    return this.whenUsed(
      this.manifest[room].texts,
      (name) => textsPath(room, name),
      (bytes, path) => {
        const texts = jsonLines(bytes);
        if (texts.length === count) return texts;
        throw damaged(this.folder, path, `it holds ${texts.length} texts, not ${count} as in the manifest`);
      },
    );
  }

  /** What files hold, which are opened now, and read and checked when they are first used. */
  private whenUsed<K extends string, T>(
    names: readonly K[],
    pathOf: (name: K) => string,
    decode: (bytes: Uint8Array, path: string) => T,
  ): Readonly<Record<K, T>> {
    const { folder, manifest } = this;
    const opened = new Map<K, StoreFile>();
    for (const name of names) {
      const file = StoreFile.open(join(folder, pathOf(name)));
      if (!file) throw damaged(folder, pathOf(name), null);
      opened.set(name, file);
    }
    return lazyRecord<K, T>(names, (name) => {
      const path = pathOf(name);
      const bytes = opened.get(name)!.read(manifest.files[path] ?? '');
      if (!bytes) throw damaged(folder, path, DIFFERS);
      return decode(bytes, path);
    });
  }

  async features(room: 'users' | 'items'): Promise<Features> {
    const { categories, tags, vectors, varying: several = {} } = this.manifest[room];
    const features = {
      categories: {} as Record<string, CategoryFeature>,
      tags: {} as Record<string, TagFeature>,
      texts: this.texts(room),
      vectors: {} as Record<string, VectorFeature>,
    };
    for (const [name, cardinality] of Object.entries(categories)) {
      const values = await this.array<Int32Array>(`${room}/categories/${name}.npy`);
      const varying = several[name];
      features.categories[name] = { values, cardinality, ...(varying !== undefined && { varying }) };
    }
    for (const [name, cardinality] of Object.entries(tags)) {
      const offsets = await this.array<Int32Array>(`${room}/tags/${name}/offsets.npy`);
      const values = await this.array<Int32Array>(`${room}/tags/${name}/values.npy`);
      features.tags[name] = { offsets, values, cardinality };
    }
    for (const [name, shape] of Object.entries(vectors)) {
      features.vectors[name] = await this.vector(vectorsPath(room, name), this.manifest.counts[room], shape);
    }
    return features;
  }

  private async vector(
    path: string,
    count: number,
    { width, ...traits }: Manifest['items']['vectors'][string],
  ): Promise<VectorFeature> {
    const { folder } = this;
    const requireShape = (found: number, wide: number): void => {
      if (found === count && wide === width) return;
      throw damaged(folder, path, `it is [${found}, ${wide}], not [${count}, ${width}] as in the manifest`);
    };
    const info = await stat(join(folder, path)).catch(() => null);
    if (!info || info.size < this.streamedBytes) {
      const { data, shape } = decodeNpy(this.read(path), join(folder, path));
      requireShape(shape[0]!, shape[1]!);
      return new HeldVectors(data as Float32Array, width, traits);
    }
    const rows = openRows(folder, path);
    requireShape(rows.count, rows.width);
    await requireUnchanged(folder, path, this.manifest, rows);
    return new StreamedVectors(rows, traits);
  }

  private read(path: string): Uint8Array {
    const file = StoreFile.open(join(this.folder, path));
    if (!file) throw damaged(this.folder, path, null);
    try {
      const bytes = file.read(this.manifest.files[path] ?? '');
      if (bytes) return bytes;
      throw damaged(this.folder, path, DIFFERS);
    } finally {
      file.close();
    }
  }
}

/** Line by line: all of them may be longer than a string can be. */
function jsonLines(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let start = 0; start < buffer.length; ) {
    const end = buffer.indexOf('\n', start);
    texts.push(JSON.parse(buffer.toString('utf8', start, end)) as string);
    start = end + 1;
  }
  return texts;
}

const DIFFERS = 'its checksum differs from the manifest';

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
  if ((await file.hash()) !== manifest.files[path]) throw damaged(folder, path, DIFFERS);
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
