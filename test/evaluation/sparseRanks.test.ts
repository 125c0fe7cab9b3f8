import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { type CatalogueLists, catalogueLists, prepare } from '../../src/data/index.js';
import { rankCatalogue, topOfCatalogue } from '../../src/evaluation/index.js';
import type { FittedModel } from '../../src/models/index.js';
import { storeOf } from '../data/fixture.js';
import { useEngine } from '../support/engines.js';

const [USERS, ITEMS] = [30, 90];
const data = (() => {
  const random = randomStream('log');
  const rows = Array.from({ length: USERS }, (_, user) =>
    Array.from({ length: 3 + random.int(9) }, (_, time) => [user, random.int(ITEMS), time, 1] as const),
  ).flat();
  return prepare(storeOf(rows, ITEMS), {
    label: 'is_click',
    split: { kind: 'time', scope: 'user', train: 0.6, validation: 0.3 },
  });
})();

/** Of few items a score, some of them below 0 and many of them equal. */
const scores = Array.from({ length: USERS }, (_, user) => {
  const random = randomStream(user, 'scores');
  const items = random.sample(ITEMS, user % 5 === 0 ? ITEMS : random.int(40));
  return { items: Int32Array.from(items), scores: Float32Array.from(items, () => random.int(7) - 2) };
});
const score: FittedModel['score'] = ({ contexts, items, pairs }) =>
  Float32Array.from(pairs.item, (at, p) => {
    const { items: known, scores: values } = scores[contexts.user[pairs.context[p]!]!]!;
    return values[known.indexOf(items[at]!)] ?? 0;
  });
const options = { contextsPerBatch: 7 };

describe('sparse scores', () => {
  beforeAll(() => useEngine('cpu'));
  const lists = catalogueLists(data, 'test');
  // Every second item alone is a candidate, which some lists have no target or seen item of.
  const even = (offsets: Int32Array, items: Int32Array) => {
    const kept = [0];
    const all: number[] = [];
    for (let list = 0; list + 1 < offsets.length; list++) {
      all.push(
        ...[...items.subarray(offsets[list], offsets[list + 1])].filter((i) => i % 2 === 0).map((i) => i / 2),
      );
      kept.push(all.length);
    }
    return [Int32Array.from(kept), Int32Array.from(all)] as const;
  };
  const [targetOffsets, targets] = even(lists.targetOffsets, lists.targets);
  const [seenOffsets, seen] = even(lists.seenOffsets, lists.seen);
  const pool = Int32Array.from({ length: ITEMS / 2 }, (_, i) => 2 * i);
  const ofPool: CatalogueLists = { ...lists, targetOffsets, targets, seenOffsets, seen, pool };

  it.each([
    ['the catalogue', lists],
    ['a part of it', ofPool],
  ])('rank %s as whole rows of scores do', async (_, some) => {
    expect(some.targets.length).toBeGreaterThan(20);
    const sparse: FittedModel = { score, sparseScores: (user) => scores[user]! };
    const ranks = await rankCatalogue(sparse, data, some, options);
    expect(ranks).toEqual(await rankCatalogue({ score }, data, some, options));
    expect(Math.max(...ranks.tied)).toBeGreaterThan(5);
    const top = { ...options, length: 9 };
    expect(await topOfCatalogue(sparse, data, some, top)).toEqual(
      await topOfCatalogue({ score }, data, some, top),
    );
  });
});
