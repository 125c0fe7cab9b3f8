import { expect, it } from '@jest/globals';
import { batchOfArrays, dataOfArrays, logOfAll, noFeatures, tagsOfMatrix } from '../../src/data/index.js';

const features = { itemFeatures: noFeatures, userFeatures: noFeatures };

it('sorts a log by user and time, and indexes its histories', () => {
  const data = dataOfArrays({
    ...features,
    name: 'arrays',
    users: 3,
    items: 5,
    log: {
      user: Int32Array.of(2, 0, 2, 0),
      item: Int32Array.of(4, 1, 3, 2),
      time: Float64Array.of(1e12 + 2, 5, 1e12 + 1, 5),
      label: Float32Array.of(1, 0, 1, 1),
      columns: { seconds: Float32Array.of(10, 20, 30, 40) },
    },
  });
  const { user, item, time, columns, userOffsets } = data.store.interactions;
  expect([[...user], [...item]]).toEqual([
    [0, 0, 2, 2],
    [1, 2, 3, 4],
  ]);
  expect([[...time], [...columns.seconds!]]).toEqual([
    [5, 5, 1e12 + 1, 1e12 + 2],
    [20, 40, 30, 10],
  ]);
  expect([...userOffsets]).toEqual([0, 2, 2, 4]);
  expect([...data.label]).toEqual([0, 1, 1, 1]);
  const { trainItem, trainOffsets } = data.histories('positive');
  expect([[...trainItem], [...trainOffsets]]).toEqual([
    [2, 3, 4],
    [0, 1, 1, 3],
  ]);
  expect([...data.histories('negative').trainItem]).toEqual([1]);
  expect([...data.histories({ column: 'seconds' }).trainItem]).toEqual([1, 2, 3, 4]);
  expect(() => data.histories({ column: 'is_like' })).toThrow(/is_like/);
});

it('knows every user and item where no log is given', () => {
  const data = dataOfArrays({ ...features, name: 'arrays', users: 2, items: 3 });
  expect(new Set(data.store.interactions.user)).toEqual(new Set([0, 1]));
  expect(new Set(data.store.interactions.item)).toEqual(new Set([0, 1, 2]));
  expect([...data.warmItems]).toEqual([1, 1, 1]);
  expect(data.split.train).toHaveLength(3);
  expect(logOfAll(0, 0).user).toHaveLength(0);
});

it('lays histories out, padded with one past the last item, and their times with 0', () => {
  const batch = batchOfArrays({
    items: 6,
    user: Int32Array.of(1, 0),
    histories: [
      {
        width: 3,
        items: [Int32Array.of(4, 2), Int32Array.of()],
        times: [Float64Array.of(1e12, 1e12 + 1), Float64Array.of()],
      },
    ],
    pairs: { context: Int32Array.of(1, 0, 0), item: Int32Array.of(5, 0, 1) },
  });
  const [{ sequences, sequence, length }] = batch.histories as [(typeof batch.histories)[0]];
  expect([...batch.items]).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...sequences.item]).toEqual([4, 2, 6, 6, 6, 6]);
  expect([...sequences.time!]).toEqual([1e12, 1e12 + 1, 0, 0, 0, 0]);
  expect([[...sequence], [...length], [...sequences.length]]).toEqual([
    [0, 1],
    [2, 0],
    [2, 0],
  ]);
  expect(batch.pairs).toMatchObject({ count: 3, row: Int32Array.of(-1, -1, -1) });
});

it('takes tags out of a padded matrix', () => {
  expect(tagsOfMatrix(Int32Array.of(3, 1, -1, -1, 0, -1), 2, 4)).toEqual({
    offsets: Int32Array.of(0, 2, 2, 3),
    values: Int32Array.of(3, 1, 0),
    cardinality: 4,
  });
});
