import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  importInto,
  isSimulated,
  type KeepOptions,
  loadStore,
  lookUpSource,
  openSource,
  readCard,
  type Source,
  simulateInto,
  sourceOf,
  unchangedImport,
} from '../../src/data/index.js';
import { replaceFolder } from '../../src/data/saveStore.js';
import { temporaryFolder } from '../support/index.js';

const log = 'user,video,time,click\n1,1,1,1\n1,2,2,0\n';
const card = `name: tiny
title: A tiny log
caveat: made up
files: { log: { path: log.csv } }
interactions: { file: log, user: user, item: video, time: time, columns: [click] }
`;

let from: string;
let dataDir: string;
let source: Source;
beforeEach(() => {
  from = temporaryFolder();
  dataDir = join(from, 'data');
  writeFileSync(join(from, 'log.csv'), log);
  writeFileSync(join(from, 'card.yaml'), card);
  source = { card: join(from, 'card.yaml'), from };
});

/** Opens and says whether anything had to be made. */
async function open(which: Source = source) {
  const stages: string[] = [];
  const store = await openSource(which, { dataDir, onProgress: (stage) => stages.push(stage) });
  return {
    store,
    made: stages.some((stage) => stage.startsWith('writing') || stage.startsWith('simulating')),
  };
}

describe('what would be opened', () => {
  it('of a card is known once it is imported, and not after a file has changed', async () => {
    expect(await lookUpSource(source, dataDir)).toEqual({ fingerprint: null, isHere: false });
    const { store } = await open();
    expect(await lookUpSource(source, dataDir)).toEqual({ fingerprint: store.fingerprint, isHere: true });
    writeFileSync(join(from, 'log.csv'), `${log}1,3,3,1\n`);
    expect(await lookUpSource(source, dataDir)).toEqual({ fingerprint: null, isHere: false });
    rmSync(join(from, 'log.csv'));
    await expect(lookUpSource(source, dataDir)).rejects.toThrow('log.csv: there is no such file');
  });

  it('of a world is known before it is simulated', async () => {
    const world: Source = { world: 'quickstart', scale: 0.05, seed: 1 };
    const before = await lookUpSource(world, dataDir);
    const { store } = await open(world);
    expect(before).toEqual({ fingerprint: store.fingerprint, isHere: false });
    expect(await lookUpSource(world, dataDir)).toEqual({ ...before, isHere: true });
  });

  it('of a store is what it says, and an error where there is none', async () => {
    await simulateInto({ world: 'quickstart', scale: 0.05, seed: 1 }, join(dataDir, 'mine'), 'mine');
    const { fingerprint } = await loadStore(join(dataDir, 'mine'));
    expect(await lookUpSource({ store: 'mine' }, dataDir)).toEqual({ fingerprint, isHere: true });
    await expect(lookUpSource({ store: 'yours' }, dataDir)).rejects.toThrow('there is no data set yours');
  });

  it('is simulated where it is a world, or a store that one was written to', async () => {
    const world = { world: 'quickstart', scale: 0.05, seed: 1 } as const;
    await simulateInto(world, join(dataDir, 'mine'), 'mine');
    await open(); // which keeps the card's data under a name of their own
    expect(await isSimulated(world, dataDir)).toBe(true);
    expect(await isSimulated({ store: 'mine' }, dataDir)).toBe(true);
    expect(await isSimulated(source, dataDir)).toBe(false);
  });
});

describe('a card', () => {
  it('is imported once, then read back the same', async () => {
    const first = await open();
    const second = await open();
    expect([first.made, second.made]).toEqual([true, false]);
    expect(second.store).toEqual(first.store);
    expect(second.store.caveat).toBe('made up');
  });

  it('is imported again when a file changes', async () => {
    await open();
    writeFileSync(join(from, 'log.csv'), `${log}1,3,3,1\n`);
    const { store, made } = await open();
    expect([made, store.interactions.rows]).toEqual([true, 3]);
    expect(readdirSync(dataDir)).toHaveLength(1); // the stale one is gone
  });

  it('is not imported again when a file is only touched', async () => {
    await open();
    utimesSync(join(from, 'log.csv'), 1, 1);
    expect((await open()).made).toBe(false);
  });

  it('whose file is another one than its md5 says stays imported once it was taken as found', async () => {
    const other = card.replace('path: log.csv', `path: log.csv, md5: ${'a'.repeat(32)}`);
    writeFileSync(join(from, 'card.yaml'), other);
    const taken = await readCard(join(from, 'card.yaml'));
    const folder = join(dataDir, 'tiny');
    await importInto(taken.card, from, folder, { dataDir, asFound: true }, taken.text);
    utimesSync(join(from, 'log.csv'), 1, 1);
    expect(await unchangedImport(taken.card, from, folder, taken.text)).not.toBeNull();
  });

  it('is imported again when the card changes', async () => {
    await open();
    writeFileSync(join(from, 'card.yaml'), card.replace('made up', 'invented'));
    const { store, made } = await open();
    expect([made, store.caveat]).toEqual([true, 'invented']);
  });

  it('is made again when the store is of another version', async () => {
    await open();
    const [folder] = readdirSync(dataDir);
    writeFileSync(join(dataDir, folder!, 'manifest.json'), '{"format":"mvrec-store","version":0}');
    expect((await open()).made).toBe(true);
  });

  it('that is missing, or whose file is, is a mistake', async () => {
    await expect(open({ card: join(from, 'no.yaml'), from })).rejects.toThrow('there is no file');
    await expect(open({ card: from, from })).rejects.toThrow('is a folder, not a card');
    const inPlaceOfFolder = open({ card: join(from, 'card.yaml'), from: join(from, 'log.csv') });
    await expect(inPlaceOfFolder).rejects.toThrow('--from (or data.source.from) is a file, not a folder');
    rmSync(join(from, 'log.csv'));
    await expect(open()).rejects.toThrow('there is no such file');
  });
});

