import { describe, expect, it } from '@jest/globals';
import { type KnobSettings, type Store, worldFingerprint } from '../../src/data/index.js';
import { auc, logistic, rowsOf, spread, worldWith } from './worldSupport.js';

/** Every video plays until it is left, in four scenes. */
const feed: KnobSettings = { scenes: 4, autoplay: 1, leaveBias: -1, coverWidth: 1, sessions: 8 };

/** Scenes of a row that were watched wholly. */
const watched =
  ({ interactions: { columns } }: Store, scenes: number) =>
  (row: number): number =>
    Math.min(scenes, Math.floor((scenes * columns.playing_time_ms![row]!) / columns.duration_ms![row]!));

const finishing = (store: Store) => rowsOf(store).map((row) => store.truth.finished![row]!);

describe('watch time', () => {
  it('with all effects at 0 leaves every scene with the same chance', async () => {
    const store = await worldWith(feed);
    const stay = 1 - logistic(-1);
    for (const truth of finishing(store)) expect(Math.abs(truth - stay ** 4)).toBeLessThan(1e-6);
    const scene = rowsOf(store).map(watched(store, 4));
    for (let s = 0; s < 4; s++) {
      const reached = scene.filter((done) => done >= s).length;
      const left = scene.filter((done) => done === s).length;
      const expected = reached * logistic(-1);
      expect(Math.abs(left - expected)).toBeLessThan(4.5 * Math.sqrt(expected * stay));
    }
  });

  it('has `finished` exactly where a video was played to its end', async () => {
    const store = await worldWith({ ...feed, replay: 0.4 });
    const { playing_time_ms: played, duration_ms: duration, finished } = store.interactions.columns;
    const rows = rowsOf(store);
    expect(rows.filter((row) => (finished![row] === 1) !== played![row]! >= duration![row]!)).toEqual([]);
    expect(rows.every((row) => Number.isInteger(played![row]))).toBe(true);
    const ends = rows.filter((row) => finished![row] === 1);
    // Of those that end, replay start again; one in five hundred leaves before the first millisecond.
    const again = ends.filter((row) => played![row]! > duration![row]!).length;
    expect(Math.abs(again - 0.4 * ends.length)).toBeLessThan(
      4.5 * Math.sqrt(0.24 * ends.length) + ends.length / 500,
    );
    const once = await worldWith(feed);
    const most = rowsOf(once).map(
      (row) =>
        once.interactions.columns.playing_time_ms![row]! - once.interactions.columns.duration_ms![row]!,
    );
    expect(Math.max(...most)).toBe(0);
  });

  it('begins with a click alone at autoplay 0', async () => {
    const store = await worldWith({ ...feed, autoplay: 0 });
    const { is_click, playing_time_ms: played } = store.interactions.columns;
    expect(rowsOf(store).filter((row) => is_click![row] === 0 && played![row]! > 0)).toEqual([]);
    const stay = (1 - logistic(-1)) ** 4;
    for (const row of rowsOf(store)) {
      expect(Math.abs(store.truth.finished![row]! - store.truth.is_click![row]! * stay)).toBeLessThan(1e-6);
    }
  });

  it('is left sooner at the beginning by skimEffect, and in long videos by durationEffect', async () => {
    const skim = await worldWith({ ...feed, skimEffect: 2 });
    const chances = [0, 1, 2, 3].map((s) => 1 - logistic(-1 + 2 / (1 + s)));
    const finish = chances.reduce((product, chance) => product * chance, 1);
    for (const truth of finishing(skim)) expect(Math.abs(truth - finish)).toBeLessThan(1e-6);
    const long = await worldWith({ ...feed, durationEffect: 0.5, durationMedian: 20 });
    for (const row of rowsOf(long)) {
      const ratio = long.interactions.columns.duration_ms![row]! / 20_000;
      const expected = (1 - logistic(-1 + 0.5 * Math.log(ratio))) ** 4;
      expect(Math.abs(long.truth.finished![row]! - expected)).toBeLessThan(1e-6);
    }
    const equal = await worldWith({ ...feed, durationSpread: 0, durationMedian: 20 });
    expect(new Set(equal.interactions.columns.duration_ms)).toEqual(new Set([20_000]));
  });

  it('is longer for videos that match, unless watchEffect is 0', async () => {
    const match = { ...feed, matchEffect: 4, clickBias: -2 };
    const on = await worldWith({ ...match, watchEffect: 2 });
    // Both logits are linear in the match: leaving -1 - 2 m, clicking -2 + 4 m.
    for (const row of rowsOf(on)) {
      const click = on.truth.is_click![row]!;
      const m = (Math.log(click / (1 - click)) + 2) / 4;
      expect(Math.abs(on.truth.finished![row]! - (1 - logistic(-1 - 2 * m)) ** 4)).toBeLessThan(1e-5);
    }
    expect(spread(finishing(await worldWith({ ...match, watchEffect: 0 })))).toBeLessThan(1e-6);
  });

  it('is cut short by scenes that bore all, or this user, unless appealEffect, momentEffect or sceneTwist is 0', async () => {
    const taste = { ...feed, matchEffect: 4, watchEffect: 0 };
    const finish = async (knobs: KnobSettings) => spread(finishing(await worldWith({ ...taste, ...knobs })));
    expect(await finish({ appealEffect: 1, sceneTwist: 0.6 })).toBeGreaterThan(0.2);
    expect(await finish({ momentEffect: 4, sceneTwist: 0.6 })).toBeGreaterThan(0.2);
    expect(await finish({ momentEffect: 4, sceneTwist: 0 })).toBeLessThan(1e-6);
    expect(await finish({ appealEffect: 0, momentEffect: 0, sceneTwist: 0.6 })).toBeLessThan(1e-6);
  });
});

