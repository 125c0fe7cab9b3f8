import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { guessCard } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';
import { writeParquet } from '../import/support.js';
import { csv, guessOf, item, rows, user } from './fixture.js';

const START = 1_512_000_000; // 2017-11-30 00:00 UTC, in seconds
const ROWS = 220;

type Cells = (i: number) => readonly (string | number)[];
const logOf = (header: readonly string[], cells: Cells): string =>
  csv(
    ['user', 'item', ...header],
    rows(ROWS, (i) => [user(i), item(i), ...cells(i)]),
  );
const guess = (header: readonly string[], cells: Cells, labels: readonly string[] = []) =>
  guessOf(logOf(header, cells), { given: { labels, categories: [] } });
const third = (i: number): number => (i % 3 === 0 ? 1 : 0);

describe('a label with one bad cell', () => {
  // Row 150 from 0 stands on line 152, below the header.
  it.each([
    ['', 'it is empty'],
    ['nan', 'found "nan"'],
    ['yes', 'found "yes"'],
    ['2', 'found "2"'],
    ['1e39', 'found "1e39"'],
    ['0.5', 'found "0.5"'],
  ])('%j is refused with its line', async (bad, found) => {
    await expect(guess(['is_click'], (i) => [i === 150 ? bad : third(i)])).rejects.toMatchObject({
      name: 'UserError',
      problem: `column is_click must be 0 or 1, ${found}`,
      fix: expect.stringContaining('--label'),
      place: { file: expect.stringContaining('log.csv'), line: 152 },
    });
  });

  it('is refused beside a good label too', async () => {
    await expect(guess(['is_click', 'like'], (i) => [third(i), i % 7 === 0 ? '' : 1])).rejects.toMatchObject({
      problem: 'column like must be 0 or 1, it is empty, the first of 32 such cells', // 0, 7, ..., 217
      place: { line: 2 },
    });
  });

  it('is refused without the name of a label where 99 % are 0 and 1', async () => {
    const named = (bad: number) => guess(['tapped'], (i) => [i >= ROWS - bad ? 'x' : third(i)]);
    // 218 of 220 are 99.1 %, 217 are 98.6 %.
    await expect(named(2)).rejects.toMatchObject({
      problem: 'column tapped must be 0 or 1, found "x", the first of 2 such cells',
      place: { line: 220 },
    });
    expect((await named(3)).card.interactions.positives).toBe('is_positive');
  });

  it('is refused where the file is Parquet, with its row', async () => {
    const path = join(temporaryFolder(), 'log.parquet');
    const click = 'CASE WHEN i = 150 THEN NULL ELSE i % 3 = 0 END';
    await writeParquet(
      path,
      `SELECT i % 11 AS uid, i % 20 AS vid, ${click} AS is_click FROM range(220) AS r (i)`,
    );
    const given = { labels: [], categories: [] };
    await expect(guessCard(path, { given, spill: `${path}.spill` })).rejects.toMatchObject({
      place: { file: `${path}, row 151` },
    });
  });

  it('is counted past blank lines and quoted line ends', async () => {
    const text = logOf(['note', 'is_click'], (i) => [i === 0 ? '"a\nb"' : 'c', i === 2 ? 'x' : third(i)]);
    // Header, a blank line, row 0 on lines 3 and 4, row 1 on 5, row 2 on 6.
    await expect(guessOf(text.replace('\n', '\n\n'))).rejects.toMatchObject({ place: { line: 6 } });
  });

  it('is left to the user who names the labels', async () => {
    const { card } = await guess(['is_click', 'like'], (i) => [i === 150 ? 'yes' : 0, third(i)], ['like']);
    expect(card.interactions.columns).toEqual({ like: 'like' });
  });
});

