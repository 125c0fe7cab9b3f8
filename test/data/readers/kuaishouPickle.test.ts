import { describe, expect, it } from '@jest/globals';
import { InterruptedError, UserError } from '../../../src/base/index.js';
import { Database } from '../../../src/data/database.js';
import { type ReaderResult, readers } from '../../../src/data/readers/index.js';
import { temporaryFolder } from '../../support/index.js';
import { fileOf, fixture, list, type Plain, pickleOf } from './pickles.js';

interface Found extends ReaderResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly lists: readonly Record<string, unknown>[];
  /** Names of the tables that are there afterwards. */
  readonly names: readonly unknown[];
}

async function importedFrom(...paths: readonly string[]): Promise<Found> {
  return Database.use(temporaryFolder(), undefined, async (database) => {
    const result = await readers['kuaishou-pickle'](paths, { database, prefix: 'file 1 ' });
    return {
      ...result,
      rows: await database.rows(`SELECT * FROM ${result.tables.rows}`),
      lists: await database.rows(`SELECT * FROM ${result.tables.lists}`),
      names: (await database.rows('SHOW TABLES')).map(({ name }) => name),
    };
  });
}

/** The message that a file of these pickles is refused with. */
async function refusal(...pickles: readonly Plain[]): Promise<string> {
  const error = await importedFrom(fileOf(...pickles.map(pickleOf))).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

/** Columns: user, item, click, like, follow, timestamp, part, pos_len, neg_len. */
const expectedRows = [
  [0n, 10n, 1, 0, 0, 1500000000001, 'train', 0, 0],
  [0n, 11n, 0, 0, 0, 1500000000002, 'train', 1, 0],
  [1n, 10n, 0, 0, 0, 1500000000003, 'train', 0, 0],
  [0n, 12n, 1, 1, 1, 1500000000004, 'train', 1, 1],
  [1n, 13n, 0, 0, 0, 1500000000005, 'train', 0, 1],
  [0n, 3242314n, 1, 0, 1, 1500000000006, 'test', 2, 1],
  [1n, 10n, 1, 0, 0, 1500000000007, 'test', 0, 2],
];

const columns = ['user_id', 'item_id', 'is_click', 'is_like', 'is_follow', 'timestamp', 'part'];

describe("ALPINE's dataset.pkl", () => {
  it.each([
    'kuaishou0.pkl',
    'kuaishou2.pkl',
    'kuaishou4.pkl',
    'kuaishou5.pkl',
    'kuaishou-dictionaries.pkl',
    'kuaishou-dictionaries0.pkl',
  ])('becomes rows and lists: %s', async (name) => {
    const { tables, notes, rows, lists, names } = await importedFrom(fixture(name));
    expect(rows.map((row) => [...columns, 'pos_len', 'neg_len'].map((column) => row[column]))).toEqual(
      expectedRows,
    );
    expect(lists).toEqual([
      { user_id: 0n, pos_items: [10n, 12n, 3242314n], neg_items: [11n] },
      { user_id: 1n, pos_items: [10n], neg_items: [10n, 13n] },
      { user_id: 2n, pos_items: [], neg_items: [] },
    ]);
    expect(tables).toEqual({ rows: '"file 1 rows"', lists: '"file 1 lists"' });
    expect(names).toEqual(['file 1 lists', 'file 1 rows']);
    expect(notes).toEqual([
      'left out the 4 edges of pickle 5 (positive edges): each points to an earlier entry',
      'left out the 3 edges of pickle 6 (negative edges): each points to an earlier entry',
    ]);
  });

  it('keeps the order of more rows than fit into a batch, and of lists', async () => {
    // 70,000 rows; the user of row i is i % 1000, its item i; 62,000 users, of whom 61,000 have no row.
    const sample = (i: number): Plain => [[i % 1000, i, i % 2, 0, 0, 1.5 + i], 0, 0];
    const train = list(...Array.from({ length: 65_000 }, (_, i) => sample(i)));
    const test = list(...Array.from({ length: 5000 }, (_, i) => sample(65_000 + i)));
    const histories = pickleOf(list(...Array.from({ length: 62_000 }, (_, user) => list(user, user + 1))));
    const edges = `](${'](K\x00K\x00e'.repeat(62_000)}e.`;
    const path = fileOf(pickleOf(train), pickleOf(test), histories, histories, edges, edges);
    await Database.use(temporaryFolder(), undefined, async (database) => {
      const { tables } = await readers['kuaishou-pickle']([path], { database, prefix: '' });
      const wrong = await database.number(
        `SELECT count(*) FROM (SELECT *, row_number() OVER () - 1 AS n FROM ${tables.rows})
         WHERE item_id <> n OR user_id <> n % 1000 OR is_click <> n % 2 OR "timestamp" <> n + 1.5
           OR part <> if(n < 65000, 'train', 'test')`,
      );
      const counts = await database.rows(
        `SELECT (SELECT count(*) FROM ${tables.rows}) AS r, count(*) AS l FROM ${tables.lists}
         WHERE pos_items = [user_id, user_id + 1] AND neg_items = pos_items`,
      );
      expect([wrong, counts]).toEqual([0, [{ r: 70_000n, l: 62_000n }]]);
    });
  });

  it('tells of edges that do not point back, without refusing them', async () => {
    const { notes } = await importedFrom(
      fileOf(...[list(), list(), ...edged(list(0, 0, 2, 3), list(1, 0, 1))].map(pickleOf)),
    );
    expect(notes).toEqual([
      'left out the 4 edges of pickle 5 (positive edges): 2 do not point to an earlier entry',
      'left out the 3 edges of pickle 6 (negative edges): 1 do not point to an earlier entry; 1 users have another number of edges than entries',
    ]);
  });

  it('can be interrupted', async () => {
    await Database.use(temporaryFolder(), undefined, async (database) => {
      const context = { database, prefix: '', signal: AbortSignal.abort() };
      const reading = readers['kuaishou-pickle']([fixture('kuaishou4.pkl')], context);
      await expect(reading).rejects.toThrow(InterruptedError);
    });
  });
});

/** Histories of one user, four entries each, with these edges. */
const edged = (positive: Plain, negative: Plain): readonly Plain[] => [
  list(list(5, 6, 7, 8)),
  list(list(5, 6, 7, 8)),
  list(positive),
  list(negative),
];

describe('an element that is wrong', () => {
  const good: Plain = [[0, 10, 1, 0, 0, 1500000000001], 0, 0];
  const rest = edged(list(0, 0, 0, 0), list(0, 0, 0, 0));
  const whole = 'expected ((user, item, click, like, follow, timestamp), pos_len, neg_len)';
  it.each<readonly [what: string, element: Plain, problem: string]>([
    ['number', 7, `${whole}, found the number 7`],
    ['bare row', [0, 10, 1, 0, 0, 1], `${whole}, found a tuple of 6`],
    ['short row', [[0, 10, 1, 0, 0], 0, 0], `${whole}, found a tuple of 5 as the first of the three`],
    ['row of None', [null, 0, 0], `${whole}, found None as the first of the three`],
    ['user below 0', [[-1, 10, 1, 0, 0, 1], 0, 0], 'user is the number -1, expected a whole number in 0..'],
    ['user in words', [['a', 10, 1, 0, 0, 1], 0, 0], 'user is the text "a", expected a whole number'],
    ['item of a fraction', [[0, 1.5, 1, 0, 0, 1], 0, 0], 'item is the number 1.5, expected a whole number'],
    ['click of None', [[0, 10, null, 0, 0, 1], 0, 0], 'click is None, expected a whole number'],
    [
      'huge like',
      [[0, 10, 1, 2 ** 31, 0, 1], 0, 0],
      'like is the number 2147483648, expected a whole number',
    ],
    ['follow of NaN', [[0, 10, 1, 0, Number.NaN, 1], 0, 0], 'follow is the number NaN, expected a whole'],
    ['time in words', [[0, 10, 1, 0, 0, '1'], 0, 0], 'timestamp is the text "1", expected a number'],
    [
      'endless time',
      [[0, 10, 1, 0, 0, Infinity], 0, 0],
      'timestamp is the number Infinity, expected a number',
    ],
    ['length of a list', [[0, 10, 1, 0, 0, 1], list(), 0], 'pos_len is a list of 0, expected a whole number'],
    ['length below 0', [[0, 10, 1, 0, 0, 1], 0, -1], 'neg_len is the number -1, expected a whole number'],
    [
      'too many positives',
      [[0, 10, 1, 0, 0, 1], 5, 0],
      'pos_len is 5, but the positive history of user 0 has 4',
    ],
    [
      'too many negatives',
      [[0, 10, 1, 0, 0, 1], 4, 6],
      'neg_len is 6, but the negative history of user 0 has 4',
    ],
    ['unknown user', [[1, 10, 1, 0, 0, 1], 0, 0], 'user 1 has no histories in pickles 3 and 4'],
  ])('is named: %s', async (_, element, problem) => {
    expect(await refusal(list(good, good, element), list(), ...rest)).toContain(
      `pickle 1 (train), element 2: ${problem}`,
    );
    expect(await refusal(list(good, good), list(good, element), ...rest)).toContain(
      `pickle 2 (test), element 1: ${problem}`,
    );
  });

  it('rows that are lists, and labels that are True or False, are as good', async () => {
    const row = list(list(0, 10, true, false, 0, 1), 4, 4);
    const { rows } = await importedFrom(fileOf(...[list(row), list(), ...rest].map(pickleOf)));
    expect(rows).toMatchObject([{ is_click: 1, is_like: 0, pos_len: 4, neg_len: 4 }]);
  });

  it('in histories and edges', async () => {
    const with4 = (pickle: number, lists: Plain): Plain[] => {
      const all = [list(), list(), ...rest];
      all[pickle - 1] = lists;
      return all;
    };
    const one = list(0, 0, 0, 0);
    expect(await refusal(...with4(3, list(one, 3)))).toContain(
      'pickle 3 (positive histories), element 1: expected a list of whole numbers, found the number 3',
    );
    expect(await refusal(...with4(4, list(list(1, 'x'))))).toContain(
      'pickle 4 (negative histories), element 0: entry 1 is the text "x", expected a whole number',
    );
    expect(await refusal(...with4(4, list(list(true))))).toContain('entry 0 is True');
    expect(await refusal(...with4(5, list(list(0, -1))))).toContain(
      'pickle 5 (positive edges), element 0: entry 1 is the number -1',
    );
    expect(await refusal(...with4(4, list(one, one)))).toContain(
      'pickle 3 (positive histories), element 1: it is missing, and pickle 4 (negative histories) has it',
    );
    expect(await refusal(...with4(6, list()))).toContain(
      'pickle 6 (negative edges), element 0: it is missing, and pickle 3 (positive histories) has it',
    );
  });

  it('a dictionary of rows, of texts, or with a user twice', async () => {
    const ends = Buffer.concat(rest.map(pickleOf));
    const refused = async (...parts: readonly (string | Uint8Array)[]): Promise<string> => {
      const error = await importedFrom(fileOf(...parts)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      return (error as UserError).message;
    };
    expect(await refused('}.', '].', ends)).toContain('byte 0, pickle 1 (train): found a dictionary');
    const texts = '}X\x01\x00\x00\x00a]s.';
    expect(await refused('].].', texts)).toContain('element the text "a": expected the number of a user');
    const twice = '}(K\x05]K\x05]u.';
    expect(await refused('].].', twice, ']]a.', ']]a.', ']]a.')).toContain(
      'pickle 3 (positive histories), element 5: it is there twice',
    );
  });

  it('other files', async () => {
    expect(await refusal(list(), list(), ...rest.slice(0, 3))).toContain(
      'the file ends before pickle 6 (negative edges) of 6',
    );
    expect(await refusal(list(), list(), ...rest, list())).toMatch(/byte \d+: expected the end of the file/);
    await expect(importedFrom('a', 'b')).rejects.toThrow('reads one file, not 2');
    await expect(importedFrom(fixture('numpy2.pkl'))).rejects.toThrow(
      'byte 6, pickle 1 (train): GLOBAL of numpy.core.multiarray.scalar is refused',
    );
  });
});
