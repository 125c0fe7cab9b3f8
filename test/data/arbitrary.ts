import { fc } from '../support/property.js';
import { type Row, storeOf } from './fixture.js';

/** Stores of up to 6 users with up to 25 rows each over 12 items, with ties in time. */
export const arbitraryStore = fc
  .array(fc.array(fc.tuple(fc.nat(11), fc.nat(15), fc.constantFrom(0, 1)), { minLength: 1, maxLength: 25 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((users) => {
    const rows = users.flatMap((events, user) =>
      [...events].sort((a, b) => a[1] - b[1]).map(([item, time, click]): Row => [user, item, time, click]),
    );
    return storeOf(rows, 12);
  });
