import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { tableFormat, writeRecommendations } from '../../src/evaluation/index.js';
import { storeOf } from '../data/fixture.js';
import { temporaryFolder } from '../support/index.js';

it('is refused by the name of a table, not of predictions', () => {
  expect(() => tableFormat('top.xlsx')).toThrow("tables are not written as '.xlsx'");
});

it('writes a row for every place that is taken, best first', async () => {
  const store = storeOf(
    [0, 1, 2].map((user) => [user, 0, 0, 1] as const),
    5,
  );
  const lists = {
    user: Int32Array.of(0, 2),
    anchor: Int32Array.of(0, 2),
    targetOffsets: Int32Array.of(0, 2, 3),
    targets: Int32Array.of(1, 4, 3),
    seenOffsets: Int32Array.of(0, 0, 0),
    seen: new Int32Array(),
  };
  const top = {
    length: 3,
    item: Int32Array.of(4, 0, 1, 2, -1, -1),
    score: Float32Array.of(3, 2, 2, 0.5, 0, 0),
  };
  const path = join(temporaryFolder(), 'top.csv');
  await writeRecommendations(path, store, [{ split: 'test', lists, top }]);
  expect(readFileSync(path, 'utf8')).toBe(
    'split,user,rank,item,score,label\n' +
      'test,u0,1,i4,3.0,1.0\n' +
      'test,u0,2,i0,2.0,0.0\n' +
      'test,u0,3,i1,2.0,1.0\n' +
      'test,u2,1,i2,0.5,0.0\n',
  );
});
