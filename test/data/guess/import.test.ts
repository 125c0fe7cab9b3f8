import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { guessCard, openSource, type Store } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';
import { writeParquet } from '../import/support.js';
import { csv, item, rows, user } from './fixture.js';

/** Guesses, writes the card, imports by it. */
async function importGuessed(text: string, file = 'log.csv'): Promise<Store> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, file), text);
  const given = { labels: [], categories: [] };
  const guess = await guessCard(join(folder, file), { given, spill: join(folder, 'spill') });
  const card = join(folder, 'card.yaml');
  writeFileSync(card, guess.text);
  return openSource({ card, from: folder }, { dataDir: join(folder, 'data') });
}

const START = 1_512_000_000;
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe('what a guessed card imports', () => {
  it('clicks, times and categories', async () => {
    // 240 rows, every third clicked; a video's category is its number modulo 4.
    const lines = rows(240, (i) => [user(i), item(i), item(i) % 4, i % 3 === 0 ? 1 : 0, START + 10 * i]);
    const { interactions, userIds, itemIds, items } = await importGuessed(
      csv(['user_id', 'item_id', 'cate_id', 'is_click', 'timestamp'], lines, ';'),
    );
    expect([interactions.rows, userIds.length, itemIds.length]).toEqual([240, 11, 20]);
    expect(sum(interactions.columns.is_click!)).toBe(80);
    expect(Math.max(...interactions.time)).toBe(START + 2390);
    expect(Array.from(items.categories.cate_id!.values)).toEqual(itemIds.map((id) => Number(id) % 4));
  });

  it('positives only', async () => {
    const { interactions } = await importGuessed(
      csv(
        ['user', 'item'],
        rows(60, (i) => [user(i), item(i)]),
      ),
    );
    expect(sum(interactions.columns.is_positive!)).toBe(60);
  });
});

describe('what a guessed card imports, too', () => {
  it('a file without a header, and labels made of ratings', async () => {
    const lines = rows(60, (i) => [user(i), item(i), 1 + (i % 5), 881_250_949 + i]);
    const { interactions, userIds } = await importGuessed(csv(null, lines, '\t'), 'u.data');
    expect([interactions.rows, userIds.length]).toEqual([60, 11]);
    expect(sum(interactions.columns.liked!)).toBe(24); // 4 and 5 of 1 to 5
    expect(sum(interactions.columns.c3!)).toBe(180);
  });

  it('labels made of watch times, and spans', async () => {
    const lines = rows(120, (i) => [
      user(i),
      item(i),
      START + i,
      i % 4 === 0 ? 1000 * item(i) : 500 * item(i),
      1000 * item(i),
    ]);
    const { interactions, items } = await importGuessed(
      csv(['user', 'photo_id', 'time', 'playing_time', 'duration_ms'], lines),
    );
    expect(sum(interactions.columns.watched!)).toBe(30);
    // 1 + floor(log2(seconds)) of 1 to 20 seconds.
    const buckets = Array.from({ length: 20 }, (_, i) => 1 + Math.floor(Math.log2(i + 1)));
    expect(Array.from(items.categories.duration!.values)).toEqual(buckets);
  });

  it('a published split', async () => {
    const lines = rows(60, (i) => [user(i), item(i), i < 40 ? 'trn' : i < 50 ? 'val' : 'tst']);
    const { interactions } = await importGuessed(csv(['user', 'item', 'split'], lines));
    const parts = [0, 1, 2].map((part) => interactions.part!.filter((value) => value === part).length);
    expect(parts).toEqual([40, 10, 10]);
  });

  it('tags, histories, segments', async () => {
    const lines = rows(240, (i) => [
      user(i),
      item(i),
      START + i,
      i % 3 === 0 ? 1 : 0,
      `${item(i) % 5}|${item(i) % 3}`,
      i % 2 === 0 ? '' : `${item(i + 1)}^${item(i + 2)}`,
      '[ 1 0 -1]',
    ]);
    const header = ['user', 'item', 'time', 'is_click', 'tag', 'clicked_items', 'label_1D'];
    lines[0]![6] = '[1 1]';
    const { interactions, items, histories } = await importGuessed(csv(header, lines));
    expect([items.tags.tag!.cardinality, items.tags.tag!.values.length]).toEqual([5, 40]);
    const { start, end } = histories.clicked_items!;
    expect(sum(end) - sum(start)).toBe(240);
    expect(sum(interactions.columns.label_1D_length!)).toBe(719);
    expect(sum(interactions.columns.label_1D_ones!)).toBe(241);
  });

  it('rows without a time are dropped', async () => {
    const lines = rows(60, (i) => [user(i), item(i), i % 20 === 0 ? '' : START + i, i % 3 === 0 ? 1 : 0]);
    const { interactions } = await importGuessed(csv(['user', 'item', 'timestamp', 'is_click'], lines));
    expect(interactions.rows).toBe(57);
  });
});

it('refuses a negative length with its line, and says how to keep it', async () => {
  const lines = rows(60, (i) => [user(i), item(i), i % 2, i === 7 ? -5 : 1000 * item(i)]);
  const text = csv(['user', 'item', 'is_click', 'duration_ms'], lines);
  await expect(importGuessed(text)).rejects.toMatchObject({
    problem: 'column duration_ms is -5, and a span of time cannot be negative',
    fix: expect.stringContaining('`span`'),
    place: { line: 9 },
  });
});

it('knows of a Parquet file what is in it, not what its folder is called', async () => {
  const path = join(temporaryFolder(), 'day=1', 'log.parquet');
  const log = 'SELECT i % 11 AS user_id, i % 20 AS item_id, i % 3 AS n FROM range(220) AS log (i)';
  await writeParquet(path, log);
  const given = { labels: [], categories: ['day'] };
  await expect(guessCard(path, { given, spill: `${path}.spill` })).rejects.toThrow('there is no column day');
});
