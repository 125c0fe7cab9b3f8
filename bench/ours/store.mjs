/** A prepared data set made of arrays: a user's rows are in the order of time. */

/**
 * @param log `offsets`: rows of user u are offsets[u]..offsets[u+1]-1 [users + 1]; `item`, `label`, `test` (1: of the
 *   test part, else of train) [rows]; `items`: features of the items
 */
export function staticLog({
  offsets,
  item,
  label,
  test,
  items = { categories: {}, tags: {}, texts: {}, vectors: {} },
  itemCount,
}) {
  const rows = item.length;
  const users = offsets.length - 1;
  const user = new Int32Array(rows);
  for (let u = 0; u < users; u++) user.fill(u, offsets[u], offsets[u + 1]);
  const row = Int32Array.from(item.keys());
  const train = row.filter((r) => !test[r]);
  const clicks = train.filter((r) => label[r] === 1);
  const trainOffsets = new Int32Array(users + 1);
  for (const r of clicks) trainOffsets[user[r] + 1]++;
  for (let u = 0; u < users; u++) trainOffsets[u + 1] += trainOffsets[u];
  const events = clicks.map((r) => item[r]);
  const causalEnd = new Int32Array(rows); // train clicks before the row, of this user and those before
  for (let r = 0, seen = 0; r < rows; r++) {
    causalEnd[r] = seen;
    if (!test[r] && label[r] === 1) seen++;
  }
  const warmItems = new Uint8Array(itemCount);
  for (const r of train) warmItems[item[r]] = 1;
  return {
    store: {
      name: 'bench',
      fingerprint: 'none',
      caveat: null,
      userIds: Array.from({ length: users }, (_, u) => String(u)),
      itemIds: Array.from({ length: itemCount }, (_, i) => String(i)),
      interactions: {
        rows,
        userOffsets: offsets,
        user,
        item,
        time: Float64Array.from(row),
        columns: {},
      },
      items,
      users: { categories: {}, tags: {}, texts: {}, vectors: {} },
      histories: {},
      truth: {},
    },
    label,
    split: { train, validation: new Int32Array(), test: row.filter((r) => test[r]) },
    histories: () => ({
      offsets: trainOffsets,
      item: events,
      causalEnd,
      trainOffsets,
      trainItem: events,
    }),
    warmItems,
  };
}
