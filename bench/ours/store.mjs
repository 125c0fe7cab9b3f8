/** A prepared data set made of arrays: every row is train, histories are static. */

/**
 * @param log `offsets`: rows of user u are offsets[u]..offsets[u+1]-1 [users + 1]; `item`, `label` [rows]; `items`:
 *   features of the items
 */
export function staticLog({ offsets, item, label, items = { categories: {}, vectors: {} }, itemCount }) {
  const rows = item.length;
  const users = offsets.length - 1;
  const user = new Int32Array(rows);
  for (let u = 0; u < users; u++) user.fill(u, offsets[u], offsets[u + 1]);
  const clicks = Int32Array.from(item.keys()).filter((row) => label[row] === 1);
  const trainOffsets = new Int32Array(users + 1);
  for (const row of clicks) trainOffsets[user[row] + 1]++;
  for (let u = 0; u < users; u++) trainOffsets[u + 1] += trainOffsets[u];
  const events = clicks.map((row) => item[row]);
  const warmItems = new Uint8Array(itemCount);
  for (const i of item) warmItems[i] = 1;
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
        time: Float64Array.from(item.keys()),
        columns: {},
      },
      items,
      users: { categories: {}, vectors: {} },
      truth: {},
    },
    label,
    split: { train: Int32Array.from(item.keys()), validation: new Int32Array(), test: new Int32Array() },
    histories: {
      offsets: trainOffsets,
      item: events,
      causalEnd: new Int32Array(rows),
      trainOffsets,
      trainItem: events,
    },
    warmItems,
  };
}
