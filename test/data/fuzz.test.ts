import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { randomStream, UserError } from '../../src/base/index.js';
import { type Card, importInto, loadStore, type Store } from '../../src/data/index.js';
import { effort, temporaryFolder } from '../support/index.js';
import { bundledCard, fixturesFolder } from './datasets/support.js';
import { mutations } from './mutations.js';

/** Faults a fixture. */
const ROUNDS = effort;

const names = readdirSync(fixturesFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(fixturesFolder, '..', `${entry.name}.yaml`)))
  .map((entry) => entry.name);

/** Whatever a source is like, a store that comes of it is sound. */
function requireSound({ interactions, userIds, itemIds, users, items, histories }: Store): void {
  const { rows, user, item, time, userOffsets, columns } = interactions;
  expect(new Set(userIds).size).toBe(userIds.length);
  expect(new Set(itemIds).size).toBe(itemIds.length);
  expect(userOffsets.at(-1)).toBe(rows);
  for (let row = 0; row < rows; row++) {
    const sound =
      user[row]! < userIds.length &&
      item[row]! >= 0 &&
      item[row]! < itemIds.length &&
      Number.isFinite(time[row]) &&
      (row === 0 ||
        user[row]! > user[row - 1]! ||
        (user[row] === user[row - 1] && time[row]! >= time[row - 1]!));
    if (!sound) throw new Error(`row ${row} is not sound`);
  }
  for (const values of Object.values(columns)) expect(values.every(Number.isFinite)).toBe(true);
  for (const { item: events, start, end } of Object.values(histories)) {
    expect(events.every((event) => event >= 0 && event < itemIds.length)).toBe(true);
    expect(start.every((first, row) => first >= 0 && first <= end[row]! && end[row]! <= events.length)).toBe(
      true,
    );
  }
  for (const [ids, { vectors }] of [
    [userIds, users],
    [itemIds, items],
  ] as const) {
    const all = Int32Array.from(ids.keys());
    for (const vector of Object.values(vectors)) expect(vector.rows(all).every(Number.isFinite)).toBe(true);
  }
}

describe.each(names)('faults in %s', (name) => {
  const random = randomStream('fuzz', process.env.MVREC_FUZZ_SEED ?? 1, name);

  it(`end in one clear error or in a sound store, ${ROUNDS} times`, async () => {
    const { expect: _, ...card } = await bundledCard(name);
    const root = temporaryFolder();
    const [dataDir, from] = [join(root, 'stores'), join(root, name)];
    const folder = join(dataDir, name);
    for (const folder of new Set([name, ...besides(card)])) {
      cpSync(join(fixturesFolder, folder), join(root, folder), { recursive: true });
    }
    const attempt = () => importInto(card, from, folder, { dataDir, asFound: true });
    const clean = await attempt();
    const before = readdirSync(dataDir, { recursive: true }).sort();
    const files = clean.store ? sourceFiles(from) : [];
    for (let round = 0; round < ROUNDS; round++) {
      const file = files[random.int(files.length)]!;
      const fitting = mutations.filter(({ only }) => only?.test(file) ?? true);
      const mutation = fitting[random.int(fitting.length)]!;
      const bytes = readFileSync(file);
      const spoilt = mutation.apply(bytes, random);
      if (!spoilt) continue;
      writeFileSync(file, spoilt);
      const fault = `${file.slice(from.length + 1)}: ${mutation.name}`;
      try {
        const { store } = await attempt();
        requireSound(store);
        if (mutation.harmless)
          expect({ ...store, fingerprint: '' }).toEqual({ ...clean.store, fingerprint: '' });
        await importInto(card, restored(file, bytes, from), folder, { dataDir, asFound: true });
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`${fault}: ${(error as Error).stack}`);
        if (mutation.harmless) throw new Error(`${fault}: ${error.message}`);
        expect(error.message.split('\n').length).toBeLessThan(8);
        expect(readdirSync(dataDir, { recursive: true }).sort()).toEqual(before);
        writeFileSync(file, bytes);
      }
    }
    expect({ ...(await loadStore(folder)), name }).toEqual({ ...clean.store, name });
  });
});

/** Folders beside its own that a card has files in: ../FOLDER/FILE. */
function besides({ files }: Pick<Card, 'files'>): string[] {
  const paths = Object.values(files).flatMap(({ path }) => path);
  return paths.flatMap((path) => /^\.\.\/([^/]+)\//.exec(path)?.[1] ?? []);
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Puts the file back; returns the folder. */
function restored(file: string, bytes: Buffer, from: string): string {
  writeFileSync(file, bytes);
  return from;
}
