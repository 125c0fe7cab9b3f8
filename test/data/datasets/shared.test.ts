import { dirname } from 'node:path';
import { expect, it } from '@jest/globals';
import { type Card, importInto, parseCard, type Store } from '../../../src/data/index.js';
import { describeIf, sharedData, temporaryFolder } from '../../support/index.js';
import { bundledCard, column } from './support.js';

// Expected counts: the README of the shared data; where it has none, counts by pandas of the same files.

async function imported(card: Card, from: string): Promise<{ store: Store; report: readonly string[] }> {
  const dataDir = temporaryFolder();
  return importInto(card, from, `${dataDir}/${card.name}`, { dataDir });
}

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
const sizes = ({ userIds, itemIds, interactions }: Store) => [
  userIds.length,
  itemIds.length,
  interactions.rows,
];

const segmm = sharedData('segmm-sample', 'SegMM_inter_sample.csv');
describeIf(segmm.exists, segmm.reason)('SegMM’s sample', () => {
  it('has 37 users, 9,123 videos, 10,000 rows, a third finished, most of a time that another has', async () => {
    const { store, report } = await imported(await bundledCard('segmm-sample'), dirname(segmm.path));
    expect(sizes(store)).toEqual([37, 9_123, 10_000]);
    expect(sum(column(store, 'segments'))).toBe(86_390);
    expect(sum(column(store, 'watched'))).toBe(31_122);
    expect(sum(column(store, 'finished'))).toBe(3_331);
    expect(report).toContain('6546 of them have the user and time of an earlier row');
    expect(report).toContain('2 of them repeat a (user, item) pair; all are kept');
  });
});

const eeg = sharedData('eeg-svrec', 'participants.csv');
describeIf(eeg.exists, eeg.reason)('EEG-SVRec', () => {
  it('has 30 users, 2,684 videos, 3,657 rows, and features for most videos', async () => {
    const { store, report } = await imported(await bundledCard('eeg-svrec'), dirname(eeg.path));
    expect(sizes(store)).toEqual([30, 2_684, 3_657]);
    expect(sum(column(store, 'is_like'))).toBe(1_139);
    const { values } = store.items.categories.sound!;
    expect(values.filter((value) => value >= 0).length).toBe(2_602);
    // Video 841 stands there twice.
    expect(report).toContain('item vector descriptors: left out 1 rows of items that have an earlier one');
    // In participants.csv gender is 1 sixteen times and 2 fourteen times.
    expect(sum(store.users.categories.gender!.values)).toBe(14);
  });
});

const tiktok = sharedData('tiktok', 'interactions.csv');
describeIf(tiktok.exists, tiktok.reason)('TikTok', () => {
  it('has 9,308 users, 6,710 videos, 68,722 rows in three parts, 465 videos not in train, and half floats', async () => {
    const { store } = await imported(await bundledCard('tiktok-mmrec'), dirname(tiktok.path));
    expect(sizes(store)).toEqual([9_308, 6_710, 68_722]);
    const parts = [0, 0, 0];
    const warm = new Set<number>();
    store.interactions.part!.forEach((part, row) => {
      parts[part]!++;
      if (part === 0) warm.add(store.interactions.item[row]!);
    });
    expect(parts).toEqual([59_541, 3_051, 6_130]);
    expect(6_710 - warm.size).toBe(465);
    const { image, audio } = store.items.vectors;
    expect([image!.width, audio!.width]).toEqual([128, 128]);
    expect(image!.rows(Int32Array.of(6_709))[127]).toBe(2.87890625);
  });
});

const icme = sharedData('samples', 'icme2019_byterec_sample.csv');
describeIf(icme.exists, icme.reason)('200 rows of the track of ICME 2019', () => {
  it('has 198 users and 199 videos, 76 finished and 7 liked views', async () => {
    const { expect: _, ...card } = await bundledCard('tiktok');
    const log = { ...card.files.log!, path: 'icme2019_byterec_sample.csv' };
    const { store } = await imported({ ...card, files: { log } }, dirname(icme.path));
    expect(sizes(store)).toEqual([198, 199, 200]);
    expect([sum(column(store, 'finish')), sum(column(store, 'like'))]).toEqual([76, 7]);
    expect(store.items.categories.music!.cardinality).toBe(72);
  });
});

const videos = sharedData('kuairand-pure-features', 'video_features_basic_pure.csv');
describeIf(videos.exists, videos.reason)('KuaiRand-Pure’s videos', () => {
  it('have 9,310 tags in all, 96 of the 7,583 none, and 239 no duration', async () => {
    // The table of the videos in the place of a log, as if each had been seen by its author.
    const { items } = await bundledCard('kuairand-pure');
    const card = parseCard(
      JSON.stringify({
        name: 'videos',
        title: 'Videos by author',
        files: { videos: { path: 'video_features_basic_pure.csv' } },
        interactions: { file: 'videos', user: 'author_id', item: 'video_id', columns: [] },
        items: { tags: items.tags, categories: { duration: items.categories.duration } },
      }),
      'card',
    );
    const { store } = await imported(card, dirname(videos.path));
    expect(store.itemIds.length).toBe(7_583);
    const { offsets, values } = store.items.tags.tag!;
    expect(values.length).toBe(9_310);
    expect(store.itemIds.filter((_, i) => offsets[i] === offsets[i + 1]).length).toBe(96);
    const { values: durations } = store.items.categories.duration!;
    expect(durations.filter((value) => value < 0).length).toBe(239);
  });
});
