import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { encodeNpy, InterruptedError } from '../../../src/base/index.js';
import { openText } from '../../../src/data/import/textFile.js';
import type { CardInput } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';
import { type Files, folderOf, imported, importFrom, writeParquet } from './support.js';

const log = 'user,video,time,click\n1,10,5,1\n1,20,6,0\n2,10,3,1\n';

const cardOf = (path: string): CardInput => ({
  name: 'tiny',
  title: 'A tiny log',
  files: { log: { path } },
  interactions: { file: 'log', user: 'user', item: 'video', time: 'time', columns: ['click'] },
});

async function columnsOf(files: Files, path: string) {
  const { store, report } = await imported(files, cardOf(path));
  const { item, time, columns } = store.interactions;
  return { items: store.itemIds, item: [...item], time: [...time], click: [...columns.click!], report };
}

/** The message of the error that an import ends with; it leaves no store. */
async function problemOf(files: Files, path: string): Promise<string> {
  const from = folderOf(files);
  const error: unknown = await importFrom(from, cardOf(path)).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'UserError' });
  expect(existsSync(join(from, '.stores', 'tiny'))).toBe(false);
  return (error as Error).message.replaceAll(from, '');
}

describe('a log packed by gzip', () => {
  const kept = {
    items: ['10', '20'],
    item: [0, 1, 0],
    time: [5, 6, 3],
    click: [1, 0, 1],
    report: ['kept 3 rows'],
  };

  it('is read as if it were not, whatever its name', async () => {
    expect(await columnsOf({ 'log.csv': log }, 'log.csv')).toEqual(kept);
    expect(await columnsOf({ 'log.csv.gz': gzipSync(log) }, 'log.csv.gz')).toEqual(kept);
    expect(await columnsOf({ 'log.csv': gzipSync(log) }, 'log.csv')).toEqual(kept);
    expect(await columnsOf({ 'log.csv.gz': log }, 'log.csv.gz')).toEqual(kept);
  });

  it('may be of several members, as parallel packers write it', async () => {
    const cut = log.indexOf('20');
    const members = Buffer.concat([gzipSync(log.slice(0, cut)), gzipSync(log.slice(cut))]);
    expect(await columnsOf({ 'log.csv.gz': members }, 'log.csv.gz')).toEqual(kept);
  });

  it('may be one of several files', async () => {
    const [head, first, ...others] = log.trimEnd().split('\n');
    const files = {
      'part/0.csv.gz': gzipSync(`${head}\n${first}\n`),
      'part/1.csv': `${head}\n${others.join('\n')}\n`,
    };
    expect(await columnsOf(files, 'part')).toEqual(kept);
  });

  it('is reported when its text ends within a line', async () => {
    const { report } = await columnsOf({ 'log.csv.gz': gzipSync(log.trimEnd()) }, 'log.csv.gz');
    expect(report[0]).toMatch(/log\.csv\.gz ends without a line end: was it cut off\?$/);
  });

  it('has lines that errors name', async () => {
    const wrong = gzipSync(log.replace('6,0', '6,no'));
    expect(await problemOf({ 'log.csv.gz': wrong }, 'log.csv.gz')).toMatch(
      /^\/log\.csv\.gz:3: column click must be a number, found "no"/,
    );
    const empty = gzipSync(log.replace('6,0', '6,'));
    expect(await problemOf({ 'log.csv.gz': empty }, 'log.csv.gz')).toMatch(
      /^\/log\.csv\.gz:3: column click is empty/,
    );
  });

  it('can be interrupted', async () => {
    const path = join(folderOf({ 'log.csv.gz': gzipSync(log) }), 'log.csv.gz');
    await expect(openText(path, AbortSignal.abort())).rejects.toBeInstanceOf(InterruptedError);
  });

  // 10,000 rows; DuckDB alone takes one that lacks its last bytes, or has another checksum, for whole.
  const many = Array.from({ length: 10_000 }, (_, i) => `${i % 7},${(i * 7919) % 101},${i},${i % 2}\n`);
  const packed = gzipSync(log + many.join(''));
  const changed = (at: number): Buffer => {
    const copy = Buffer.from(packed);
    copy[at]! ^= 0xff;
    return copy;
  };
  it.each([
    ['half of it', packed.subarray(0, packed.length / 2), 'its gzip data are cut off'],
    ['all but its last byte', packed.subarray(0, -1), 'its gzip data are cut off'],
    ['all but its trailer', packed.subarray(0, -8), 'its gzip data are cut off'],
    ['its header alone', packed.subarray(0, 10), 'its gzip data are cut off'],
    ['another checksum', changed(packed.length - 8), 'its gzip data are damaged'],
    ['another length', changed(packed.length - 1), 'its gzip data are damaged'],
    ['another byte', changed(packed.length / 2), 'its gzip data are damaged'],
    ['nothing', gzipSync(''), 'the file is empty'],
    ['gzip', gzipSync(gzipSync(log)), 'is packed by gzip twice\n  Unpack it first.'],
  ])('is refused where it holds %s', async (_, bytes, message) => {
    expect(await problemOf({ 'log.csv.gz': bytes }, 'log.csv.gz')).toContain(`/log.csv.gz: ${message}`);
  });
});