describe('columns that have the name of a label', () => {
  it.each([
    ['yes and no', (i: number) => (i % 2 ? 'yes' : 'no'), 'found "no"'],
    ['1 and empty', (i: number) => (i % 2 ? 1 : ''), 'it is empty, the first of 110 such cells'],
    ['texts', (i: number) => `text ${i}`, 'found "text 0"'],
    ['nothing', () => '', 'it is empty'],
  ])('and hold %s never make every row positive', async (_, cell, found) => {
    await expect(guess(['click'], (i) => [cell(i)])).rejects.toMatchObject({
      problem: expect.stringContaining(`column click must be 0 or 1, ${found}`),
      place: { line: 2 },
    });
  });

  it('but hold counts or texts are left out beside a label', async () => {
    const { card, unused } = await guess(['is_click', 'like', 'comment'], (i) => [
      third(i),
      i % 50,
      `so good ${i}`,
    ]);
    expect(card.interactions.columns).toEqual({ is_click: 'is_click' });
    expect(unused.map(({ column }) => column)).toEqual(['like', 'comment']);
  });
});

describe('a label that is the same in all rows', () => {
  it('is kept where it is 1', async () => {
    const { card, text } = await guess(['is_click'], () => [1]);
    expect(card.interactions.columns).toEqual({ is_click: 'is_click' });
    expect(card.interactions.positives).toBeUndefined();
    expect(text).toContain('is_click: is_click # 1 in all rows');
  });

  it('comes after those that differ, and after one made of ratings', async () => {
    const beside = await guess(['is_click', 'is_hate'], (i) => [1, third(i)]);
    expect(Object.keys(beside.card.interactions.columns)).toEqual(['is_hate', 'is_click']);
    const rated = await guess(['is_click', 'rating'], (i) => [1, 1 + (i % 5)]);
    expect(Object.keys(rated.card.interactions.columns)).toEqual(['liked', 'is_click', 'rating']);
  });

  it('is refused where it is 0, unless another label is not', async () => {
    const refusal = { problem: 'column is_click is 0 in all rows: no row is positive' };
    await expect(guess(['is_click'], () => [0])).rejects.toMatchObject(refusal);
    await expect(guess(['is_click'], (i) => [i % 2 ? '0' : '0.0'])).rejects.toMatchObject(refusal);
    const { card, unused } = await guess(['is_click', 'like'], (i) => [0, third(i)]);
    expect(card.interactions.columns).toEqual({ like: 'like' });
    expect(unused).toEqual([{ column: 'is_click', why: '0 in all rows' }]);
  });
});

describe('times of which a few are none', () => {
  it.each([
    ['soon', 'found "soon"'],
    ['nan', 'found "nan"'],
    ['inf', 'found "inf"'],
  ])('are refused: %s among numbers', async (bad, found) => {
    await expect(guess(['time_ms'], (i) => [i === 60 ? bad : START + i])).rejects.toMatchObject({
      problem: `column time_ms must be a number, ${found}`,
      place: { line: 62 },
    });
  });

  it('are refused among dates', async () => {
    const day = (i: number): string => `2022-04-${10 + (i % 20)}`;
    await expect(guess(['date'], (i) => [i === 60 ? '2022-02-30' : day(i)])).rejects.toMatchObject({
      problem: 'column date must be a date, found "2022-02-30"',
      place: { line: 62 },
    });
  });

  it('are not passed over for a column of a less likely name', async () => {
    const cells: Cells = (i) => [i === 60 ? 'soon' : START + i, 20_220_408 + (i % 3)];
    await expect(guess(['time_ms', 'date'], cells)).rejects.toThrow('column time_ms must be a number');
  });

  it('are refused in a file without a header, where it is the first line that is row 1', async () => {
    const lines = rows(ROWS, (i) => [user(i), item(i), i === 60 ? 'soon' : START + i]);
    await expect(guessOf(csv(null, lines))).rejects.toMatchObject({
      problem: 'column c3 must be a number, found "soon"',
      place: { line: 61 },
    });
  });
});

it('reads dates in the column that is given for the times', async () => {
  const text = logOf(['seen'], (i) => [`2022-04-${10 + (i % 20)}`]);
  const given = { time: 'seen', labels: [], categories: [] };
  const { card, text: yaml } = await guessOf(text, { given });
  expect(card.interactions).toMatchObject({ time: 'seen', timeFormat: 'date' });
  expect(yaml).toContain('time: seen # as given: dates such as 2022-04-10');
});
