import type { PreparedData } from '../data/index.js';
import type { SparseMatrix } from '../layers/index.js';

/**
 * Who chose what in the train part: 1 where a user has a positive row with an item, however many. [users, items]; the
 * items of a row ascend.
 */
export function trainPositives({ store, split, label }: PreparedData): SparseMatrix {
  const { user, item } = store.interactions;
  const users = store.userIds.length;
  const rows = split.train.filter((row) => label[row] === 1);
  const offsets = new Int32Array(users + 1);
  for (const row of rows) offsets[user[row]! + 1]!++;
  for (let u = 0; u < users; u++) offsets[u + 1]! += offsets[u]!;
  const next = offsets.slice();
  const all = new Int32Array(rows.length);
  for (const row of rows) all[next[user[row]!]!++] = item[row]!;
  let kept = 0;
  for (let u = 0; u < users; u++) {
    const chosen = all.subarray(offsets[u]!, offsets[u + 1]!).sort();
    const start = kept;
    // What is kept never lies beyond what is read, so one array holds both.
    for (const id of chosen) if (kept === start || all[kept - 1] !== id) all[kept++] = id;
    offsets[u] = start;
  }
  offsets[users] = kept;
  return {
    columns: store.itemIds.length,
    offsets,
    column: all.slice(0, kept),
    value: new Float32Array(kept).fill(1),
  };
}
