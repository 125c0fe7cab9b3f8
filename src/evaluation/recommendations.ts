import { DOUBLE, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { CatalogueLists, SplitName, Store } from '../data/index.js';
import type { TopItems } from './catalogue.js';
import { writeTable } from './table.js';

/** Best items of the users of one part. */
export interface Recommendations {
  readonly split: SplitName;
  readonly lists: CatalogueLists;
  readonly top: TopItems;
}

/**
 * Writes the best items of every user as CSV or Parquet, after the ending of the path, whole or not at all. Columns:
 * `split`, `user` and `item` (text), `rank` (integer, from 1), `score` (double), `label` (double, 1 where the item is a
 * positive of the user in that part).
 *
 * @throws UserError for another ending, a full disk or a place that is not writable
 */
export async function writeRecommendations(
  path: string,
  store: Store,
  parts: readonly Recommendations[],
): Promise<void> {
  const found = parts.flatMap((part) => {
    const { length, item } = part.top;
    return Array.from(item.keys())
      .filter((at) => item[at]! >= 0)
      .map((at) => ({ part, at, list: Math.floor(at / length) }));
  });
  await writeTable(path, [
    { name: 'split', type: VARCHAR, values: found.map(({ part }) => part.split) },
    {
      name: 'user',
      type: VARCHAR,
      values: found.map(({ part, list }) => store.userIds[part.lists.user[list]!]!),
    },
    {
      name: 'rank',
      type: INTEGER,
      values: Int32Array.from(found, ({ part, at }) => 1 + (at % part.top.length)),
    },
    { name: 'item', type: VARCHAR, values: found.map(({ part, at }) => store.itemIds[part.top.item[at]!]!) },
    { name: 'score', type: DOUBLE, values: Float64Array.from(found, ({ part, at }) => part.top.score[at]!) },
    {
      name: 'label',
      type: DOUBLE,
      values: Float32Array.from(found, ({ part, at, list }) =>
        isTarget(part.lists, list, part.top.item[at]!) ? 1 : 0,
      ),
    },
  ]);
}

function isTarget({ targetOffsets, targets }: CatalogueLists, list: number, item: number): boolean {
  return targets.subarray(targetOffsets[list]!, targetOffsets[list + 1]!).includes(item);
}
