import { describe, expect, it } from '@jest/globals';
import type { Store } from '../../src/data/index.js';
import {
  aucWithinUsers,
  grouped,
  logistic,
  logitOf,
  rowsOf,
  spread,
  spreadWithin,
  worldWith,
} from './worldSupport.js';

/** Float32 probabilities leave logits of this size or less. */
const exact = 1e-5;

const click = (store: Store) => logitOf(store, 'is_click');
const topicOf = (store: Store) => (row: number) =>
  store.items.categories.category!.values[store.interactions.item[row]!]!;
const byUserAndTopic = (store: Store) => (row: number) =>
  `${store.interactions.user[row]} ${topicOf(store)(row)}`;

describe('clicks in a still world', () => {
  it('all have the probability of the bias', async () => {
    const store = await worldWith({ clickBias: -0.5 });
    const { rows } = store.interactions;
    expect(rows).toBeGreaterThan(2000);
    for (const p of store.truth.is_click!) expect(Math.abs(p - logistic(-0.5))).toBeLessThan(1e-7);
    const clicks = store.interactions.columns.is_click!.reduce((sum, one) => sum + one, 0);
    const p = logistic(-0.5);
    expect(Math.abs(clicks - rows * p)).toBeLessThan(4.5 * Math.sqrt(rows * p * (1 - p)));
  });

  it('come down by positionEffect for each place', async () => {
    const store = await worldWith({ positionEffect: 0.25 });
    const { position } = store.interactions.columns;
    for (const row of rowsOf(store)) expect(click(store)(row)).toBeCloseTo(-0.5 - 0.25 * position![row]!, 4);
  });

  it('differ between users by userSpread alone, between videos by qualityEffect alone', async () => {
    const users = await worldWith({ userSpread: 0.6 });
    expect(spreadWithin(rowsOf(users), (row) => users.interactions.user[row]!, click(users))).toBeLessThan(
      exact,
    );
    expect(spread(rowsOf(users).map(click(users)))).toBeGreaterThan(1);
    const videos = await worldWith({ qualityEffect: 0.6 });
    expect(spreadWithin(rowsOf(videos), (row) => videos.interactions.item[row]!, click(videos))).toBeLessThan(
      exact,
    );
    expect(spread(rowsOf(videos).map(click(videos)))).toBeGreaterThan(1);
  });
});

describe('interests', () => {
  it('have strengths that fall by strengthDrop', async () => {
    // With a tiny reach a video matches an interest wholly or not at all.
    const tiny = { interests: 3, matchEffect: 4, reach: 0.01, topics: 20, categories: 20 };
    const levels = async (strengthDrop: number): Promise<number[]> => {
      const store = await worldWith({ ...tiny, strengthDrop });
      return [...new Set(rowsOf(store).map((row) => Number(click(store)(row).toFixed(3))))].sort(
        (a, b) => a - b,
      );
    };
    expect(await levels(0.5)).toEqual([-0.5, 0.5, 1.5, 3.5]);
    expect(await levels(0)).toEqual([-0.5, 3.5]);
  });

  it('decide on clicks only while matchEffect is above 0 and there are any', async () => {
    const on = await worldWith({ matchEffect: 4 });
    expect(spread(rowsOf(on).map(click(on)))).toBeGreaterThan(2);
    for (const off of [
      await worldWith({ matchEffect: 0 }),
      await worldWith({ matchEffect: 4, interests: 0 }),
    ]) {
      expect(spread(rowsOf(off).map(click(off)))).toBeLessThan(exact);
    }
  });

  it('drift with drift and give way with turnover; with both at 0 they stay', async () => {
    const within = (store: Store) => spreadWithin(rowsOf(store), byUserAndTopic(store), click(store));
    expect(within(await worldWith({ matchEffect: 4 }))).toBeLessThan(exact);
    expect(within(await worldWith({ matchEffect: 4, drift: 0.3 }))).toBeGreaterThan(0.5);
    expect(within(await worldWith({ matchEffect: 4, turnover: 0.2 }))).toBeGreaterThan(0.5);
  });

  it('return: with returning at 1 a single interest alternates between two, at 0 it is a new one each time', async () => {
    const most = async (returning: number): Promise<number> => {
      const one = { interests: 1, matchEffect: 4, turnover: 0.3, topics: 20, categories: 20, sessions: 30 };
      const store = await worldWith({ ...one, returning });
      const levels = grouped(rowsOf(store), byUserAndTopic(store)).map(
        (rows) => new Set(rows.map((row) => click(store)(row).toFixed(3))).size,
      );
      return Math.max(...levels);
    };
    expect(await most(1)).toBe(2);
    expect(await most(0)).toBeGreaterThan(3);
  });

  it.each([
    ['on', 4],
    ['off', 0],
  ])(
    'make near covers of clicked videos better than popularity when they are %s',
    async (state, matchEffect) => {
      const store = await worldWith({
        matchEffect,
        clickBias: -2,
        qualityEffect: 0.5,
        twist: 0.3,
        sessions: 20,
      });
      const label = store.interactions.columns.is_click!;
      const near = aucWithinUsers(store, label, nearness(store));
      const popular = aucWithinUsers(store, label, popularity(store));
      const margin = 4 * near.deviation;
      if (state === 'on') {
        expect(near.value).toBeGreaterThan(0.5 + margin);
        expect(near.value).toBeGreaterThan(popular.value + margin);
      } else {
        expect(Math.abs(near.value - 0.5)).toBeLessThan(margin);
        expect(popular.value).toBeGreaterThan(near.value + margin);
      }
    },
  );
});

