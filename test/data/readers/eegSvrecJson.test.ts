import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { InterruptedError, randomStream, UserError } from '../../../src/base/index.js';
import { Database } from '../../../src/data/database.js';
import { readers } from '../../../src/data/readers/index.js';
import { parseJsonRecords } from '../../../src/data/readers/jsonRecords.js';
import { describeIf, sharedData, temporaryFolder } from '../../support/index.js';

const read = readers['eeg-svrec-json'];

/** What a query finds in the table that files become, by name; `rows` in the query is the table. */
async function imported(
  files: Readonly<Record<string, string | Uint8Array>>,
  query = 'SELECT * FROM rows',
): Promise<{ found: unknown[]; notes: readonly string[] }> {
  const folder = temporaryFolder();
  const paths = Object.entries(files).map(([name, contents]) => {
    writeFileSync(join(folder, name), contents);
    return join(folder, name);
  });
  return importedFrom(paths, query);
}

function importedFrom(
  paths: readonly string[],
  query: string,
): Promise<{ found: unknown[]; notes: readonly string[] }> {
  return Database.use(temporaryFolder(), undefined, async (database) => {
    const { tables, notes } = await read(paths, { database, prefix: 'eeg ' });
    expect(tables).toEqual({ rows: '"eeg rows"' });
    return { found: await database.rows(`WITH rows AS (FROM ${tables.rows}) ${query}`), notes };
  });
}

describe('JSON files of users', () => {
  it('become rows in the order of the text, which for keys that are numbers JSON.parse would change', async () => {
    const { found, notes } = await imported({
      '03_behavior_MAES.json': `{
        "259": {"like": 0, "start_time": 1669359935313, "session_mode": "mixed"},
        "12": {"like": 1, "like_time": 2.5, "session_mode": "a \\"b\\" \\u00fc", "start_time": -1e3},
        "7": {}
      }`,
      '10_behavior_MAES.json': '{"12": {"like": true, "late": null}}',
    });
    const none = { session_mode: null, like_time: null, late: null };
    expect(found).toEqual([
      {
        ...none,
        user_id: 3n,
        item_id: 259n,
        position: 0,
        like: 0,
        start_time: 1669359935313,
        session_mode: 'mixed',
      },
      {
        ...none,
        user_id: 3n,
        item_id: 12n,
        position: 1,
        like: 1,
        start_time: -1000,
        session_mode: 'a "b" ü',
        like_time: 2.5,
      },
      { ...none, user_id: 3n, item_id: 7n, position: 2, like: null, start_time: null },
      { ...none, user_id: 10n, item_id: 12n, position: 0, like: 1, start_time: null },
    ]);
    expect(notes).toEqual([
      'of 4 rows some lack fields: like in 1, start_time in 2, session_mode in 2, like_time in 3, late in 4',
    ]);
  });

  it('may be empty, begin with a byte order mark and end with blanks', async () => {
    const { found } = await imported({ '1_a.json': '\ufeff{"5": {"like": 1}}\r\n', '2_a.json': ' {}' });
    expect(found).toEqual([{ user_id: 1n, item_id: 5n, position: 0, like: 1 }]);
  });

  it.each([
    // Line and column, counted by hand.
    ['{"1": {"like": 0}', '1:18: not the JSON expected: expected }, found the end of the file'],
    [
      '{"1": {"like": 0},\n "2": {"like": 1,}}',
      '2:18: not the JSON expected: expected a key in quotes ("), found "}"',
    ],
    [
      '{"1": {"like": NaN}}',
      '1:16: not the JSON expected: expected a number, a text, true, false or null, found "NaN"',
    ],
    ['{"1": {"like": 01}}', '1:17: not the JSON expected: expected }, found "1"'],
    ['{"1": {"like": 1.}}', '1:17: not the JSON expected: expected }, found "."'],
    ["{'1': {}}", `1:2: not the JSON expected: expected a key in quotes ("), found "'1'"`],
    ['{"1" {}}', '1:6: not the JSON expected: expected :, found "{"'],
    ['{"1": {"like" 1}}', '1:15: not the JSON expected: expected :, found "1"'],
    ['{"1": {"mode": "a}}', '1:16: a quote (") is opened and never closed'],
    ['{"1": {"mode": "a\nb"}}', '1:16: a text in quotes holds a line break'],
    [
      '{"1": {"mode": "\\x"}}',
      '1:16: a text in quotes holds a line break, a control character or an unknown',
    ],
    ['{"1": {"like": 1e999}}', '1:16: the number 1e999 is too large'],
    ['{}{}', '1:3: not the JSON expected: expected the end of the file, found "{"'],
    ['[]', '1:1: not the JSON expected: expected {, found "["'],
    ['', '1:1: not the JSON expected: expected {, found the end of the file'],
    ['{"1": 5}', '1:7: not the JSON expected: expected {, found "5"'],
    [
      '{"1": {"like": [1]}}',
      '1:16: not the JSON expected: expected a number, a text, true, false or null, found "["',
    ],
    ['{"1": {},\n"1": {}}', '2:1: the key "1" is there twice'],
    ['{"1": {"like": 1,\n\n"like": 0}}', '3:1: the field "like" is there twice'],
    ['{"1": {},\n  "x1": {}}', '2:3: the key "x1" is not the number of a video'],
    ['{"1": {"a": 1},\n"2": {"a": "1"}}', '2:1: a of video 2 is a text, in rows before a number'],
    ['{"1": {"like": 1},\n"2": {"Like": 1}}', '2:1: there are two fields or columns named Like'],
    ['{"1": {"item_id": 1}}', '1:2: there are two fields or columns named item_id'],
    ['{"1": {"": 1}}', '1:2: "" is no name of a field'],
    ['{"1": {"a\\nb": 1}}', '1:2: "a\\nb" is no name of a field'],
  ])('of other contents are refused: %j', async (text, message) => {
    const importing = imported({ '01_behavior_MAES.json': text });
    await expect(importing).rejects.toThrow(UserError);
    await expect(importing).rejects.toThrow(`01_behavior_MAES.json:${message}`);
  });

  it.each([
    ['not UTF-8', { '1_a.json': Buffer.from('{"1": {"a": "\xff"}}', 'latin1') }, '1_a.json: not UTF-8 text'],
    [
      'of no user',
      { 'a.json': '{}' },
      'a.json: the name of the file does not begin with the number of a user',
    ],
    ['of one user twice', { '1_a.json': '{}', '01_a.json': '{}' }, '01_a.json: user 1 has two files'],
  ])('%s are refused', async (_, files, message) => {
    await expect(imported(files)).rejects.toThrow(message);
  });

  it('that are not there, or no files, are refused; reading can be interrupted', async () => {
    await expect(importedFrom([join(temporaryFolder(), '1_a.json')], '')).rejects.toThrow('ENOENT');
    await Database.use(temporaryFolder(), undefined, async (database) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, '1_a.json'), '{}');
      const context = { database, prefix: '', signal: AbortSignal.abort() };
      await expect(read([join(folder, '1_a.json')], context)).rejects.toThrow(InterruptedError);
    });
  });

  it('are read as JSON.parse reads them, or refused, whatever characters change', () => {
    const text =
      '{"259": {"like": 0, "t": -1.5e3, "m": "a\\u00e9\\n\\"b"},\n "3": {"like": null, "x": true}}';
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < 2000; round++) {
      const random = randomStream(5, round);
      const at = random.int(text.length);
      const sign = '{}[]:,"\\01eE+-. \nntu\u0001x'[random.int(24)]!;
      const changed = text.slice(0, at) + sign + text.slice(at + random.int(2));
      let records: ReturnType<typeof parseJsonRecords> | undefined;
      try {
        records = parseJsonRecords(changed, 'f');
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        outcomes.refused++;
        continue;
      }
      const found = records.map(({ key, fields }) => [key, Object.fromEntries(fields)]);
      expect(Object.fromEntries(found)).toEqual(JSON.parse(changed));
      outcomes.read++;
    }
    expect(outcomes.read).toBeGreaterThan(200);
    expect(outcomes.refused).toBeGreaterThan(200);
  });
});

