import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../src/base/index.js';
import type { CatalogueLists } from '../../src/data/index.js';
import { type Kernels, nativeKernels } from '../../src/engine/index.js';
import {
  byRows,
  type CatalogueRanker,
  type TargetRanks,
  type TopItems,
} from '../../src/evaluation/catalogue.js';
import { fusedProducts } from '../../src/evaluation/fused.js';
import { productRows } from '../../src/evaluation/rowScores.js';
import type { CatalogueVectors } from '../../src/evaluation/vectors.js';
import { useEngine } from '../support/engines.js';
import { describeKernels } from '../support/kernels.js';

interface Case {
  readonly users: number;
  readonly items: number;
  readonly width: number;
  /** Whole numbers in -range..range: exact inner products, many of them equal. */
  readonly range: number;
}
const cases: Case[] = [
  { users: 1, items: 1, width: 1, range: 1 },
  { users: 8, items: 32, width: 4, range: 1 },
  { users: 9, items: 33, width: 3, range: 2 },
  { users: 50, items: 511, width: 64, range: 3 },
  { users: 23, items: 1537, width: 17, range: 9 },
];

/** Lists with no, one or many targets and seen items. */
function listsOf({ users, items }: Case): CatalogueLists {
  const random = randomStream(users, items);
  const targetOffsets = [0];
  const seenOffsets = [0];
  const targets: number[] = [];
  const seen: number[] = [];
  for (let u = 0; u < users; u++) {
    const chosen = random.shuffle([...random.sample(items, 1 + random.int(u % 5 === 4 ? 90 : 6))]);
    const wanted = chosen.slice(0, 1 + random.int(chosen.length));
    targets.push(...wanted.sort((a, b) => a - b));
    seen.push(...chosen.filter((item) => !wanted.includes(item)).sort((a, b) => a - b));
    targetOffsets.push(targets.length);
    seenOffsets.push(seen.length);
  }
  return {
    user: Int32Array.from({ length: users }, (_, u) => u),
    anchor: new Int32Array(users),
    targetOffsets: Int32Array.from(targetOffsets),
    targets: Int32Array.from(targets),
    seenOffsets: Int32Array.from(seenOffsets),
    seen: Int32Array.from(seen),
  };
}

function vectorsOf({ users, items, width, range }: Case, scale = 1): CatalogueVectors {
  const draw = (rows: number, key: string): Float32Array => {
    const random = randomStream(width, key);
    return Float32Array.from({ length: rows * width }, () => scale * (random.int(2 * range + 1) - range));
  };
  const user = draw(users, 'users');
  const item = draw(items, 'items');
  return {
    items: (from, to) => tf.tensor2d(item.slice(from * width, to * width), [to - from, width]),
    users: async (from, to) => user.slice(from * width, to * width),
  };
}

async function ranksBy(ranker: CatalogueRanker, lists: CatalogueLists): Promise<TargetRanks> {
  const count = lists.targets.length;
  const ranks = { above: new Int32Array(count), tied: new Int32Array(count), score: new Float32Array(count) };
  const users = lists.user.length;
  // In two calls, of which the second begins in the middle of everything.
  const middle = users >> 1;
  if (middle > 0) await ranker.rank(0, middle, ranks);
  await ranker.rank(middle, users, ranks);
  return ranks;
}

async function topBy(ranker: CatalogueRanker, lists: CatalogueLists, length: number): Promise<TopItems> {
  const size = lists.user.length * length;
  const top = { length, item: new Int32Array(size), score: new Float32Array(size) };
  await ranker.top(0, lists.user.length, top);
  return top;
}

describeKernels('rankings by the kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await useEngine('tensorflow');
    kernels = nativeKernels()!;
  });

  it.each(cases)('are those of the portable twin: %j', async (one) => {
    const lists = listsOf(one);
    const twin = byRows(productRows(vectorsOf(one), one.items), lists, one.items);
    const ranks = await ranksBy(twin, lists);
    const top = await topBy(twin, lists, 7);
    twin.dispose();
    for (const threads of [1, 2, 3]) {
      const fused = await fusedProducts({ ...kernels, threads }, vectorsOf(one), lists, one.items);
      expect(await ranksBy(fused, lists)).toEqual(ranks);
      expect(await topBy(fused, lists, 7)).toEqual(top);
    }
  });

  it.each([1, 5, 40])('are exact up to the depth that is asked for: %d', async (depth) => {
    const one = cases.at(-1)!;
    const lists = listsOf(one);
    const all = await ranksBy(await fusedProducts(kernels, vectorsOf(one), lists, one.items), lists);
    for (const threads of [1, 3]) {
      const some = await fusedProducts({ ...kernels, threads }, vectorsOf(one), lists, one.items, depth);
      const { above, tied, score } = await ranksBy(some, lists);
      expect(score).toEqual(all.score);
      const left = lists.user.filter((u) => {
        const [from, to] = [lists.targetOffsets[u]!, lists.targetOffsets[u + 1]!];
        const best = Math.min(...all.above.subarray(from, to));
        if (best < depth) {
          expect(above.subarray(from, to)).toEqual(all.above.subarray(from, to));
          expect(tied.subarray(from, to)).toEqual(all.tied.subarray(from, to));
        }
        for (let t = from; t < to; t++) expect(above[t]! >= Math.min(depth, all.above[t]!)).toBe(true);
        return above.subarray(from, to).some((count, t) => count < all.above[from + t]!);
      });
      expect(left.length).toBeGreaterThan(0);
    }
  });

  it('find every target equal to itself, also where sums are rounded', async () => {
    const one = cases.at(-1)!;
    const lists = listsOf(one);
    const fused = await fusedProducts(kernels, vectorsOf(one, 0.1), lists, one.items);
    const { above, tied } = await ranksBy(fused, lists);
    expect(tied.every((count) => count >= 1)).toBe(true);
    expect(above.every((count, t) => count + tied[t]! <= one.items)).toBe(true);
  });

  it('refuse what does not fit', () => {
    const call = (change: Readonly<Record<number, unknown>> = {}) => {
      const panels = new Float32Array(64);
      const lists = [Int32Array.of(0, 1), Int32Array.of(1), Int32Array.of(0, 1), Int32Array.of(2)];
      const results = [new Int32Array(1), new Int32Array(1), new Float32Array(1)];
      const [seenOffsets, seen, ...targets] = lists;
      const users = Float32Array.of(1, 1);
      const values: unknown[] = [1, 2, 3, panels, users, seenOffsets, seen, 0, ...targets, ...results];
      for (const [at, value] of Object.entries(change)) values[Number(at)] = value;
      (kernels.rankTargets as (...values: unknown[]) => void)(...values);
    };
    expect(() => call()).not.toThrow();
    expect(() => call({ 3: new Float32Array(63) })).toThrow('panels has 63 elements instead of 64');
    expect(() => call({ 4: new Float32Array(3) })).toThrow('users is not made of whole rows');
    expect(() => call({ 5: Int32Array.of(1, 1) })).toThrow('seenOffsets do not rise from 0');
    expect(() => call({ 5: Int32Array.of(0, 2), 6: Int32Array.of(2, 1) })).toThrow(
      'does not rise within a user',
    );
    expect(() => call({ 7: -1 })).toThrow('depth');
    expect(() => call({ 9: Int32Array.of(3) })).toThrow('targets holds 3, which is not in 0..2');
    expect(() => call({ 10: new Int32Array(2) })).toThrow('above has 2 elements instead of 1');
  });
});
