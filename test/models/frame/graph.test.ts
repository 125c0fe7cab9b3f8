import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../../src/base/index.js';
import type { SparseMatrix } from '../../../src/layers/index.js';
import { clipVectors } from '../../../src/models/frame/clips.js';
import { clipGraph } from '../../../src/models/frame/graph.js';
import { partsSeen, requireFinishedLabel } from '../../../src/models/frame/watched.js';
import { type FrameOptions, frameSchema } from '../../../src/models/index.js';
import { type View, viewsOf } from './log.js';

const options = (given: Readonly<Record<string, unknown>> = {}): FrameOptions =>
  frameSchema.parse({ name: 'frame', clips: 4, ...given });
const vectors = { clips: { data: Float32Array.from({ length: 3 * 8 }, (_, n) => n), width: 8, clips: 4 } };
const size = { users: 3, items: 3 };
const dataOf = (views: readonly View[]) => viewsOf(views, size, vectors);

/** All entries that are not 0, [user, clip]: weight. */
function entries({ offsets, column, value }: SparseMatrix): Record<string, number> {
  const all: Record<string, number> = {};
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let k = offsets[u]!; k < offsets[u + 1]!; k++) {
      all[`${u},${column[k]}`] = Math.round(value[k]! * 1e6) / 1e6;
    }
  }
  return all;
}

