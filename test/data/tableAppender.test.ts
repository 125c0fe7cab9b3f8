import { describe, expect, it } from '@jest/globals';
import { Database } from '../../src/data/database.js';
import { temporaryFolder } from '../support/index.js';

describe('rows added to a table', () => {
  it('of every kind, cast to the types of its columns', async () => {
    await Database.use(temporaryFolder(), undefined, async (database) => {
      await database.run(
        'CREATE TABLE "a table" (i INTEGER, b BIGINT, d DOUBLE, n DOUBLE, t VARCHAR, w VARCHAR, l BIGINT[])',
      );
      const appender = await database.appender('a table');
      appender.append(
        [
          Int32Array.of(-1, 2),
          Float64Array.of(2 ** 53 - 1, 0),
          Float64Array.of(0.1, -1e300),
          { numbers: [null, 3] },
          { texts: ['Grüße', null] },
          { words: ['no', 'yes'], codes: Uint8Array.of(1, 0) },
          { lists: [[], [5, 4]] },
        ],
        2,
      );
      appender.close();
      expect(await database.rows('SELECT * FROM "a table"')).toEqual([
        { i: -1, b: 9007199254740991n, d: 0.1, n: null, t: 'Grüße', w: 'yes', l: [] },
        { i: 2, b: 0n, d: -1e300, n: 3, t: null, w: 'no', l: [5n, 4n] },
      ]);
    });
  });

  it('in their order, by any number at a time', async () => {
    await Database.use(temporaryFolder(), undefined, async (database) => {
      await database.run('CREATE TABLE t (i INTEGER, n DOUBLE, l INTEGER[])');
      const appender = await database.appender('t');
      // More than a chunk of DuckDB's, exactly one, none, and some; every third value is null, but in the second call.
      let next = 0;
      for (const [call, rows] of [5000, 2048, 0, 3].entries()) {
        const numbers = Int32Array.from({ length: rows + 7 }, () => next++);
        next -= 7;
        appender.append(
          [
            numbers,
            { numbers: Array.from(numbers, (i) => (i % 3 === 0 && call !== 1 ? null : i)) },
            { lists: Array.from(numbers, (i) => Array.from({ length: i % 4 }, () => i)) },
          ],
          rows,
        );
      }
      appender.close();
      const [found] = await database.rows(
        `SELECT count(*) AS rows, count(n) AS numbers,
           count(*) FILTER (i = position AND coalesce(n = i, true) AND len(l) = i % 4 AND coalesce(l[1] = i, true))
             AS good
         FROM (SELECT *, row_number() OVER () - 1 AS position FROM t)`,
      );
      // Of 0..4999 1667 are null (0, 3, ..., 4998), of 7048, 7049, 7050 the last.
      expect(found).toEqual({ rows: 7051n, numbers: 7051n - 1668n, good: 7051n });
    });
  });
});