const shared = sharedData('eeg-svrec', 'metadata');

// Counts: the README of the shared data. The rest was read off the files with Python's json module.
describeIf(shared.exists, shared.reason)('EEG-SVRec', () => {
  const paths = (): string[] =>
    readdirSync(shared.path)
      .toSorted()
      .map((name) => join(shared.path, name));

  it('has 30 users, 2,684 videos and 3,657 rows; 1,139 likes, each with a time', async () => {
    const { found, notes } = await importedFrom(
      paths(),
      `SELECT count(DISTINCT user_id) AS users, count(DISTINCT item_id) AS items, count(*) AS "all",
         sum("like") AS likes, count(like_time) FILTER ("like" = 1) AS times, max(user_id) AS last
       FROM rows`,
    );
    expect(found).toEqual([{ users: 30n, items: 2684n, all: 3657n, likes: 1139, times: 1139n, last: 30n }]);
    expect(notes).toEqual([
      'of 3657 rows some lack fields: like_time in 2518, preference in 2819, visual in 1115, auditory in 1115',
    ]);
  });

  it('is in the order of the study, but for users 2, 3 and 10', async () => {
    const { found } = await importedFrom(
      paths(),
      `SELECT DISTINCT user_id FROM (SELECT user_id, start_time, lag(start_time) OVER (PARTITION BY user_id ORDER BY position) AS before FROM rows)
       WHERE start_time < before ORDER BY user_id`,
    );
    expect(found).toEqual([{ user_id: 2n }, { user_id: 3n }, { user_id: 10n }]);
  });

  it('names videos as its table of features does: 97.5 % of the rows have one', async () => {
    const features = join(shared.path, '..', 'video_features', 'video_features.csv');
    const { found } = await importedFrom(
      paths(),
      `SELECT round(100 * count(f.item_id) / count(*), 1) AS share FROM rows LEFT JOIN read_csv('${features}') f USING (item_id)`,
    );
    expect(found).toEqual([{ share: 97.5 }]);
  });
});
