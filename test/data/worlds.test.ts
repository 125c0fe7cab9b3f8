import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dataSimulate } from '../../src/cli/commands/data-simulate.js';
import {
  type KnobSettings,
  knobsOf,
  loadStore,
  type Store,
  simulate,
  simulateInto,
  type WorldName,
  worldFingerprint,
  worldNames,
  worlds,
} from '../../src/data/index.js';
import { temporaryFolder } from '../support/index.js';
import { rowsOf, worldWith } from './worldSupport.js';

const small: Readonly<Record<WorldName, number>> = {
  quickstart: 0.1,
  microvideo: 0.001,
  kuaishou: 0.001,
  toffee: 0.02,
  frame: 0.01,
};

/** Numbers of the published logs, and the width of their vectors: of FRAME's 4 clips 128 each. */
const published = {
  microvideo: { users: 10_986, items: 1_704_880, rows: 12_737_619, width: 512 },
  kuaishou: { users: 10_000, items: 3_239_534, rows: 13_661_383, width: 64 },
  frame: { users: 12_739, items: 58_291, rows: 342_694, width: 512 },
} as const;

describe('the worlds', () => {
  it.each(['microvideo', 'kuaishou', 'frame'] as const)('%s has the published shape', (name) => {
    const { users, items, rows, width } = published[name];
    const knobs = knobsOf({ world: name, scale: 1, seed: 1 });
    expect([knobs.users, knobs.items]).toEqual([users, items]);
    // What a session lacks is little: a pool of 60 gives 8.
    expect(Math.abs((knobs.sessions * knobs.sessionLength * users) / rows - 1)).toBeLessThan(0.01);
    expect(name === 'frame' ? knobs.clips * knobs.clipWidth : knobs.coverWidth).toBe(width);
    expect(name === 'microvideo' ? knobs.categories : 512).toBe(512);
  });

  it('toffee has the published users and videos, and thumbs-ups alone', async () => {
    const { users, items } = knobsOf({ world: 'toffee', scale: 1, seed: 1 });
    expect([users, items]).toEqual([780, 73_015]);
    const { interactions } = await simulate({ world: 'toffee', scale: small.toffee, seed: 1 });
    expect(interactions.columns.is_like!.every((like) => like === 1)).toBe(true);
    // 233,144 of 780 users; the log of activity has a spread of 0.8, which makes 0.95 of the mean a user.
    const mean = interactions.rows / 16;
    expect(Math.abs(mean - 299)).toBeLessThan((4 * 0.95 * 299) / 4);
  });

  it.each(worldNames)(
    '%s is a well-formed store that knows the probabilities of its labels',
    async (world) => {
      const store = await simulate({ world, scale: small[world], seed: 2 });
      const { columns, userOffsets, time, user, item, rows } = store.interactions;
      const all = rowsOf(store);
      expect(userOffsets.at(-1)).toBe(rows);
      expect(all.filter((row) => user[row] === user[row - 1] && time[row]! < time[row - 1]!)).toEqual([]);
      expect(new Set(all.map((row) => `${user[row]} ${item[row]}`)).size).toBe(rows);
      for (const name of ['is_like', 'is_follow']) {
        expect(all.filter((row) => columns[name]![row]! > columns.is_click![row]!)).toEqual([]);
      }
      const watch = world === 'quickstart' ? [] : ['finished'];
      expect(Object.keys(store.truth)).toEqual(['is_click', 'is_like', 'is_follow', ...watch]);
      for (const [name, truth] of Object.entries(store.truth)) {
        const expected = truth.reduce((sum, p) => sum + p, 0);
        const variance = truth.reduce((sum, p) => sum + p * (1 - p), 0);
        const found = columns[name]!.reduce((sum, one) => sum + one, 0);
        expect(Math.abs(found - expected)).toBeLessThan(4.5 * Math.sqrt(variance) + 0.01);
      }
      expect(Object.keys(store.items.categories)).toEqual(['category', 'author', 'music']);
      expect(Object.keys(store.users.categories)).toEqual(['gender', 'age', 'city']);
      expect(store.items.tags.tags!.offsets).toHaveLength(store.itemIds.length + 1);
      expect(store.caveat).toMatch(/^simulated \(world /);
    },
  );

  it('are the same byte for byte when they are made again', async () => {
    const spec = { world: 'frame', scale: 0.005, seed: 3, knobs: { pool: 20 } } as const;
    const folders = [temporaryFolder(), temporaryFolder()].map((folder) => join(folder, 'store'));
    for (const folder of folders) await simulateInto(spec, folder, 'store');
    const [first, second] = folders.map((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== 'stamps.json')
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length)),
    );
    expect(second).toEqual(first);
    expect(first!.length).toBeGreaterThan(25);
    for (const file of first!) {
      expect(readFileSync(join(folders[1]!, file)).equals(readFileSync(join(folders[0]!, file)))).toBe(true);
    }
    const { fingerprint } = await loadStore(folders[0]!);
    expect(fingerprint).toBe(worldFingerprint(spec));
  });

  it('give a video and a user the same draws at every scale', async () => {
    const [few, many] = await Promise.all(
      [0.1, 0.2].map((scale) => simulate({ world: 'quickstart', scale, seed: 4 })),
    );
    const of = ({ items, users }: Store) => ({
      ...Object.fromEntries(
        Object.entries(items.categories).map(([name, { values }]) => [name, values.slice(0, 240).join()]),
      ),
      tags: items.tags.tags!.values.slice(0, items.tags.tags!.offsets[240]).join(),
      cover: items.vectors.cover!.rows(Int32Array.of(0, 239)).join(),
      gender: users.categories.gender!.values.slice(0, 50).join(),
      city: users.categories.city!.values.slice(0, 50).join(),
    });
    expect(of(many!)).toEqual(of(few!));
    expect(few!.itemIds).toHaveLength(240);
  });

  it('end an interrupted simulation without a store', async () => {
    const folder = join(temporaryFolder(), 'store');
    const spec = { world: 'quickstart', scale: 1, seed: 1 } as const;
    const controller = new AbortController();
    const options = { onCount: () => controller.abort(), signal: controller.signal };
    await expect(simulateInto(spec, folder, 'store', options)).rejects.toThrow('interrupted');
    expect(readdirSync(join(folder, '..'))).toEqual([]);
  });
});