it('a card whose import was kept by its name is not imported again', async () => {
  const { card: own, text } = await readCard(join(from, 'card.yaml'));
  const named = join(dataDir, own.name);
  await importInto(own, from, named, { dataDir }, text);
  expect((await open()).made).toBe(false);
  // Other words of the card, other contents of the file.
  writeFileSync(join(from, 'card.yaml'), `${text}# mine\n`);
  expect((await open()).made).toBe(true);
});

describe('a world', () => {
  it('is simulated once for each scale and seed', async () => {
    const world = { world: 'quickstart', scale: 0.05, seed: 1 } as const;
    const first = await open(world);
    const second = await open(world);
    const other = await open({ ...world, seed: 2 });
    expect([first.made, second.made, other.made]).toEqual([true, false, true]);
    expect(second.store).toEqual(first.store);
    expect(other.store.fingerprint).not.toBe(first.store.fingerprint);
  });
});

describe('a name', () => {
  const keep = async (
    file: string,
    options: Partial<Parameters<typeof importInto>[3]> & KeepOptions = {},
  ) => {
    writeFileSync(join(from, `${file}.yaml`), card.replace('path: log.csv', `path: ${file}.csv`));
    const { card: own, text } = await readCard(join(from, `${file}.yaml`));
    return importInto(own, from, join(dataDir, 'mine'), { dataDir, replace: false, ...options }, text);
  };
  /** Puts a store that was kept elsewhere under the name at the moment when another begins to write its own. */
  const meanwhile = (store: string) => (stage: string) => {
    if (stage.startsWith('writing')) cpSync(store, join(dataDir, 'mine'), { recursive: true });
  };
  let other: string;
  beforeEach(async () => {
    other = join(from, 'kept');
    writeFileSync(join(from, 'other.csv'), `${log}2,3,3,1\n`);
    await keep('other');
    renameSync(join(dataDir, 'mine'), other);
  });
  const rowsNow = async () => (await loadStore(join(dataDir, 'mine'))).interactions.rows;

  it('that other data have, or take meanwhile, stays theirs', async () => {
    const taken = `the name mine is taken by data from ${join(from, 'other.csv')}`;
    await expect(keep('log', { onProgress: meanwhile(other) })).rejects.toThrow(taken);
    expect([await rowsNow(), readdirSync(dataDir)]).toEqual([3, ['mine']]);
    await expect(keep('log')).rejects.toThrow(taken);
    const world = { world: 'quickstart', scale: 0.05, seed: 1 } as const;
    const simulate = (options: Parameters<typeof simulateInto>[3]) =>
      simulateInto(world, join(dataDir, 'mine'), 'mine', { replace: false, ...options });
    await expect(simulate({})).rejects.toThrow(taken);
    rmSync(join(dataDir, 'mine'), { recursive: true });
    await expect(simulate({ onProgress: meanwhile(other) })).rejects.toThrow(taken);
    expect([await rowsNow(), readdirSync(dataDir)]).toEqual([3, ['mine']]);
  });

  it('is taken all the same when that is said', async () => {
    await keep('log', { onProgress: meanwhile(other), replace: true });
    expect(await rowsNow()).toBe(2);
  });

  it('may be given to the same files twice at once', async () => {
    await keep('other', { onProgress: meanwhile(other) });
    await Promise.all([keep('other'), keep('other')]);
    expect([await rowsNow(), readdirSync(dataDir)]).toEqual([3, ['mine']]);
  });

  it('is given back where the folder that steps aside turns out to be another', async () => {
    for (const name of ['old', 'new']) {
      mkdirSync(join(from, name));
      writeFileSync(join(from, name, name), '');
    }
    const folder = join(from, 'old');
    const guard = async (place: string): Promise<void> => {
      if (place !== folder) throw new Error('not that one');
    };
    await expect(replaceFolder(join(from, 'new'), folder, guard)).rejects.toThrow('not that one');
    expect(readdirSync(folder)).toEqual(['old']);
  });
});

describe('a word on the command line', () => {
  it('names a card, a world, an imported data set or a folder', async () => {
    await open();
    const [folder] = readdirSync(dataDir);
    const path = join(dataDir, folder!);
    expect(await sourceOf('a/b.yaml', undefined, dataDir)).toEqual({ card: 'a/b.yaml', from: 'a' });
    expect(await sourceOf('b.yml', 'files', dataDir)).toEqual({ card: 'b.yml', from: 'files' });
    expect(await sourceOf('quickstart', undefined, dataDir)).toEqual({
      world: 'quickstart',
      scale: 1,
      seed: 1,
    });
    expect(await sourceOf(folder!, undefined, dataDir)).toEqual({ store: path });
    expect((await openSource({ store: folder! }, { dataDir })).interactions.rows).toBe(2);
    expect((await openSource({ store: path }, { dataDir: from })).interactions.rows).toBe(2);
  });

  it('that names nothing is a mistake', async () => {
    await expect(sourceOf('quikstart', undefined, dataDir)).rejects.toThrow('Did you mean quickstart?');
    await expect(sourceOf('quickstart', 'files', dataDir)).rejects.toThrow('--from goes with a card');
    await expect(openSource({ store: join(from, 'none') }, { dataDir })).rejects.toThrow('is not a data set');
  });
});
