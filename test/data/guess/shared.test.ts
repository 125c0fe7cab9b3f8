import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Guess, guessCard } from '../../../src/data/index.js';
import { describeIf, sharedData, temporaryFolder } from '../../support/index.js';

/** What people who know the logs would write: the README of the shared data, and the files' headers. */
const logs: readonly (readonly [path: string, card: Readonly<Record<string, unknown>>])[] = [
  [
    'kuairand-negfeedback/processed_standard_kcore_15.csv',
    {
      files: { log: { delimiter: 'tab' } },
      interactions: {
        user: 'user_id',
        item: 'video_id',
        time: 'time_ms',
        columns: {
          is_click: 'is_click',
          label: 'label',
          long_view: 'long_view',
          is_follow: 'is_follow',
          is_comment: 'is_comment',
          is_forward: 'is_forward',
          is_profile_enter: 'is_profile_enter',
          play_time_ms: { column: 'play_time_ms', span: true },
          duration_ms: { column: 'duration_ms', span: true },
          comment_stay_time: 'comment_stay_time',
        },
        duplicates: 'dropExact', // 116 rows
      },
      items: { categories: { duration: { column: 'duration_ms', bucket: 'log2Seconds' } } },
      users: { categories: {} },
    },
  ],
  [
    'segmm-sample/SegMM_inter_sample.csv',
    {
      files: { log: { delimiter: 'comma' } },
      interactions: {
        user: 'user_id',
        item: 'video_id',
        time: 'time_ms',
        columns: {
          watched: { column: 'playing_time', over: 'duration_ms', atLeast: 1 },
          duration_ms: { column: 'duration_ms', span: true },
          playing_time: { column: 'playing_time', span: true },
          label_1D_length: { column: 'label_1D', list: 'length' },
          label_1D_ones: { column: 'label_1D', list: 'ones' },
        },
        duplicates: 'keep',
      },
      items: { categories: { duration: { column: 'duration_ms', bucket: 'log2Seconds' } } },
    },
  ],
  [
    'tiktok/interactions.csv',
    {
      interactions: {
        user: 'user',
        item: 'item',
        columns: [],
        positives: 'is_positive',
        part: { column: 'split', values: { trn: 'train', val: 'validation', tst: 'test' } },
      },
    },
  ],
  ...(['microlens-50k', 'kwai'] as const).map(
    (name) =>
      [
        `${name}/interactions.csv`,
        {
          interactions: {
            user: 'user',
            item: 'item',
            columns: [],
            positives: 'is_positive',
            part: {
              column: 'split',
              values: { training: 'train', validation: 'validation', testing: 'test' },
            },
          },
        },
      ] as const,
  ),
  [
    'samples/kuairand1k_sample.csv',
    {
      interactions: {
        user: 'user_id',
        item: 'video_id',
        columns: {
          is_click: 'is_click',
          play_time_ms: { column: 'play_time_ms', span: true },
          duration_ms: { column: 'duration_ms', span: true },
        },
      },
    },
  ],
  // Columns: uid, user_city, item_id, author_id, item_city, channel, finish, like, music_id, device, time, duration.
  [
    'samples/icme2019_byterec_sample.csv',
    {
      files: {
        log: {
          delimiter: 'tab',
          header: ['user', 'c2', 'item', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', 'c10', 'time', 'c12'],
        },
      },
      interactions: { user: 'user', item: 'item', time: 'time', columns: { c7: 'c7' } },
    },
  ],
];

const guess = (path: string): Promise<Guess> =>
  guessCard(path, { given: { labels: [], categories: [] }, spill: join(temporaryFolder(), 'spill') });

describe('real logs', () => {
  for (const [name, expected] of logs) {
    const shared = sharedData(...name.split('/'));
    describeIf(shared.exists, shared.reason)(name, () => {
      it('is guessed right', async () => {
        const { card } = await guess(shared.path);
        expect(card).toMatchObject(expected);
        const wanted = (expected.interactions as { time?: string }).time;
        expect(card.interactions.time).toBe(wanted);
      });
    });
  }
});

describe('files that are no logs', () => {
  for (const [name, problem] of [
    ['microlens-50k/titles.csv', 'users'],
    ['kuairand-pure-features/video_features_basic_pure.csv', 'users'],
    ['kuairand-pure-features/user_features_pure.csv', 'items'],
    ['eeg-svrec/participants.csv', 'items'],
    ['eeg-svrec/video_features/video_features.csv', 'users'],
  ] as const) {
    const shared = sharedData(...name.split('/'));
    describeIf(shared.exists, shared.reason)(name, () => {
      it(`has no ${problem}`, async () => {
        await expect(guess(shared.path)).rejects.toThrow(`cannot tell which column holds the ${problem}`);
      });
    });
  }
});
