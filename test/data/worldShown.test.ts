import { describe, expect, it } from '@jest/globals';
import { prepare, type Store } from '../../src/data/index.js';
import { aucWithinUsers, dependence, grouped, rowsOf, worldWith } from './worldSupport.js';

/** Standard deviations that a statistic of nothing hardly ever reaches, and one of something easily. */
const rare = 5;

/** Topic of every video, told by its cover: without twist and noise all covers of a topic are the same. */
function topicsOf({ items, itemIds }: Store): number[] {
  const { cover } = items.vectors;
  const { width } = cover!;
  const all = cover!.rows(Int32Array.from(itemIds.keys()));
  const known = new Map<number, number>();
  return itemIds.map((_, item) => {
    const first = all[item * width]!;
    if (!known.has(first)) known.set(first, known.size);
    return known.get(first)!;
  });
}

describe('what models see of videos', () => {
  const many = { users: 2, items: 1500, sessions: 1, coverWidth: 2, authors: 100, musics: 60, tags: 800 };

  it.each([
    ['category', 'categoryNoise'],
    ['author', 'authorNoise'],
    ['music', 'musicNoise'],
  ] as const)('the %s goes with the topic unless %s is 1', async (name, noise) => {
    const clear = await worldWith(many);
    const topics = topicsOf(clear);
    expect(new Set(topics).size).toBe(8);
    const { values } = clear.items.categories[name]!;
    // Without noise every value belongs to one topic.
    const pairs = new Set(topics.map((topic, item) => `${values[item]} ${topic}`));
    expect(pairs.size).toBe(new Set(values).size);
    const noisy = await worldWith({ ...many, [noise]: 1 });
    expect(topicsOf(noisy)).toEqual(topics);
    expect(dependence(noisy.items.categories[name]!.values, topics)).toBeLessThan(rare);
    const half = await worldWith({ ...many, [noise]: 0.5 });
    expect(dependence(half.items.categories[name]!.values, topics)).toBeGreaterThan(rare);
  });

  it('tags go with the topic unless tagNoise is 1, are distinct, and tagsPerVideo on average; none at 0', async () => {
    const tagsOf = ({ items }: Store, item: number): number[] => {
      const { offsets, values } = items.tags.tags!;
      return [...values.subarray(offsets[item], offsets[item + 1])];
    };
    const store = await worldWith({ ...many, tagsPerVideo: 2 });
    const topics = topicsOf(store);
    const { values } = store.items.tags.tags!;
    const pairs = topics.flatMap((topic, item) => tagsOf(store, item).map((tag) => `${tag} ${topic}`));
    expect(new Set(pairs).size).toBe(new Set(values).size);
    expect(
      topics.filter((_, item) => new Set(tagsOf(store, item)).size < tagsOf(store, item).length),
    ).toEqual([]);
    // 0 to 4 are drawn, all equally likely; of 100 tags a topic few are drawn twice.
    expect(values.length / 1500).toBeGreaterThan(1.85);
    expect(values.length / 1500).toBeLessThan(2 + (4.5 * Math.SQRT2) / Math.sqrt(1500));
    const noisy = await worldWith({ ...many, tags: 20, tagNoise: 1 });
    const first = topics.flatMap((topic, item) => {
      const [tag] = tagsOf(noisy, item);
      return tag === undefined ? [] : [[tag, topic] as const];
    });
    const columns = [0, 1].map((i) => first.map((pair) => pair[i]!));
    expect(dependence(columns[0]!, columns[1]!)).toBeLessThan(rare);
    expect((await worldWith({ ...many, tagsPerVideo: 0 })).items.tags.tags!.values).toHaveLength(0);
  });

  it('the cover shows the content unless coverSignal is 0', async () => {
    const differ = async (coverSignal: number): Promise<number> => {
      const store = await worldWith({ ...many, coverSignal, coverNoise: 1 });
      const { values } = store.items.categories.category!;
      const covers = store.items.vectors.cover!.rows(Int32Array.from(store.itemIds.keys()));
      // How far the mean of the first number of a topic's covers lies from 0, in standard deviations of the noise.
      const { width } = store.items.vectors.cover!;
      const groups = grouped(
        store.itemIds.map((_, i) => i),
        (item) => values[item]!,
      );
      return Math.max(
        ...groups.map((group) => {
          const sum = group.reduce((total, item) => total + covers[item * width]!, 0);
          return Math.abs(sum) / Math.sqrt(group.length);
        }),
      );
    };
    expect(await differ(0)).toBeLessThan(rare);
    expect(await differ(1)).toBeGreaterThan(rare);
  });

  it('a category of noise says nothing about clicks; one of the topic does', async () => {
    const bias = { matchEffect: 4, clickBias: -2, sessions: 20 };
    const judged = async (categoryNoise: number) => {
      const store = await worldWith({ ...bias, categoryNoise });
      return aucWithinUsers(store, store.interactions.columns.is_click!, shareOfCategory(store));
    };
    const noise = await judged(1);
    expect(Math.abs(noise.value - 0.5)).toBeLessThan(4.5 * noise.deviation);
    const clear = await judged(0);
    expect(clear.value).toBeGreaterThan(0.5 + 4.5 * clear.deviation);
  });
});