describe('how much was seen', () => {
  const seen = (views: readonly View[], parts: number, given = {}) => [
    ...partsSeen(dataOf(views), options(given), parts),
  ];
  const row = (playing: number, duration = 1000): View => [0, 0, playing, duration];

  it('counts whole clips: nothing, less than one, exactly k, all, more than all', () => {
    const views = [0, 249, 250, 251, 500, 749, 750, 999, 1000, 1300].map((playing) => row(playing));
    expect(seen(views, 4)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    expect(seen(views, 4, { watchRatio: 'ratio' })).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    expect(seen(views, 1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  });
  it('is k at exactly k / parts, however the quotient is rounded', () => {
    for (const parts of [3, 4, 5, 6, 7, 8, 10, 49]) {
      const views = Array.from({ length: parts + 1 }, (_, k) => row(k, parts));
      expect(seen(views, parts)).toEqual(Array.from({ length: parts + 1 }, (_, k) => k));
    }
    for (const parts of [3, 4, 5, 6, 8, 10]) {
      const views = Array.from({ length: parts + 1 }, (_, k) => row(k, parts));
      expect(seen(views, parts, { watchRatio: 'ratio' })).toEqual(
        Array.from({ length: parts + 1 }, (_, k) => k),
      );
    }
  });
  it('is unknown without a duration, or of a time below 0 or without end', () => {
    expect(seen([row(5, 0), row(5, -1), row(-1), row(Number.NaN), row(Number.POSITIVE_INFINITY)], 4)).toEqual(
      [-1, -1, -1, -1, -1],
    );
  });
  it.each([
    [{}, 'playing_time', /model.playingTime/],
    [{ playingTime: 'ratio', duration: 'length' }, 'length', /model.duration/],
    [{ watchRatio: 'share' }, 'share', /model.watchRatio/],
  ])('needs its columns: %j', (given, name, option) => {
    const data = dataOf([row(1)]);
    const { playing_time_ms, ...columns } = data.store.interactions.columns;
    const without = {
      ...data,
      store: { ...data.store, interactions: { ...data.store.interactions, columns } },
    };
    const ask = () => partsSeen(without, options(given), 4);
    expect(ask).toThrow(UserError);
    expect(ask).toThrow(option);
    expect(ask).toThrow(name);
    expect(ask).toThrow('made by hand');
  });
  it('is compared with the label', () => {
    const data = dataOf([row(1000), row(400), row(900, 0), [1, 1, 10, 1000, 'test']]);
    const known = partsSeen(data, options(), 4);
    expect(() => requireFinishedLabel(data, known, 4)).not.toThrow();
    const clicked = { ...data, label: Float32Array.of(1, 1, 1, 1) };
    const ask = () => requireFinishedLabel(clicked, known, 4);
    expect(ask).toThrow(UserError);
    expect(ask).toThrow('2 of 3 rows differ, for example user u0 watched item i0 in part, its label is 1');
    expect(ask).toThrow('model.videoLabel: any');
  });
});

describe('the graph', () => {
  // User 0 finishes video 0 and leaves video 1 in its third clip, user 1 leaves video 1 at once and video 2 in its second.
  const views: View[] = [
    [0, 0, 2000, 1000],
    [0, 1, 600, 1000],
    [1, 1, 10, 1000],
    [1, 2, 250, 1000],
    [2, 2, 1000, 1000, 'test'],
    [2, 0, 100, 0],
  ];
  const graph = (given: Readonly<Record<string, unknown>>, log: readonly View[] = views) => {
    const data = dataOf(log);
    const { positive, negative } = clipGraph(data, partsSeen(data, options(given), 4), options(given));
    return { positive: entries(positive), negative: entries(negative) };
  };
  const watched = { '0,0': 0.25, '0,1': 0.25, '0,2': 0.25, '0,3': 0.25 };
  const seenClips = {
    ...{ '0,0': 1 / 6, '0,1': 1 / 6, '0,2': 1 / 6, '0,3': 1 / 6, '0,4': 1 / 6, '0,5': 1 / 6 },
    '1,8': 1,
  };
  const once = { '0,6': 1, '1,4': 0.5, '1,9': 0.5 };
  const perSeenClip = { '0,6': 1, '1,9': 1 };
  const rounded = (all: Record<string, number>) =>
    Object.fromEntries(Object.entries(all).map(([at, value]) => [at, Math.round(value * 1e6) / 1e6]));

  it.each([
    ['watchedVideos', watched],
    ['seenClips', seenClips],
  ])('has positive edges of %s, and negative ones of both readings', (positiveEdges, positive) => {
    expect(graph({ positiveEdges })).toEqual({ positive: rounded(positive), negative: once });
    expect(graph({ positiveEdges, negativeEdges: 'perSeenClip' })).toEqual({
      positive: rounded(positive),
      negative: perSeenClip,
    });
  });
  it('weighs a skip by the clips seen before it, and counts views or takes the largest', () => {
    const log: View[] = [
      [0, 0, 750, 1000],
      [0, 0, 800, 1000],
      [0, 1, 300, 1000],
      [0, 2, 1000, 1000],
      [0, 2, 2000, 1000],
      [1, 2, 1000, 1000],
    ];
    const seen = { negativeEdges: 'perSeenClip' };
    // Skips: 3 twice in video 0, 1 in video 1.
    expect(graph(seen, log).negative).toEqual({ '0,3': 0.75, '0,5': 0.25 });
    expect(graph({ ...seen, edgeWeights: 'count' }, log).negative).toEqual(
      rounded({ '0,3': 6 / 7, '0,5': 1 / 7 }),
    );
    expect(graph({ edgeWeights: 'count' }, log).negative).toEqual(rounded({ '0,3': 2 / 3, '0,5': 1 / 3 }));
    // Eight views of clips of user 0, one of each of user 1: D_u = 8 and 4, D_c = 3.
    const { positive } = graph({ edgeWeights: 'count', graphNorm: 'symmetric' }, log);
    for (const clip of [8, 9, 10, 11]) {
      expect(positive[`0,${clip}`]).toBeCloseTo(2 / Math.sqrt(8 * 3), 5);
      expect(positive[`1,${clip}`]).toBeCloseTo(1 / Math.sqrt(4 * 3), 5);
    }
  });
  it('is made of train rows alone', () => {
    const changed = views.map((view): View => (view[4] === 'test' ? [2, 1, 10, 1000, 'test'] : view));
    expect(graph({}, changed)).toEqual(graph({}));
    const asTrain = views.map(([...view]): View => [view[0], view[1], view[2], view[3]]);
    expect(graph({}, asTrain)).not.toEqual(graph({}));
  });
  it('needs train rows in the order of their users', () => {
    const data = dataOf(views);
    const train = data.split.train.slice().reverse();
    const disordered = { ...data, split: { ...data.split, train } };
    const seen = partsSeen(data, options(), 4);
    expect(() => clipGraph(disordered, seen, options())).toThrow(RangeError);
  });
  it('needs a train row that tells how much was watched', () => {
    expect(() => graph({}, [[0, 0, 10, 0]])).toThrow(/no train row of made by hand/);
  });
});

describe('vectors of clips', () => {
  const data = dataOf([[0, 0, 1, 1]]);
  const rows = (clips: number, ids: number[]) => [
    ...clipVectors(data, { feature: 'clips', clips }).rows(Int32Array.from(ids)),
  ];

  it('are cut from the item, neighbours averaged', () => {
    expect(rows(4, [5, 0, 1])).toEqual([10, 11, 0, 1, 2, 3]);
    expect(rows(2, [3, 2])).toEqual([13, 14, 9, 10]);
    expect(rows(1, [2, 0])).toEqual([19, 20, 3, 4]);
  });
  it('look alike where there are more clips than vectors', () => {
    expect(rows(8, [0, 1, 2, 9, 10])).toEqual([0, 1, 0, 1, 2, 3, 8, 9, 10, 11]);
  });
  it('are the whole vector where the feature knows no clips', () => {
    const plain = viewsOf([[0, 0, 1, 1]], size, {
      cover: { data: Float32Array.of(1, 2, 3, 4, 5, 6), width: 2 },
    });
    const cover = clipVectors(plain, { feature: 'cover', clips: 1 });
    expect([...cover.rows(Int32Array.of(2, 0))]).toEqual([5, 6, 1, 2]);
    expect(() => clipVectors(plain, { feature: 'cover', clips: 4 })).toThrow(
      /cover of made by hand has no clips/,
    );
  });
  it('refuse other numbers of clips, and features that are not there', () => {
    const ask = () => clipVectors(data, { feature: 'clips', clips: 6 });
    expect(ask).toThrow(UserError);
    expect(ask).toThrow('model.clips is 6, but clips of made by hand has 4 clips an item');
    expect(ask).toThrow('Use model.clips: 1, 2, 4, or a multiple of 4.');
    expect(() => clipVectors(data, { feature: 'clip', clips: 4 })).toThrow(
      /no item vector clip \(model.feature\)/,
    );
  });
});