/** How near a row's cover is on average to those that the user clicked before. */
function nearness({ interactions, items, itemIds }: Store): Float64Array {
  const { user, item, columns, rows } = interactions;
  const { cover } = items.vectors;
  const { width } = cover!;
  const all = cover!.rows(Int32Array.from(itemIds.keys()));
  const score = new Float64Array(rows);
  let clicked: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (row > 0 && user[row] !== user[row - 1]) clicked = [];
    for (const other of clicked) {
      let distance = 0;
      for (let w = 0; w < width; w++)
        distance += (all[item[row]! * width + w]! - all[other * width + w]!) ** 2;
      score[row]! += Math.exp(-distance / 30) / clicked.length;
    }
    if (columns.is_click![row] === 1) clicked.push(item[row]!);
  }
  return score;
}

/** Click rate of a row's video in all other rows, drawn to one half. */
function popularity({ interactions, itemIds }: Store): Float64Array {
  const { item, columns, rows } = interactions;
  const clicks = new Float64Array(itemIds.length).fill(1);
  const shows = new Float64Array(itemIds.length).fill(2);
  for (let row = 0; row < rows; row++) {
    clicks[item[row]!]! += columns.is_click![row]!;
    shows[item[row]!]! += 1;
  }
  return Float64Array.from(item, (i, row) => (clicks[i]! - columns.is_click![row]!) / (shows[i]! - 1));
}

describe('satiation', () => {
  it('takes off satiationEffect for a recent click, a tenth less with each video, and nothing at 0', async () => {
    const store = await worldWith({ satiationEffect: 0.5, clickBias: 0.5, sessions: 30 });
    const { user, time, columns, rows } = store.interactions;
    const topic = topicOf(store);
    const dayMs = 86_400_000;
    let level = new Map<number, number>();
    let worst = 0;
    for (let row = 0; row < rows; row++) {
      const fade = (factor: number) => {
        level = new Map([...level].map(([t, had]) => [t, had * factor]));
      };
      if (user[row] !== user[row - 1]) level = new Map();
      else if (columns.position![row] === 0) fade(Math.exp((-2 * (time[row]! - time[row - 1]!)) / dayMs));
      const expected = 0.5 - 0.5 * (level.get(topic(row)) ?? 0);
      worst = Math.max(worst, Math.abs(click(store)(row) - expected));
      fade(0.9);
      if (columns.is_click![row] === 1) level.set(topic(row), (level.get(topic(row)) ?? 0) + 1);
    }
    // The log does not say how long the last video of a session took: up to 45 s of a half-life of hours, some 0.1 %.
    expect(worst).toBeLessThan(0.01);
    const off = await worldWith({ satiationEffect: 0, sessions: 30 });
    expect(spread(rowsOf(off).map(click(off)))).toBeLessThan(exact);
  });
});

