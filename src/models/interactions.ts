import { gather } from '../base/index.js';
import { offsetsOf, type PreparedData } from '../data/index.js';
import type { SparseMatrix } from '../layers/index.js';

/**
 * Who chose what in the train part: 1 where a user has a positive row with an item, however many. [users, items]; the
 * items of a row ascend.
 */
export function trainPositives({ store, split, label }: PreparedData): SparseMatrix {
  const { user, item } = store.interactions;
  const users = store.userIds.length;
  const rows = split.train.filter((row) => label[row] === 1);
  // Rows of the store, and so of a part, are sorted by user.
  const offsets = offsetsOf(gather(user, rows), users);
  const all = gather(item, rows);
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
