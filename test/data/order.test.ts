import { expect, it } from '@jest/globals';
import { orderDefects } from '../../src/data/order.js';
import { offsetsOf } from '../../src/data/store.js';
import { fc } from '../support/property.js';

/** The definitions, row by row. */
function slowly(rows: readonly (readonly [user: number, item: number, time: number])[]) {
  let [pairs, moments, back] = [0, 0, 0];
  rows.forEach(([user, item, time], i) => {
    const before = rows.slice(0, i).filter((row) => row[0] === user);
    if (before.some((row) => row[1] === item)) pairs++;
    if (before.some((row) => row[2] === time)) moments++;
    if (before.some((row) => row[2] > time)) back++;
  });
  return { pairs, moments, back };
}

it('counts repeated pairs, rows of one moment and rows out of order', () => {
  const small = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(small, small, small), { maxLength: 40 }), (rows) => {
      const order = [...rows.keys()].sort(
        (a, b) => rows[a]![0] - rows[b]![0] || rows[a]![2] - rows[b]![2] || a - b,
      );
      const user = Int32Array.from(order, (row) => rows[row]![0]);
      const interactions = {
        rows: rows.length,
        userOffsets: offsetsOf(user, 4),
        user,
        item: Int32Array.from(order, (row) => rows[row]![1]),
        time: Float64Array.from(order, (row) => rows[row]![2]),
        columns: {},
      };
      expect(orderDefects(interactions, 4, Int32Array.from(order))).toEqual(slowly(rows));
    }),
  );
});
