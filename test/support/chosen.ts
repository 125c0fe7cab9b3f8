import type { PreparedData } from '../../src/data/index.js';
import { preparedOf } from './batches.js';

/** A log of positive train rows: the items of each user. One row of each user is there twice, and one of user 0 is negative. */
export function logOfChosen(items: number, chosen: readonly (readonly number[])[]): PreparedData {
  const rows = chosen.flatMap((list, user) =>
    [...list, ...list.slice(0, 1)].map((item) => [user, item, 1] as const),
  );
  return preparedOf({ users: chosen.length, items, train: [...rows, [0, chosen[0]!.length + 3, 0]] });
}
