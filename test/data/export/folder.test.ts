import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { InterruptedError, UserError } from '../../../src/base/index.js';
import { type ExportFormat, exportData, requireFree, type Store } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';
import { tinyExperiment } from './tiny.js';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = temporaryFolder();
  folder = join(parent, 'out');
});

const write = (options: Partial<Parameters<typeof exportData>[1]> = {}, exported = tinyExperiment(2)) =>
  exportData(exported, { to: 'recbole', folder, replace: false, request: { label: 'is_click' }, ...options });
const formats: readonly ExportFormat[] = ['recbole', 'fuxictr', 'parquet'];

describe('the folder of an export', () => {
  it('says where it comes from', async () => {
    const summary = await write();
    expect(summary).toMatchObject({ rows: { train: 3, validation: 2, test: 2 }, users: 2, items: 3 });
    expect(JSON.parse(readFileSync(join(folder, 'export.json'), 'utf8'))).toEqual({
      format: 'mvrec-export',
      version: 1,
      to: 'recbole',
      dataset: 'tiny',
      fingerprint: 'f'.repeat(64),
      caveat: 'made up',
      title: 'A tiny log',
      licence: 'CC0',
      citation: null,
      request: { label: 'is_click' },
      label: 'is_click',
      histories: { history: 2 },
      users: 2,
      items: 3,
      rows: { train: 3, validation: 2, test: 2 },
      notes: [expect.stringMatching(/^2 of 3 texts of title are changed/)],
    });
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('is replaced only when that is said, and whole', async () => {
    await write();
    await expect(write()).rejects.toThrow('holds an export already');
    await write({ to: 'fuxictr', replace: true });
    expect(readdirSync(folder).sort()).toEqual([
      'dataset_config.yaml',
      'export.json',
      'item_cover_emb.h5',
      'test.csv',
      'train.csv',
      'valid.csv',
    ]);
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('may be there already when it is empty', async () => {
    mkdirSync(folder);
    await write();
    expect(existsSync(join(folder, 'export.json'))).toBe(true);
  });

  it.each([
    ['thesis.txt', 'years of work'],
    ['export.json', '{"format":"other"}'],
    ['export.json', 'null'],
    ['export.json', '{'],
  ])('is never taken from something else: %s %j', async (name, text) => {
    mkdirSync(folder);
    writeFileSync(join(folder, name), text);
    await expect(write({ replace: true })).rejects.toThrow('holds other things than an export');
    expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('cannot be a file', async () => {
    writeFileSync(folder, '');
    await expect(requireFree(folder, true)).rejects.toThrow(`${folder} is a file, or lies in one`);
    await expect(requireFree(join(folder, 'sub'), true)).rejects.toThrow(UserError);
  });

  it.each(formats)('is not there after a failure (%s)', async (to) => {
    const exported = tinyExperiment(2);
    const broken = {
      width: 2,
      rows: (): Float32Array => {
        throw new UserError('the disk is gone');
      },
    };
    const items = { ...exported.store.items, vectors: { cover: broken } };
    const store: Store = { ...exported.store, items };
    await expect(write({ to }, { ...exported, store })).rejects.toThrow('the disk is gone');
    expect(readdirSync(parent)).toEqual([]);
  });

  it.each(formats)('is not there after an interrupt (%s)', async (to) => {
    await write({ to }); // and what was there stays
    for (const stage of ['tiny.train', 'train.csv', 'cover', 'interactions']) {
      const controller = new AbortController();
      const onProgress = (text: string): void => {
        if (text.includes(stage)) controller.abort();
      };
      const done = write({ to, replace: true, signal: controller.signal, onProgress });
      await done.catch((error: unknown) => expect(error).toBeInstanceOf(InterruptedError));
      if (controller.signal.aborted) await expect(done).rejects.toBeInstanceOf(InterruptedError);
    }
    expect(readdirSync(parent)).toEqual(['out']);
    expect(existsSync(join(folder, 'export.json'))).toBe(true);
  });
});