describe('clip vectors', () => {
  const shown = { ...feed, clips: 4, clipWidth: 6, clipNoise: 0.3 };

  it.each([
    ['tell where users leave while scenes differ in appeal', { appealEffect: 1.5 }, true],
    ['tell nothing of it at appealEffect 0', { appealEffect: 0 }, false],
    ['tell nothing at clipSignal 0', { appealEffect: 1.5, clipSignal: 0 }, false],
  ])('%s', async (_, knobs, tells) => {
    const store = await worldWith({ ...shown, ...knobs });
    const { vectors } = store.items;
    const events = leavings(store, vectors.clips!.rows(Int32Array.from(store.itemIds.keys())), 6);
    // A direction is fitted on videos with even numbers and judged on the others.
    const half = (odd: number, left: boolean) =>
      events.filter((event) => event.item % 2 === odd && event.left === left).map(({ vector }) => vector);
    const fitted = difference(half(0, true), half(0, false));
    const along = (vector: Float32Array) => vector.reduce((sum, x, w) => sum + x * fitted[w]!, 0);
    const { value, deviation } = auc(half(1, true).map(along), half(1, false).map(along))!;
    if (tells) expect(value).toBeGreaterThan(0.5 + 4.5 * deviation);
    else expect(Math.abs(value - 0.5)).toBeLessThan(4.5 * deviation);
  });

  it('of fewer clips are means of those of more, while the log is the same', async () => {
    const scenes = { ...shown, scenes: 8, appealEffect: 1 };
    const [eight, two] = await Promise.all([8, 2].map((clips) => worldWith({ ...scenes, clips })));
    expect(eight!.items.vectors.clips).toMatchObject({ clips: 8, width: 48 });
    expect(two!.items.vectors.clips).toMatchObject({ clips: 2, width: 12 });
    const items = Int32Array.of(3, 200, 17);
    const fine = eight!.items.vectors.clips!.rows(items);
    const coarse = two!.items.vectors.clips!.rows(items);
    for (let i = 0; i < 3; i++) {
      for (let clip = 0; clip < 2; clip++) {
        for (let w = 0; w < 6; w++) {
          const four = [0, 1, 2, 3].map((k) => fine[i * 48 + (4 * clip + k) * 6 + w]!);
          const mean = four.reduce((sum, x) => sum + x, 0) / 4;
          expect(coarse[i * 12 + clip * 6 + w]).toBeCloseTo(mean, 5);
        }
      }
    }
    expect(two!.interactions.columns.playing_time_ms!.join()).toBe(
      eight!.interactions.columns.playing_time_ms!.join(),
    );
    const named = (clips: number) =>
      worldFingerprint({ world: 'frame', scale: 1, seed: 1, knobs: { scenes: 8, clips } });
    expect(named(8)).not.toBe(named(2));
  });

  it.each([
    [{ scenes: 8, clips: 3 }, '3 clips do not divide 8 scenes'],
    [{ scenes: 0, clips: 4 }, 'a world without scenes has no clips'],
  ])('refuse %j', async (knobs, problem) => {
    await expect(worldWith(knobs)).rejects.toThrow(problem);
  });
});

interface Leaving {
  readonly item: number;
  readonly vector: Float32Array;
  readonly left: boolean;
}

/** Every clip but the first that somebody reached, and whether that is where they left: it is its own vector that tells. */
function leavings(store: Store, all: Float32Array, width: number): Leaving[] {
  const { item } = store.interactions;
  return rowsOf(store).flatMap((row) => {
    const done = watched(store, 4)(row);
    const reached = [1, 2, 3].filter((clip) => clip <= done);
    return reached.map((clip) => {
      const start = (item[row]! * 4 + clip) * width;
      return { item: item[row]!, vector: all.subarray(start, start + width), left: clip === done };
    });
  });
}

/** Difference of the means of two lists of vectors. */
function difference(a: readonly Float32Array[], b: readonly Float32Array[]): number[] {
  const mean = (vectors: readonly Float32Array[], w: number) =>
    vectors.reduce((sum, vector) => sum + vector[w]!, 0) / vectors.length;
  return Array.from(a[0]!, (_, w) => mean(a, w) - mean(b, w));
}
