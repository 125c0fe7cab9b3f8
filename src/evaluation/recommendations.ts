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
  const count = parts.reduce((sum, { top }) => sum + top.item.filter((item) => item >= 0).length, 0);
  const split = new Array<string>(count);
  const user = new Array<string>(count);
  const item = new Array<string>(count);
  const rank = new Int32Array(count);
  const score = new Float64Array(count);
  const label = new Float32Array(count);
  let row = 0;
  for (const { split: part, lists, top } of parts) {
    for (let at = 0; at < top.item.length; at++) {
      const best = top.item[at]!;
      if (best < 0) continue;
      const list = Math.floor(at / top.length);
      split[row] = part;
      user[row] = store.userIds[lists.user[list]!]!;
      rank[row] = 1 + (at % top.length);
      item[row] = store.itemIds[best]!;
      score[row] = top.score[at]!;
      label[row++] = isTarget(lists, list, best) ? 1 : 0;
    }
  }
  await writeTable(path, [
    { name: 'split', type: 'VARCHAR', values: split },
    { name: 'user', type: 'VARCHAR', values: user },
    { name: 'rank', type: 'INTEGER', values: rank },
    { name: 'item', type: 'VARCHAR', values: item },
    { name: 'score', type: 'DOUBLE', values: score },
    { name: 'label', type: 'DOUBLE', values: label },
  ]);
}

function isTarget({ targetOffsets, targets }: CatalogueLists, list: number, item: number): boolean {
  return targets.subarray(targetOffsets[list]!, targetOffsets[list + 1]!).includes(item);
}
