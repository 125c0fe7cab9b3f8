import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { InterruptedError, sha256 } from '../../src/base/index.js';
import {
  HeldVectors,
  loadStore,
  readManifest,
  type Store,
  StreamedVectors,
  saveStore,
  verifyStore,
} from '../../src/data/index.js';
import { describeIf, python, temporaryFolder } from '../support/index.js';
import { type Row, storeOf } from './fixture.js';

const rows: Row[] = [
  [0, 1, 1.5, 1],
  [0, 0, 2.5, 0],
  [2, 3, 1.7e12, 1],
];
const store: Store = {
  ...storeOf(rows),
  interactions: { ...storeOf(rows).interactions, part: Uint8Array.of(0, 1, 2) },
  histories: {
    seen: { item: Int32Array.of(3, 1), start: Int32Array.of(0, 0, 0), end: Int32Array.of(0, 1, 2) },
  },
  userIds: ['7', 'ünï', 'user with spaces'],
  caveat: 'made up',
  users: {
    categories: { city: { values: Int32Array.of(0, -1, 1), cardinality: 2 } },
    tags: {},
    texts: {},
    vectors: {},
  },
  items: {
    categories: {},
    tags: {
      topic: { offsets: Int32Array.of(0, 2, 2, 3, 3), values: Int32Array.of(1, 0, 2), cardinality: 3 },
    },
    texts: { title: ['a "b"\r\nc\u2028', '', '雨 😀', 'null'] },
    vectors: {
      cover: new HeldVectors(Float32Array.of(0.1, 2, -3, 4e-9, 5, 6, 7, 8), 2, { clips: 2, fittedOn: 'all' }),
    },
  },
  truth: { is_click: Float32Array.of(0.75, 0.25, 0.5) },
};
const origin = { title: 'Made up', licence: null, citation: null, sources: [], report: ['kept 3 rows'] };

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = temporaryFolder();
  folder = join(parent, 'fixture');
  await saveStore(store, folder, origin, { 'card.yaml': 'name: fixture\n' });
});

describe('a store folder', () => {
  it('gives back what was saved', async () => {
    expect(await loadStore(folder)).toEqual(store);
    expect(await readManifest(folder)).toMatchObject({ ...origin, counts: { users: 3, items: 4, rows: 3 } });
    expect(readFileSync(join(folder, 'card.yaml'), 'utf8')).toBe('name: fixture\n');
  });

  it('is replaced by a new one, with nothing left beside it', async () => {
    const other = { ...storeOf(rows.slice(0, 2)), name: 'other' };
    await saveStore(other, folder, origin);
    expect((await loadStore(folder)).name).toBe('other');
    expect(readdirSync(parent)).toEqual(['fixture']);
  });

  it('is left alone by a failed write', async () => {
    const broken = { ...store, userIds: null as unknown as string[] };
    await expect(saveStore(broken, folder, origin)).rejects.toThrow(TypeError);
    expect(await loadStore(folder)).toEqual(store);
    expect(readdirSync(parent)).toEqual(['fixture']);
  });

  it('is left alone when a source changed after it was hashed', async () => {
    const source = join(parent, 'log.csv');
    writeFileSync(source, 'user,item');
    const { size: bytes, mtimeMs: modifiedMs } = statSync(source);
    const from = { ...origin, sources: [{ path: source, bytes, modifiedMs, sha256: '0'.repeat(64) }] };
    const cover = {
      width: 2,
      rows: () => {
        writeFileSync(source, 'user,item,time');
        return new Float32Array(8);
      },
    };
    const other = { ...store, items: { categories: {}, tags: {}, texts: {}, vectors: { cover } } };
    await expect(saveStore(other, folder, from)).rejects.toThrow('log.csv: the file changed while it was');
    expect(await loadStore(folder)).toEqual(store);
    expect(readdirSync(parent).sort()).toEqual(['fixture', 'log.csv']);
  });

  it('is left alone by a write that is interrupted', async () => {
    const interrupt = new AbortController();
    const cover = {
      width: 2,
      rows: () => {
        interrupt.abort();
        return new Float32Array(8);
      },
    };
    const other = { ...store, items: { categories: {}, tags: {}, texts: {}, vectors: { cover } } };
    await expect(saveStore(other, folder, origin, {}, interrupt)).rejects.toThrow(InterruptedError);
    expect(await loadStore(folder)).toEqual(store);
    expect(readdirSync(parent)).toEqual(['fixture']);
  });

  it('may be written by several at once', async () => {
    const stores = [1, 2, 3].map((n) => ({ ...storeOf(rows.slice(0, n)), name: `writer${n}` }));
    await Promise.all(stores.map((each) => saveStore(each, folder, origin)));
    expect(stores).toContainEqual(await loadStore(folder));
    expect(readdirSync(parent)).toEqual(['fixture']);
  });

  it('never takes the place of anything else', async () => {
    const foreign = join(parent, 'thesis');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'chapter1.tex'), 'dear reader');
    await expect(saveStore(store, foreign, origin)).rejects.toThrow('exists and is not a data set');
    expect(readdirSync(foreign)).toEqual(['chapter1.tex']);
  });

  it('clears away what dead processes left unfinished, and only that', async () => {
    const dead = `.x.2147483646@${hostname()}.0a1b2c3d.tmp`; // beyond the largest process id of Linux
    const alive = `.y.${process.pid}@${hostname()}.0a1b2c3d.tmp`;
    const elsewhere = '.z.2147483646@another.host.0a1b2c3d.tmp'; // on a shared disk
    for (const name of [dead, alive, elsewhere, '.config']) mkdirSync(join(parent, name));
    await saveStore(store, join(parent, 'second'), origin);
    expect(readdirSync(parent).sort()).toEqual(['.config', alive, elsewhere, 'fixture', 'second'].sort());
  });
});

