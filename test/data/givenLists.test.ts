import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import {
  candidateSampler,
  type GivenCandidates,
  openCandidates,
  type PreparedData,
  sampledLists,
} from '../../src/data/index.js';
import { writeCandidates } from '../../src/evaluation/index.js';
import { temporaryFolder } from '../support/index.js';
import { smallData } from './fixture.js';

// Positive rows of the test: 5 (u0 i4), 6 (u0 i2), 7 (u0 i4), 10 (u2 i6); of validation 3 (u0 i3). Row 4 (u0 i1) and 9
// (u1 i2) are in the test and not positive.

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});

async function open(
  text: string,
  name = 'lists.csv',
  data: PreparedData = smallData,
): Promise<GivenCandidates> {
  const path = join(folder, name);
  writeFileSync(path, text);
  return (await openCandidates({ kind: 'file', path }, data, {
    spill: join(folder, 'spill'),
  })) as GivenCandidates;
}

/** Lists of a part: anchor, number to be found, items. */
const listsOf = ({ lists }: GivenCandidates, part: 'train' | 'validation' | 'test') =>
  Array.from(lists[part].anchor, (anchor, l) => [
    anchor,
    lists[part].relevant[l],
    [...lists[part].candidates(l)],
  ]);

describe('candidates from a file', () => {
  it('are a list a user where there are no rows: the positives of the test come first', async () => {
    const given = await open('user,item\nu2,i0\nu0,i1\nu0,i4\nu2,i6\nu0,i0\nu0,i2\nu2,i5\n');
    expect(listsOf(given, 'test')).toEqual([
      [5, 2, [4, 2, 1, 0]],
      [10, 1, [6, 0, 5]],
    ]);
    expect(listsOf(given, 'validation')).toEqual([]);
    expect(given.report).toBe(
      `candidates of ${join(folder, 'lists.csv')}: no lists for validation; 2 lists for test of 3 to 4 items`,
    );
    expect(given.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are of the part that `split` names', async () => {
    const given = await open('split,user,item\nvalidation,u0,i3\nvalidation,u0,i4\ntest,u0,i3\ntest,u0,i4\n');
    expect(listsOf(given, 'validation')).toEqual([[3, 1, [3, 4]]]);
    expect(listsOf(given, 'test')).toEqual([[5, 1, [4, 3]]]);
    expect(given.report).toContain('1 lists for test of 2 items, none for 1 more users');
  });

  it('are a list a row where rows are named, each of the part of its row', async () => {
    const given = await open('row,user,item\n6,u0,i0\n3,u0,i3\n6,u0,i2\n5,u0,i4\n3,u0,i6\n5,u0,i2\n');
    // In list 5 item 2, also a positive of the user, is none of this row.
    expect(listsOf(given, 'test')).toEqual([
      [5, 1, [4, 2]],
      [6, 1, [2, 0]],
    ]);
    expect(listsOf(given, 'validation')).toEqual([[3, 1, [3, 6]]]);
    expect(given.report).toContain('2 lists for test of 2 items, none for 2 more positive rows');
  });

  it('leaves out users with nothing to be found, and says so', async () => {
    const given = await open('user,item,label\nu1,i2,0\nu1,i0,0\nu0,i0,0\nu2,i6,1\n');
    expect(listsOf(given, 'test')).toEqual([[10, 1, [6]]]);
    expect(given.report).toContain('2 lists in which nothing is to be found are left out');
  });

  it.each([
    [
      'an unknown item',
      'user,item\nu0,i4\nu0,i77\nu0,i77\nu0,i88\n',
      3,
      'no item i77, nor 1 more of the file',
    ],
    ['an unknown user', 'user,item\nu9,i4\n', 2, 'the data set has no user u9'],
    ['no item', 'user,item\nu0,i4\nu0,\n', 3, 'the item is missing'],
    ['an item twice', 'user,item\nu0,i4\nu2,i6\nu0,i0\nu0,i4\n', 5, 'the list of user u0 has item i4 twice'],
    [
      'a wrong label',
      'user,item,label\nu0,i4,1\nu0,i2,0\n',
      3,
      'item i2 of user u0 is labelled 0, and is 1 by the log',
    ],
    ['a label that is none', 'user,item,label\nu0,i4,yes\n', 2, 'label must be 0 or 1'],
    ['a part that is none', 'split,user,item\ntst,u0,i4\n', 2, 'split must be train, validation, test'],
    [
      'a row that is none',
      'row,user,item\n11,u0,i4\n',
      2,
      'row must be the number of a row of the data set, from 0 to 10',
    ],
    ['half a row', 'row,user,item\n5.5,u0,i4\n', 2, 'row must be the number'],
    ["another user's row", 'row,user,item\n5,u0,i4\n10,u0,i6\n', 3, 'row 10 is of user u2, not u0'],
    [
      'a row of another part',
      'split,row,user,item\nvalidation,5,u0,i4\n',
      2,
      'row 5 lies in test, not in validation',
    ],
    ['a row without a positive', 'row,user,item\n4,u0,i1\n', 2, 'row 4 is no positive row'],
    [
      'a list without its row',
      'row,user,item\n6,u0,i2\n5,u0,i0\n',
      3,
      "the list of row 5 lacks the row's own item, i4",
    ],
    ['another number of columns', 'user,item\nu0,i4\nu0\n', 3, 'found 1 columns'],
  ])('refuses %s', async (_, text, line, problem) => {
    const error = await open(text).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    const { message, place } = error as UserError;
    expect(message).toContain(problem);
    expect(place).toEqual({ file: join(folder, 'lists.csv'), line });
  });

  it.each([
    ['user,itm\nu0,i4\n', 'there is no column item_id (or item)\n  Did you mean itm?'],
    ['user,item\n', 'the file has a header but no rows'],
  ])('refuses the columns of %j', async (text, problem) => {
    await expect(open(text)).rejects.toThrow(problem);
  });

  it('may be separated by tabs', async () => {
    expect(listsOf(await open('user\titem\nu2\ti6\n', 'lists.tsv'), 'test')).toEqual([[10, 1, [6]]]);
  });
});

describe.each(['csv', 'parquet'])('sampled candidates in a .%s file', (ending) => {
  it.each(['uniform', 'popularity'] as const)('are read as they were drawn: %s', async (by) => {
    const spec = { kind: 'sampled', negatives: 2, by, seed: 3 } as const;
    const path = join(folder, `${by}.${ending}`);
    const written = await writeCandidates(path, smallData, ['validation', 'test'], spec);
    const candidatesOf = candidateSampler(smallData, spec);
    const sizes = [3, 5, 6, 7, 10].map((row) => candidatesOf(row).length);
    expect(written).toEqual({ lists: 5, pairs: sizes.reduce((a, b) => a + b) });
    const given = (await openCandidates({ kind: 'file', path }, smallData, {
      spill: join(folder, 'spill'),
    })) as GivenCandidates;
    for (const part of ['validation', 'test'] as const) {
      const drawn = sampledLists(smallData, part, spec);
      expect(listsOf(given, part)).toEqual(
        Array.from(drawn.anchor, (anchor, l) => [anchor, 1, [...drawn.candidates(l)]]),
      );
    }
  });
});

it('candidates of other kinds are as they are', async () => {
  const spec = { kind: 'catalogue' } as const;
  expect(await openCandidates(spec, smallData, { spill: folder })).toBe(spec);
});
