import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from '@jest/globals';
import { explained } from '../../../src/data/import/explained.js';

it('says that rows are numbered by 32 bits', async () => {
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const numbers = (rows: number) =>
    `SELECT CAST(row_number() OVER () + 2147483640 AS INTEGER) FROM range(${rows})`;
  await explained('log.csv', () => duckdb.run(numbers(7))); // the last is 2,147,483,647
  await expect(explained('log.csv', () => duckdb.run(`CREATE TABLE t AS ${numbers(8)}`))).rejects.toThrow(
    'log.csv: the log goes beyond 2,147,483,647 rows\n  Import a part of it.',
  );
  duckdb.closeSync();
});
