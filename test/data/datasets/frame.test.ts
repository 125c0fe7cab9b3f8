import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Card, Store } from '../../../src/data/index.js';
import { column, dimension, importFixture, rowsOf } from './support.js';

/** Rows 4r to 4r + 3 of the clips belong to the video of rank r; column c of row i is i + c / 1000. */
function clipsOf(rank: number, width: number): number[] {
  return [0, 1, 2, 3].map((clip) => Math.fround(4 * rank + clip + (width - 1) / 1000));
}
const ranks: Record<string, number> = { 5: 0, 12: 1, 20: 2, 31: 3 };

describe('FRAME’s release', () => {
  let store: Store;
  beforeAll(async () => {
    ({ store } = await importFixture('frame'));
  });

  it('reads both parts, by the names that the code has', () => {
    expect(rowsOf(store)).toEqual([
      ['7', '12', 100],
      ['7', '5', 101],
      ['7', '20', 103],
      ['8', '12', 50],
      ['8', '31', 51],
      ['8', '5', 60],
    ]);
    expect([...store.interactions.part!]).toEqual([0, 0, 2, 0, 0, 2]);
  });

  it('calls finished what was played for its whole duration', () => {
    // 4000/8000, 9000/9000, 3000/12000, 0/8000, 16000/8000, 8999/9000
    expect(column(store, 'finished')).toEqual([0, 1, 0, 0, 1, 0]);
    expect(column(store, 'watch_ratio').slice(0, 5)).toEqual([0.5, 1, 0.25, 0, 2]);
  });

  it('reads a file of four clips for each video', () => {
    const clips = store.items.vectors.clips!;
    expect([clips.clips, clips.width]).toEqual([4, 512]);
    for (const [clip, at] of [127, 255, 383, 511].entries()) {
      const wanted = Object.entries(ranks).map(([id, rank]) => [id, clipsOf(rank, 128)[clip]]);
      expect(dimension(store, 'items', 'clips', at)).toEqual(Object.fromEntries(wanted));
    }
  });

  it('holds what the graph of the authors is made of: the clips that each user saw', () => {
    // Their loop: floor(min(ratio, 1) / .25) clips of each train row are edges of user and 4 rank + clip.
    const { user, item, part } = store.interactions;
    const edges: [string, number][] = [];
    column(store, 'watch_ratio').forEach((ratio, row) => {
      if (part![row] !== 0) return;
      for (let clip = 0; clip < Math.floor(4 * Math.min(1, ratio)); clip++) {
        edges.push([store.userIds[user[row]!]!, 4 * ranks[store.itemIds[item[row]!]!]! + clip]);
      }
    });
    expect(edges).toEqual([
      ['7', 4],
      ['7', 5],
      ['7', 0],
      ['7', 1],
      ['7', 2],
      ['7', 3],
      ['8', 12],
      ['8', 13],
      ['8', 14],
      ['8', 15],
    ]);
  });

  it('reads the folder of a file a user in the place of the test file', async () => {
    const { store: perUser } = await importFixture('frame', (card) => withTest(card, 'test_samples'));
    expect(rowsOf(perUser)).toEqual(rowsOf(store));
    expect([...perUser.interactions.part!]).toEqual([0, 0, 2, 0, 0, 2]);
  });

  it('says that there is no file of the name in the README', async () => {
    const named = importFixture('frame', (card) => withTest(card, 'fast_test_samples.csv'));
    await expect(named).rejects.toThrow('there is no such file');
  });
});

it('reads all of FRAME’s interactions, and clip_em.npy by the rank of a video', async () => {
  const { store } = await importFixture('frame-all');
  expect(store.interactions.rows).toBe(6);
  expect(store.interactions.part).toBeUndefined();
  const clips = store.items.vectors.clips!;
  expect([clips.clips, clips.width]).toEqual([4, 512]);
  expect(dimension(store, 'items', 'clips', 511)).toEqual(
    Object.fromEntries(Object.entries(ranks).map(([id, rank]) => [id, clipsOf(rank, 128)[3]])),
  );
});

function withTest(card: Card, path: string): Card {
  return { ...card, files: { ...card.files, test: { ...card.files.test!, path } } };
}