describe('a damaged store folder', () => {
  const refusal = () =>
    loadStore(folder).then(
      () => 'loaded',
      (error: Error) => `${error.name}: ${error.message}`,
    );

  it.each(['interactions/item.npy', 'users/ids.txt', 'items/vectors/cover.npy'])(
    '%s truncated',
    async (file) => {
      const bytes = readFileSync(join(folder, file));
      writeFileSync(join(folder, file), bytes.subarray(0, -1));
      expect(await refusal()).toMatch(/^UserError: .*the file is damaged.*\n.*import the data again/);
    },
  );

  it('one bit flipped', async () => {
    const file = join(folder, 'interactions/time.npy');
    const bytes = readFileSync(file);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(file, bytes);
    expect(await refusal()).toMatch(/^UserError: .*time\.npy: the file is damaged/);
  });

  it('a file missing', async () => {
    mkdirSync(join(parent, 'empty'));
    await expect(loadStore(join(parent, 'empty'))).rejects.toThrow('is not a data set');
    await expect(loadStore(join(parent, 'absent'))).rejects.toThrow('is not a data set');
  });

  it.each([
    ['{"format": "mvrec-store", "version": 99}', 'written as version 99 of the store'],
    ['{"format": "mvrec-store", "ver', 'not JSON'],
    ['[]', 'the manifest is damaged'],
    ['null', 'the manifest is damaged'],
  ])('manifest %s', async (text, message) => {
    writeFileSync(join(folder, 'manifest.json'), text);
    expect(await refusal()).toMatch(/^UserError: /);
    expect(await refusal()).toContain(message);
  });
});

