import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import { pairsOfUsers, readCandidates, readUsers } from '../../src/data/index.js';
import { temporaryFolder } from '../support/index.js';
import { storeOf } from './fixture.js';

const store = storeOf(
  [0, 1, 2].map((user) => [user, 0, 0, 1] as const),
  5,
);
const folder = temporaryFolder();
const options = { spill: join(folder, 'spill') };

function file(name: string, contents: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

describe('users of a file', () => {
  it.each([
    ['lines', 'users.txt', 'u2\nu0\nu2\n'],
    ['lines of another system, without an end', 'users', 'u2\r\nu0\r\n\r\nu2'],
    ['a column', 'users.csv', 'a,user_id\n1,u2\n2,u0\n3,u2\n'],
    ['a column of another name', 'users.tsv', 'user\ta\nu2\t1\nu0\t2\nu2\t\n'],
  ])('are %s', async (_, name, text) => {
    const { numbers, repeated } = await readUsers(file(name, text), store, options);
    expect([[...numbers], repeated]).toEqual([[2, 0], 1]);
  });

  it('may be in a packed or a Parquet file', async () => {
    const packed = await readUsers(file('u.csv.gz', gzipSync('user\nu1\n')), store, options);
    expect([...packed.numbers]).toEqual([1]);
    const path = join(folder, 'u.parquet');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT 'u' || i AS user_id FROM range(3) t(i)) TO '${path}'`);
    connection.closeSync();
    instance.closeSync();
    expect([...(await readUsers(path, store, options)).numbers]).toEqual([0, 1, 2]);
  });

  it.each([
    ['someone unknown', 'bad.txt', 'u1\nu7\nu8\n', 2, 'the data set has no user u7, nor 1 more of the file'],
    ['a line with a comma', 'comma.txt', 'u1,u2\n', 1, 'the data set has no user u1,u2'],
    ['an empty cell', 'bad.csv', 'a,user\n1,u1\n2,\n', 3, 'the user is missing'],
    ['another column', 'other.csv', 'usr\nu1\n', undefined, 'there is no column user_id (or user)'],
  ])('cannot have %s', async (_, name, text, line, problem) => {
    const path = file(name, text);
    await expect(readUsers(path, store, options)).rejects.toMatchObject({
      problem,
      place: { file: path, ...(line && { line }) },
    });
  });
});

describe('candidates of a file', () => {
  it.each([
    ['lines', 'items.txt', 'i4\ni0\ni4\ni3\n'],
    ['a column', 'items.csv', 'item_id\ni4\ni0\ni4\ni3\n'],
  ])('are items: %s', async (_, name, text) => {
    const found = await readCandidates(file(name, text), store, options);
    expect(found).toEqual({ kind: 'items', items: Int32Array.of(0, 3, 4), repeated: 1 });
  });

  it('are pairs where there are users: ascending for each, and once', async () => {
    const text = 'item,user,score\ni4,u2,1\ni3,u0,1\ni1,u2,1\ni4,u2,1\ni0,u0,1\ni1,u2,9\n';
    expect(await readCandidates(file('pairs.csv', text), store, options)).toEqual({
      kind: 'pairs',
      pairs: { offsets: Int32Array.of(0, 2, 2, 4), item: Int32Array.of(0, 3, 1, 4) },
      repeated: 2,
    });
  });

  it('are those of some users where these alone are asked for', () => {
    const pairs = { offsets: Int32Array.of(0, 2, 2, 5), item: Int32Array.of(0, 3, 1, 2, 4) };
    const of = (...users: number[]) => pairsOfUsers(pairs, Int32Array.from(users));
    expect(of(2, 1)).toEqual({ offsets: Int32Array.of(0, 0, 0, 3), item: Int32Array.of(1, 2, 4) });
    expect(of(0)).toEqual({ offsets: Int32Array.of(0, 2, 2, 2), item: Int32Array.of(0, 3) });
    expect(of(2, 0, 1)).toEqual(pairs);
  });

  it('name what is wrong with them by its line', async () => {
    const path = file('wrong.csv', 'user_id,item_id\nu0,i1\nu0,i9\n');
    await expect(readCandidates(path, store, options)).rejects.toMatchObject({
      problem: 'the data set has no item i9',
      place: { file: path, line: 3 },
    });
  });
});