describe('a log of likes', () => {
  it('is what the whole log keeps, with the probabilities that are left by Bayes’ rule', async () => {
    const lively = {
      tasteEffect: 1,
      matchEffect: 3,
      scenes: 2,
      autoplay: 0.5,
      watchEffect: 1,
      coverWidth: 1,
    };
    const whole = await worldWith(lively);
    const part = await worldWith({ ...lively, passes: 0.25 });
    const key = ({ interactions }: Store, row: number) =>
      `${interactions.user[row]} ${interactions.item[row]}`;
    const rowOf = new Map(rowsOf(whole).map((row) => [key(whole, row), row]));
    const { truth } = whole;
    const likes = whole.interactions.columns.is_like!.reduce((sum, like) => sum + like, 0);
    let kept = 0;
    for (const row of rowsOf(part)) {
      const from = rowOf.get(key(part, row))!;
      expect(part.interactions.time[row]).toBe(whole.interactions.time[from]);
      kept += part.interactions.columns.is_like![row]!;
      const like = truth.is_like![from]!;
      const chance = like + 0.25 * (1 - like);
      expect(part.truth.is_like![row]).toBeCloseTo(like / chance, 5);
      const click = truth.is_click![from]!;
      expect(part.truth.is_click![row]).toBeCloseTo((like + 0.25 * (click - like)) / chance, 5);
      // Of those without a click half play; whoever plays ends alike.
      const finish = truth.finished![from]! / (click + 0.5 * (1 - click));
      const plays = (like + 0.25 * (click - like) + 0.25 * 0.5 * (1 - click)) / chance;
      expect(part.truth.finished![row]).toBeCloseTo(finish * plays, 5);
    }
    expect(kept).toBe(likes);
    const passed = whole.interactions.rows - likes;
    const found = part.interactions.rows - likes;
    expect(Math.abs(found - passed / 4)).toBeLessThan(4.5 * Math.sqrt((passed * 3) / 16));
  });
});

describe('knobs', () => {
  const spec = (knobs: KnobSettings) => ({ world: 'quickstart', scale: 0.1, seed: 1, knobs }) as const;

  it('are part of what a log is known by, whether they are said or the world has them anyway', () => {
    const { satiationEffect } = worlds.quickstart;
    expect(worldFingerprint(spec({ satiationEffect }))).toBe(worldFingerprint(spec({})));
    expect(worldFingerprint(spec({ satiationEffect: 0 }))).not.toBe(worldFingerprint(spec({})));
    expect(worldFingerprint({ ...spec({}), scale: 0.2 })).not.toBe(worldFingerprint(spec({})));
  });

  it('that do not exist or cannot have the value are refused by name', async () => {
    const wrong = (knobs: object) => simulate(spec(knobs as KnobSettings));
    await expect(wrong({ satiationEfect: 0 })).rejects.toThrow('Did you mean satiationEffect?');
    await expect(wrong({ categoryNoise: 1.5 })).rejects.toThrow('the knob categoryNoise cannot be that');
    await expect(wrong({ tagsPerVideo: 2.7 })).rejects.toThrow('the knob tagsPerVideo cannot be that');
    await expect(wrong({ interests: 1.5 })).rejects.toThrow('the knob interests cannot be that');
  });

  it('and scales that make more than memory holds are refused at once', async () => {
    await expect(simulate({ world: 'kuaishou', scale: 20, seed: 1 })).rejects.toThrow('too many to simulate');
    await expect(simulate(spec({ users: 10_000_000, sessions: 1000 }))).rejects.toThrow(
      'too many to simulate',
    );
  });

  it('stand in the caveat', async () => {
    const { caveat } = await simulate(spec({ interests: 1 }));
    expect(caveat).toBe('simulated (world quickstart, scale 0.1, seed 1, interests 1)');
  });

  it('offers every world on the command line', () => {
    expect(dataSimulate.options!.world!.choices).toEqual(worldNames);
  });
});