describe('vectors read by rows', () => {
  const cover = () => join(folder, 'items/vectors/cover.npy');
  const streamed = () => loadStore(folder, { streamedBytes: 0 });
  const flip = () => {
    const bytes = readFileSync(cover());
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(cover(), bytes);
    // The system's clock of files stands still for some milliseconds, in which nobody sees a change.
    const later = new Date(statSync(cover()).mtimeMs + 50);
    utimesSync(cover(), later, later);
  };

  it('are those that were saved, in any order', async () => {
    const { items } = await streamed();
    expect(items.vectors.cover).toBeInstanceOf(StreamedVectors);
    for (const order of [[2, 0, 1, 3], [3], [1, 1, 2], []]) {
      expect(items.vectors.cover!.rows(Int32Array.from(order))).toEqual(
        store.items.vectors.cover!.rows(Int32Array.from(order)),
      );
    }
  });

  it('stay those of the opened store when another takes its place', async () => {
    const { items } = await streamed();
    const other = new HeldVectors(new Float32Array(8), 2);
    await saveStore(
      { ...store, items: { categories: {}, tags: {}, texts: {}, vectors: { cover: other } } },
      folder,
      origin,
    );
    expect(items.vectors.cover!.rows(Int32Array.of(1))).toEqual(Float32Array.of(-3, 4e-9));
    expect((await streamed()).items.vectors.cover!.rows(Int32Array.of(1))).toEqual(Float32Array.of(0, 0));
  });

  it('may be saved again from the file', async () => {
    const copy = join(parent, 'copy');
    await saveStore(await streamed(), copy, origin);
    expect(await loadStore(copy)).toEqual(store);
  });

  it('are hashed when the file was touched, and only then', async () => {
    flip();
    await expect(streamed()).rejects.toThrow('the file is damaged: its checksum differs');
    flip(); // whole again, but written lately
    await streamed();
    const { mtime } = statSync(cover());
    flip();
    utimesSync(cover(), mtime, mtime); // a disk that rots leaves no trace
    await streamed();
    await expect(verifyStore(folder)).rejects.toThrow('cover.npy: the file is damaged');
    await expect(loadStore(folder)).rejects.toThrow('cover.npy: the file is damaged'); // held: always hashed
  });

  it('are never read from a file that was cut short', async () => {
    const { mtime } = statSync(cover());
    writeFileSync(cover(), readFileSync(cover()).subarray(0, -8));
    utimesSync(cover(), mtime, mtime);
    await expect(streamed()).rejects.toThrow('the file is damaged');
  });

  it('are as many as there are items, texts too', async () => {
    const file = join(folder, 'manifest.json');
    const text = readFileSync(file, 'utf8');
    const short = '""\n""\n';
    const path = 'items/texts/title.jsonl';
    const { files } = JSON.parse(text) as { files: Record<string, string> };
    writeFileSync(join(folder, path), short);
    writeFileSync(file, text.replace(files[path]!, sha256(short)));
    const { items } = await loadStore(folder);
    expect(() => items.texts.title).toThrow('it holds 2 texts, not 4 as in the manifest');
  });

  it('are of the shape that the manifest tells, however they are read', async () => {
    const file = join(folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
    writeFileSync(
      file,
      JSON.stringify({
        ...manifest,
        items: { categories: {}, tags: { topic: 3 }, texts: ['title'], vectors: { cover: { width: 4 } } },
      }),
    );
    await expect(streamed()).rejects.toThrow('it is [4, 2], not [4, 4] as in the manifest');
    await expect(loadStore(folder)).rejects.toThrow('it is [4, 2], not [4, 4] as in the manifest');
  });

  it('are whole files when verified', async () => {
    const { files } = await readManifest(folder);
    const sizes = Object.keys(files).map((path) => statSync(join(folder, path)).size);
    expect(await verifyStore(folder)).toEqual({
      files: sizes.length,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
    });
  });
});

const numpy = python('numpy');
describeIf(numpy.exists, numpy.reason)('numpy', () => {
  it('reads the columns', () => {
    const program = `
import numpy, sys
cover = numpy.load(sys.argv[1] + '/items/vectors/cover.npy')
time = numpy.load(sys.argv[1] + '/interactions/time.npy')
print(cover.shape, cover.dtype, cover.tolist()[1][0], time.tolist())`;
    expect(numpy.run(program, folder).trim()).toBe('(4, 2) float32 -3.0 [1.5, 2.5, 1700000000000.0]');
  });
});