describe('dislikes', () => {
  it('cost at most aversionEffect, by topic and user, and nothing at 0', async () => {
    const store = await worldWith({ aversions: 2, aversionEffect: 1.5 });
    const logits = rowsOf(store).map(click(store));
    expect(Math.max(...logits)).toBeLessThanOrEqual(-0.5 + exact);
    expect(Math.min(...logits)).toBeGreaterThanOrEqual(-2 - exact);
    expect(spread(logits)).toBeGreaterThan(1);
    expect(spreadWithin(rowsOf(store), byUserAndTopic(store), click(store))).toBeLessThan(exact);
    const off = await worldWith({ aversions: 2, aversionEffect: 0 });
    expect(spread(rowsOf(off).map(click(off)))).toBeLessThan(exact);
  });
});

describe('likes and follows', () => {
  const like = (store: Store) => logitOf(store, 'is_like');
  const follow = (store: Store) => logitOf(store, 'is_follow');
  const of = (store: Store, name: 'author' | 'music') => (row: number) =>
    `${store.interactions.user[row]} ${store.items.categories[name]!.values[store.interactions.item[row]!]}`;

  it('given a click have the probability of their biases where no taste counts', async () => {
    const store = await worldWith({ likeBias: -1, followBias: -2 });
    for (const row of rowsOf(store)) {
      expect(like(store)(row)).toBeCloseTo(-1, 4);
      expect(follow(store)(row)).toBeCloseTo(-2, 4);
    }
  });

  it('follow what the user likes: content, music or author, each by its own effect', async () => {
    for (const [knobs, logitBy, key] of [
      [{ tasteEffect: 1.5 }, like, byUserAndTopic],
      [{ musicEffect: 1.5 }, like, (store: Store) => of(store, 'music')],
      [{ likeAuthorEffect: 1.5 }, like, (store: Store) => of(store, 'author')],
      [{ authorEffect: 1.5 }, follow, (store: Store) => of(store, 'author')],
    ] as const) {
      const store = await worldWith(knobs);
      expect(spreadWithin(rowsOf(store), key(store), logitBy(store))).toBeLessThan(10 * exact);
      expect(spread(rowsOf(store).map(logitBy(store)))).toBeGreaterThan(3);
      const { user } = store.interactions;
      expect(spreadWithin(rowsOf(store), (row) => user[row]!, logitBy(store))).toBeGreaterThan(1);
    }
  });

  it('share their tastes with clicks, in the ratio of the effects', async () => {
    const taste = await worldWith({ tasteEffect: 1.5, clickTasteEffect: 0.5, likeBias: 0 });
    for (const row of rowsOf(taste)) {
      expect(click(taste)(row) + 0.5).toBeCloseTo(like(taste)(row) / 3, 4);
    }
    const author = await worldWith({ authorEffect: 1.5, clickAuthorEffect: 0.5, followBias: 0 });
    for (const row of rowsOf(author)) {
      expect(click(author)(row) + 0.5).toBeCloseTo(follow(author)(row) / 3, 4);
    }
  });

  it('find authors alike that are like their topic: wholly so at authorLikeness 1, in no way at 0', async () => {
    // At 1 an author is what its videos are about, so authors of one topic are followed alike.
    const within = async (authorLikeness: number) => {
      const store = await worldWith({ authorEffect: 1.5, authors: 60, authorLikeness });
      return spreadWithin(rowsOf(store), byUserAndTopic(store), follow(store));
    };
    expect(await within(1)).toBeLessThan(10 * exact);
    expect(await within(0)).toBeGreaterThan(3);
  });

  it('weigh content for every user alike at focus 0, and in a measure of their own above', async () => {
    const measures = async (focus: number): Promise<number[]> => {
      const store = await worldWith({ tasteEffect: 1, clickTasteEffect: 1, likeBias: 0, focus });
      return grouped(rowsOf(store), (row) => store.interactions.user[row]!).map((rows) => {
        const sum = (value: (row: number) => number) => rows.reduce((s, row) => s + Math.abs(value(row)), 0);
        return sum(like(store)) / sum((row) => click(store)(row) + 0.5);
      });
    };
    for (const measure of await measures(0)) expect(measure).toBeCloseTo(1, 4);
    const own = await measures(1);
    expect(spread(own)).toBeGreaterThan(0.5);
    // Of three measures that add up to 3, none is below 0 or above 3.
    expect(Math.min(...own)).toBeGreaterThan(0);
    expect(Math.max(...own)).toBeLessThan(3);
  });
});