describe('what is no text', () => {
  /** A tar archive begins with a name of 100 bytes, numbers, and from byte 257 on the word ustar. */
  const tar = Buffer.alloc(1024);
  tar.write('log.csv');
  tar.write('ustar', 257);
  const signature = (hex: string): Buffer => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from(log)]);

  it.each<[string, Buffer | Uint8Array, string]>([
    ['a zip archive', signature('504b0304'), 'is a zip archive\n  Unpack it first.'],
    ['tar', tar, 'is a tar archive\n  Unpack it first.'],
    ['tar in gzip', gzipSync(tar), 'is a tar archive\n  Unpack it first.'],
    ['zstd', signature('28b52ffd'), 'is packed by zstd\n  Unpack it first.'],
    ['bzip2', signature('425a6839314159265359'), 'is packed by bzip2\n  Unpack it first.'],
    ['xz', signature('fd377a585a00'), 'is packed by xz\n  Unpack it first.'],
    ['7z', signature('377abcaf271c'), 'is a 7z archive\n  Unpack it first.'],
    ['HDF5', signature('894844460d0a1a0a'), 'is HDF5\n  Features are read from it by a card'],
    ['npy', encodeNpy(Float32Array.of(1, 2), [1, 2]), 'is npy\n  Features are read from it by a card'],
    ['UTF-16', Buffer.from(`\ufeff${log}`, 'utf16le'), 'is UTF-16\n  Convert it'],
  ])('is named: %s', async (_, bytes, message) => {
    expect(await problemOf({ 'log.csv': bytes }, 'log.csv')).toContain(`/log.csv: ${message}`);
  });

  it('is named: UTF-16 without its mark', async () => {
    const problem = await problemOf({ 'log.csv': Buffer.from(log, 'utf16le') }, 'log.csv');
    expect(problem).toContain('/log.csv:1: is not a text file: byte 2 is 0');
  });

  it('is named: Parquet under another ending', async () => {
    const from = temporaryFolder();
    await writeParquet(join(from, 'log.csv'), 'SELECT 1 AS "user", 2 AS video, 3 AS time, 1 AS click');
    await expect(importFrom(from, cardOf('log.csv'))).rejects.toThrow(
      'log.csv: is Parquet under another ending\n  Give it the ending .parquet.',
    );
  });

  it('is not suspected in text that begins with the same letters', async () => {
    for (const column of ['PAR1', 'BZh9']) {
      const text = log
        .replace('user,video,time,click\n', `${column},user,video,time,click\n`)
        .replace(/^\d/gm, 'x,$&');
      expect((await columnsOf({ 'log.csv': text }, 'log.csv')).click).toEqual([1, 0, 1]);
    }
  });
});

it('reads a header of any length', async () => {
  const from = temporaryFolder();
  const more = Array.from({ length: 20_000 }, (_, i) => `column${i}`); // some 200 kB
  const row = (line: string): string => `${line},${more.map(() => 0).join(',')}`;
  const [head, ...rows] = log.trimEnd().split('\n');
  writeFileSync(join(from, 'log.csv'), `${head},${more.join(',')}\n${rows.map(row).join('\n')}\n`);
  const card = cardOf('log.csv');
  const columns = ['click', 'column19999'];
  const { store } = await importFrom(from, { ...card, interactions: { ...card.interactions, columns } });
  expect([...store.interactions.columns.click!]).toEqual([1, 0, 1]);
});

describe('lines', () => {
  it('are counted past quotes within cells', async () => {
    const text = 'user,video,size,time,click\n1,10,5" x,1,1\n1,20,y,2,1\n1,,y,3,1\n1,30,y,4,1\n';
    expect(await problemOf({ 'log.csv': text }, 'log.csv')).toMatch(/^\/log.csv:4: column video is empty/);
  });

  it('must end alike, and not in CR alone', async () => {
    expect(await problemOf({ 'log.csv': log.replaceAll('\n', '\r') }, 'log.csv')).toMatch('end in CR alone');
    expect(await problemOf({ 'log.csv': log.replace('0\n', '0\r\n') }, 'log.csv')).toMatch('end alike');
  });
});