/** Click rate of the user in the category of the row's video in the rows before, drawn to a tenth. */
function shareOfCategory({ interactions, items }: Store): Float64Array {
  const { user, item, columns } = interactions;
  const { values, cardinality } = items.categories.category!;
  const clicks = new Float64Array(cardinality);
  const shows = new Float64Array(cardinality);
  return Float64Array.from(item, (i, row) => {
    if (user[row] !== user[row - 1]) {
      clicks.fill(0.1);
      shows.fill(1);
    }
    const category = values[i]!;
    const share = clicks[category]! / shows[category]!;
    clicks[category]! += columns.is_click![row]!;
    shows[category]! += 1;
    return share;
  });
}

describe('profiles', () => {
  it('go with tastes unless profileEffect is 0, and change nothing in the log', async () => {
    const crowd = { users: 500, sessions: 2, matchEffect: 4, clickBias: -2, interests: 1, coverWidth: 1 };
    const without = await worldWith({ ...crowd, profileEffect: 0 });
    const strong = await worldWith({ ...crowd, profileEffect: 4 });
    for (const name of ['gender', 'age', 'city']) {
      const related = (store: Store) => dependence(store.users.categories[name]!.values, favourites(store));
      expect(Math.abs(related(without))).toBeLessThan(rare);
      expect(related(strong)).toBeGreaterThan(rare);
    }
    for (const column of ['item', 'time'] as const) {
      expect(strong.interactions[column].join()).toBe(without.interactions[column].join());
    }
    expect(strong.truth.is_like!.join()).toBe(without.truth.is_like!.join());
  });
});

/** The category in which each user clicks most. */
function favourites(store: Store): number[] {
  const { user, item, columns } = store.interactions;
  const { values } = store.items.categories.category!;
  return store.userIds.map((_, u) => {
    const clicks = new Float64Array(8);
    for (let row = store.interactions.userOffsets[u]!; user[row] === u; row++) {
      clicks[values[item[row]!]!]! += columns.is_click![row]!;
    }
    return clicks.indexOf(Math.max(...clicks));
  });
}

describe('exposure', () => {
  /** Mean of what the first place's click probability has beyond the last one's, in its standard deviations. */
  async function favour(knobs: Parameters<typeof worldWith>[0]): Promise<number> {
    const store = await worldWith({ matchEffect: 4, clickBias: -2, sessions: 20, coverWidth: 1, ...knobs });
    const truth = store.truth.is_click!;
    const { position } = store.interactions.columns;
    const firsts = rowsOf(store).filter((row) => position![row] === 0 && position![row + 7] === 7);
    const gains = firsts.map((row) => truth[row]! - truth[row + 7]!);
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
    const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (gains.length - 1);
    return mean / Math.sqrt(variance / gains.length);
  }

  it('is by chance at guided 0, and better further up the more the recommender knows', async () => {
    expect(Math.abs(await favour({ guided: 0 }))).toBeLessThan(rare);
    const poor = await favour({ guided: 0.9, recommenderNoise: 1 });
    const good = await favour({ guided: 0.9, recommenderNoise: 0.1 });
    expect(poor).toBeGreaterThan(rare);
    expect(good).toBeGreaterThan(poor + rare);
  });

  it('is equal for all videos at popularity 0, else as rank^-s in the pool', async () => {
    const shows = async (popularity: number): Promise<number[]> => {
      // Whoever opens the app once sees the whole pool.
      const store = await worldWith({ users: 1000, sessions: 0, pool: 8, items: 200, popularity });
      const counts = new Array<number>(200).fill(0);
      for (const item of store.interactions.item) counts[item]! += 1;
      return counts.sort((a, b) => b - a);
    };
    const equal = await shows(0);
    expect(equal.reduce((sum, count) => sum + count, 0)).toBe(8000);
    // Each is in a user's pool or not: a binomial of 1,000 draws with chance 8 / 200.
    for (const count of equal) expect(Math.abs(count - 40)).toBeLessThan(rare * Math.sqrt(40 * 0.96));
    const skewed = await shows(0.5);
    skewed.forEach((count, rank) => {
      // u^2 < x for u below sqrt(x); eight draws, of which it is enough that one hits.
      const chance = Math.sqrt((rank + 1) / 200) - Math.sqrt(rank / 200);
      const expected = 1000 * (1 - (1 - chance) ** 8);
      // Sorted by count and not by rank, neighbours change places: a little more room than for one count.
      expect(Math.abs(count - expected)).toBeLessThan(8 * Math.sqrt(expected));
    });
  });

  it('gives all users as many sessions at activitySpread 0', async () => {
    const sessions = async (activitySpread: number): Promise<Set<number>> => {
      const { interactions, userIds } = await worldWith({ activitySpread });
      const { userOffsets } = interactions;
      return new Set(userIds.map((_, u) => (userOffsets[u + 1]! - userOffsets[u]!) / 8));
    };
    expect([...(await sessions(0))]).toEqual([10]);
    expect((await sessions(0.8)).size).toBeGreaterThan(8);
  });
});

describe('new videos', () => {
  it('come in the test period in their share, and not at newShare 0', async () => {
    const cold = async (newShare: number): Promise<number> => {
      // 40 rows a video: one that is there from the first day has a train row.
      const store = await worldWith({ items: 100, sessions: 12, newShare });
      const split = { kind: 'time', scope: 'global', train: 0.8, validation: 0.1 } as const;
      const { split: parts, warmItems } = prepare(store, { label: 'is_click', split });
      const rows = parts.test.filter((row) => warmItems[store.interactions.item[row]!] === 0);
      return rows.length / parts.test.length;
    };
    expect(await cold(0)).toBe(0);
    // Of the half that is new, a fifth and more are uploaded in the last fifth or shortly before.
    expect(await cold(0.5)).toBeGreaterThan(0.03);
  });
});
