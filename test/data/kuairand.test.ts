import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import {
  openSource,
  type PreparedData,
  prepare,
  readManifest,
  type Store,
  storeNames,
} from '../../src/data/index.js';
import { describeIf, projectRoot, sharedData, temporaryFolder } from '../support/index.js';

const shared = sharedData('kuairand-negfeedback', 'processed_standard_kcore_15.csv');

// Expected counts: the README of the shared data, and an independent preparation of the same split with pandas and
// FuxiCTR (see docs/results.md).
describeIf(shared.exists, shared.reason)('KuaiRand, liked or hated impressions', () => {
  let store: Store;
  let data: PreparedData;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = temporaryFolder();
    const card = join(projectRoot, 'datasets', 'kuairand-negfeedback.yaml');
    store = await openSource({ card, from: dirname(shared.path) }, { dataDir });
    data = prepare(store, {
      label: 'is_click',
      split: { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 },
    });
  });

  it('has 664 users, 9,359 videos and 41,828 rows, 116 of which are exact duplicates', async () => {
    expect([store.userIds.length, store.itemIds.length, store.interactions.rows]).toEqual([
      664, 9359, 41_712,
    ]);
    const [name] = await storeNames(dataDir);
    const { report } = await readManifest(join(dataDir, name!));
    expect(report[0]).toBe('dropped 116 of 41828 rows: exact duplicates of another row');
  });

  it('splits into 30,094 / 3,014 / 8,604 rows with click rates .658 / .658 / .657', () => {
    const parts = [data.split.train, data.split.validation, data.split.test];
    expect(parts.map((rows) => rows.length)).toEqual([30_094, 3_014, 8_604]);
    const rate = (rows: Int32Array): string =>
      (rows.reduce((sum, row) => sum + data.label[row]!, 0) / rows.length).toFixed(3);
    expect(parts.map(rate)).toEqual(['0.658', '0.658', '0.657']);
  });

  it('has causal histories of 37.6 of the last 50 clicks on average in test', () => {
    const histories = data.histories('positive');
    const { user } = store.interactions;
    const lengths = data.split.test.map((row) =>
      Math.min(50, histories.causalEnd[row]! - histories.offsets[user[row]!]!),
    );
    expect(lengths.reduce((a, b) => a + b) / lengths.length).toBeCloseTo(37.6, 1);
  });

  it('shows known videos in 62.4 % of the test rows and 79.0 % of the validation rows', () => {
    const warm = (rows: Int32Array): number =>
      rows.filter((row) => data.warmItems[store.interactions.item[row]!]).length / rows.length;
    expect(warm(data.split.test)).toBeCloseTo(0.624, 3);
    expect(warm(data.split.validation)).toBeCloseTo(0.79, 3);
  });

  it('has durations of 0 on 18.5 % of the rows, and authors for 113 videos with 1,115 rows', () => {
    const { item, rows } = store.interactions;
    const { duration, author } = store.items.categories;
    expect(item.filter((i) => duration!.values[i] === 0).length / rows).toBeCloseTo(0.185, 2);
    expect(author!.values.filter((value) => value >= 0).length).toBe(113);
    // 1,115 counts duplicates of the source too.
    const joined = item.filter((i) => author!.values[i]! >= 0).length;
    expect(joined).toBeGreaterThan(1115 - 116);
    expect(joined).toBeLessThanOrEqual(1115);
  });

  it('says beside every number how the rows were selected', () => {
    expect(store.caveat).toContain('selection bias');
  });

  // Users, videos and rows left, by groupby and nunique of pandas on the file without its duplicates.
  it.each([
    [{ kCore: 5 }, [664, 1853, 33_975]],
    [{ minUserRows: 20, minItemRows: 3 }, [621, 1874, 33_348]],
    [{ minUserPositives: 30 }, [325, 7508, 30_532]],
    [{ usersWithAll: ['is_follow', 'is_comment'] }, [67, 2937, 6041]],
    [{ usersWithAny: ['is_follow', 'is_comment'] }, [442, 7190, 30_471]],
    [{ usersWithAll: ['is_follow', 'is_comment'], kCore: 3 }, [67, 805, 3453]],
    [{ rowsWith: ['duration_ms'] }, [664, 8159, 33_981]],
    [{ rowsWith: ['duration_ms'], minUserRows: 30 }, [391, 7518, 28_424]],
  ])('is filtered by %j to %j', (filter, [users, items, rows]) => {
    const split = { kind: 'random', scope: 'user', train: 0.8, validation: 0.1, seed: 1 } as const;
    const { filtered } = prepare(store, { label: 'is_click', filter, split });
    expect(filtered!.after).toEqual({ users, items, rows });
  });
});
