import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import { type Guess, guessCard, parseCard } from '../../../src/data/index.js';
import { temporaryFolder } from '../../support/index.js';
import { csv, guessOf, item, rows, user } from './fixture.js';

const none = { labels: [], categories: [] };
const START = 1_512_000_000; // 2017-11-30 00:00 UTC, in seconds

describe('the card of a log of impressions', () => {
  // A third is clicked; a video's category is its number modulo 4.
  const text = csv(
    ['user_id', 'item_id', 'cate_id', 'is_click', 'timestamp'],
    rows(240, (i) => [user(i), item(i), item(i) % 4, i % 3 === 0 ? 1 : 0, START + 10 * i]),
  );

  it('says what each column is', async () => {
    const { card, unused, untimed } = await guessOf(text);
    expect(card).toMatchObject({
      name: 'log',
      files: { log: { path: 'log.csv', delimiter: 'comma' } },
      interactions: {
        file: 'log',
        user: 'user_id',
        item: 'item_id',
        time: 'timestamp',
        columns: { is_click: 'is_click' },
        duplicates: 'keep',
      },
      items: { categories: { cate_id: { column: 'cate_id' } }, tags: {}, texts: {}, vectors: {} },
      users: { categories: {} },
    });
    expect(card.interactions.positives).toBeUndefined();
    expect([unused, untimed]).toEqual([[], null]);
  });

  it('says why beside each line, and reads back', async () => {
    const { text: yaml, card } = await guessOf(text);
    expect(parseCard(yaml, 'card.yaml')).toEqual(card);
    for (const line of [
      '# Guessed by mvrec from the 240 rows of log.csv.',
      '    delimiter: comma # cuts the lines into 5 columns',
      '  user: user_id # by its name; 11 values',
      '  item: item_id # by its name; 20 values',
      '  time: timestamp # by its name: seconds since 1970, 2017-11-30',
      '    is_click: is_click # 0 or 1, 1 in 33.3 % of the rows',
      '    cate_id: { column: cate_id } # 4 values; the same in all rows of an item',
    ]) {
      expect(yaml.split('\n')).toContain(line);
    }
  });

  it('gives the decisions to programs', async () => {
    const { decisions } = await guessOf(text);
    expect(decisions).toContainEqual({
      key: 'interactions.user',
      value: 'user_id',
      why: 'by its name; 11 values',
    });
  });

  it('takes given columns in place of its own', async () => {
    const { card } = await guessOf(text, {
      given: { user: 'cate_id', time: 'is_click', labels: ['timestamp'], categories: ['user_id'] },
      name: 'mine',
      dropDuplicates: true,
    });
    expect(card.name).toBe('mine');
    expect(card.interactions).toMatchObject({
      user: 'cate_id',
      item: 'item_id',
      time: 'is_click',
      columns: { timestamp: 'timestamp' },
      duplicates: 'dropExact',
    });
    expect(card.items.categories).toEqual({ user_id: { column: 'user_id' } });
  });

  it('refuses given columns that are not there, or stand for two things', async () => {
    await expect(guessOf(text, { given: { ...none, user: 'user' } })).rejects.toThrow(
      /there is no column user\n.*user_id/,
    );
    await expect(guessOf(text, { given: { ...none, item: 'user_id' } })).rejects.toThrow(
      'column user_id cannot hold both users and items',
    );
  });
});

describe('users and items', () => {
  const ids = (header: readonly string[], more: (i: number) => (string | number)[] = () => []) =>
    guessOf(
      csv(
        header,
        rows(60, (i) => [user(i), item(i), ...more(i)]),
      ),
    );

  it.each([
    ['user_id', 'video_id'],
    ['userId', 'movieId'],
    ['visitorid', 'itemid'],
    ['uid', 'pid'],
    ['user', 'photo_id'],
    ['USER', 'Item'],
    ['user_index', 'item_index'],
    ['user_id:token', 'item_id:token'],
  ])('are %s and %s', async (users, items) => {
    const { card } = await ids([users, items]);
    expect(card.interactions).toMatchObject({ user: users, item: items });
  });

  it('of two names takes the likelier and tells the other', async () => {
    const { card, text } = await ids(['uid', 'photo_id', 'user_id', 'video_id'], (i) => [i, i]);
    expect(card.interactions).toMatchObject({ user: 'user_id', item: 'video_id' });
    expect(text).toContain('user: user_id # by its name; 60 values; uid could be the user too');
    expect(text).toContain('item: video_id # by its name; 60 values; photo_id could be the item too');
  });

  it('takes the only other column that is called an id', async () => {
    const { card, text } = await ids(['user_id', 'reel_id', 'views'], (i) => [i * 3]);
    expect(card.interactions.item).toBe('reel_id');
    expect(text).toContain('the only other column that is called an id; 20 values');
  });

  it.each([
    [
      'no name tells',
      ['a', 'b'],
      'cannot tell which column holds the users',
      '--user COLUMN. log.csv has a (11',
    ],
    ['the item is unknown', ['user_id', 'b'], 'cannot tell which column holds the items', '--item COLUMN'],
    ['the user is unknown', ['who', 'video_id'], 'cannot tell which column holds the users', '--user COLUMN'],
  ])('asks when %s', async (_, header, problem, fix) => {
    await expect(ids(header)).rejects.toMatchObject({ problem, fix: expect.stringContaining(fix) });
  });
});

describe('a file without a header', () => {
  it('is read by what its columns hold: the format of MovieLens', async () => {
    // Ratings 1 to 5 in turn.
    const lines = rows(60, (i) => [user(i), item(i), 1 + (i % 5), 881_250_949 + i]);
    const { card } = await guessOf(csv(null, lines, '\t'), { file: 'u.data' });
    expect(card.files.log).toMatchObject({ delimiter: 'tab', header: ['user', 'item', 'c3', 'time'] });
    expect(card.interactions).toMatchObject({
      user: 'user',
      item: 'item',
      time: 'time',
      columns: { liked: { column: 'c3', atLeast: 4 }, c3: 'c3' },
    });
  });

  it('may hold nothing but pairs of texts', async () => {
    const { card } = await guessOf(
      csv(
        null,
        rows(60, (i) => [`u${user(i)}`, `v${item(i)}`]),
        ' ',
      ),
    );
    expect(card.files.log).toMatchObject({ delimiter: 'space', header: ['user', 'item'] });
    expect(card.interactions).toMatchObject({ columns: [], positives: 'is_positive' });
  });

  it('takes given columns by their number', async () => {
    const { card } = await guessOf(
      csv(
        null,
        rows(60, (i) => [i, item(i), user(i)]),
      ),
      {
        given: { ...none, user: 'c3', item: 'c2' },
      },
    );
    expect(card.files.log!.header).toEqual(['c1', 'item', 'user']);
  });
});

describe('times', () => {
  const timed = (name: string, time: (i: number) => string | number) =>
    guessOf(
      csv(
        ['user', 'item', name],
        rows(60, (i) => [user(i), item(i), time(i)]),
      ),
    );

  it.each([
    ['seconds', 1],
    ['milliseconds', 1e3],
    ['microseconds', 1e6],
  ])('in %s', async (unit, factor) => {
    const { text } = await timed('ts', (i) => (START + 86_400 * i) * factor);
    expect(text).toContain(`time: ts # by its name: ${unit} since 1970, 2017-11-30 to 2018-01-28`);
  });

  it('of no unit that counts from 1970 are taken by their name', async () => {
    const { text } = await timed('time_ms', (i) => 205_000_000 + i);
    expect(text).toContain('205000000 to 205000059, no unit that counts from 1970');
  });

  it('may be missing', async () => {
    const { card, text } = await timed('timestamp', (i) => (i % 20 === 0 ? '' : START + i));
    expect(card.interactions).toMatchObject({ time: 'timestamp', missingTime: 'drop' });
    expect(text).toContain('missingTime: drop # 3 rows without a time');
  });

  it('prefers numbers to texts', async () => {
    const lines = rows(60, (i) => [user(i), item(i), `2017-11-30 00:00:${10 + i}`, START + i]);
    const { card } = await guessOf(csv(['user', 'item', 'time', 'date'], lines));
    expect(card.interactions.time).toBe('date');
  });

  it('are the order of the rows where nothing tells them', async () => {
    const { card, untimed } = await guessOf(
      csv(
        ['user', 'item'],
        rows(60, (i) => [user(i), item(i)]),
      ),
    );
    expect(card.interactions.time).toBeUndefined();
    expect(untimed).toBe('no column holds times, so the order of the rows is the time');
  });

  it('may be dates', async () => {
    const { card, text } = await timed('time', (i) => `2017-11-30 00:${10 + (i % 40)}:00`);
    expect([card.interactions.time, card.interactions.timeFormat]).toEqual(['time', 'date']);
    expect(text).toMatch(/time: time # by its name: dates such as 2017-11-30 00:\d\d:00/);
  });

  it('are the order of the rows where texts that are no dates say the same', async () => {
    const { card, text } = await timed('time', (i) => `2017-11-30 00:00:${10 + i}`);
    expect(card.interactions.time).toBeUndefined();
    expect(text).toContain('# No time: time holds texts (2017-11-30 00:00:10)');
  });

  it('refuses texts that the order of the rows contradicts', async () => {
    // Row i has second 69 - i: of 60 rows all but the first of each of 11 users go back.
    await expect(timed('time', (i) => `2017-11-30 00:00:${69 - i}`)).rejects.toThrow(
      /times of column time are texts.* 49 times/,
    );
  });
});

describe('labels', () => {
  const labelled = (header: readonly string[], cells: (i: number) => (string | number)[]) =>
    guessOf(
      csv(
        ['user', 'item', 'time', ...header],
        rows(120, (i) => [user(i), item(i), START + i, ...cells(i)]),
      ),
    );

  it('begin with the likeliest target', async () => {
    const bit = (i: number, n: number): number => (Math.floor(i / 3) % n === 0 ? 1 : 0);
    const { card } = await labelled(['seen_twice', 'is_like', 'is_click'], (i) => [
      bit(i, 2),
      bit(i, 3),
      bit(i, 4),
    ]);
    expect(Object.keys(card.interactions.columns)).toEqual(['is_click', 'is_like', 'seen_twice']);
  });

  it('are columns of 0 and 1 however they are written', async () => {
    const { card } = await labelled(['click'], (i) => [i % 3 === 0 ? '1.0' : '0.0']);
    expect(card.interactions.columns).toEqual({ click: 'click' });
  });

  it('are made of ratings', async () => {
    const { card, text } = await labelled(['rating:float'], (i) => [(i % 10) + 1]);
    expect(card.interactions.columns).toEqual({
      liked: { column: 'rating:float', atLeast: 8 },
      rating: 'rating:float',
    });
    // 8, 9 and 10 of 1 to 10.
    expect(text).toContain('8 of 10 and more count as liked (30.0 % of the rows)');
  });

  it('are made of watch times', async () => {
    // Videos of 10 s; every fourth view lasts as long, others half.
    const { card, text } = await labelled(['playing_time', 'duration_ms'], (i) => [
      i % 4 === 0 ? 10_000 : 5000,
      10_000 + 0 * i,
    ]);
    expect(card.interactions.columns).toEqual({ playing_time: { column: 'playing_time', span: true } });
    expect(card.interactions.positives).toBe('is_positive');
    expect(text).toContain('#   duration_ms: the same in every row');
  });

  it('are made of watch times and lengths', async () => {
    const { card, text } = await labelled(['playing_time', 'duration_ms'], (i) => [
      i % 4 === 0 ? 1000 * item(i) : 500 * item(i),
      1000 * item(i),
    ]);
    expect(card.interactions.columns).toEqual({
      watched: { column: 'playing_time', over: 'duration_ms', atLeast: 1 },
      playing_time: { column: 'playing_time', span: true },
      duration_ms: { column: 'duration_ms', span: true },
    });
    expect(text).toContain('100 % of the video and more count as watched (25.0 % of the rows)');
    expect(card.items.categories).toEqual({ duration: { column: 'duration_ms', bucket: 'log2Seconds' } });
  });

  it('are made of the share that was watched', async () => {
    // 0.0, 0.1, ... 0.9: none whole, 0.8 and 0.9 count.
    const { card, text } = await labelled(['watch_ratio'], (i) => [(i % 10) / 10]);
    expect(card.interactions.columns).toEqual({
      watched: { column: 'watch_ratio', atLeast: 0.8 },
      watch_ratio: 'watch_ratio',
    });
    expect(text).toContain('80 % of the video and more count as watched (20.0 % of the rows)');
  });

  it('are not needed where no column has the name of one: then every row counts as positive', async () => {
    const { card, unused } = await labelled(['shown'], () => [1]);
    expect(card.interactions).toMatchObject({ columns: [], positives: 'is_positive' });
    expect(unused).toEqual([{ column: 'shown', why: 'the same in every row' }]);
  });

  it('keep negative spans for the import to refuse', async () => {
    const { card, text } = await labelled(['is_click', 'play_time_ms'], (i) => [
      i % 2,
      i === 7 ? -5 : 100 * (i % 31),
    ]);
    expect(card.interactions.columns).toEqual({
      is_click: 'is_click',
      play_time_ms: { column: 'play_time_ms', span: true },
    });
    expect(text).toContain('some are negative (-5)');
  });

  it('take lists of segments apart', async () => {
    const { card } = await labelled(['label_1D'], (i) => [i % 2 === 0 ? '[ 1 0 -1]' : '"[1\n 1]"']);
    expect(card.interactions.columns).toEqual({
      label_1D_length: { column: 'label_1D', list: 'length' },
      label_1D_ones: { column: 'label_1D', list: 'ones' },
    });
  });
});

describe('features', () => {
  const featured = (header: readonly string[], cells: (i: number) => (string | number)[]) =>
    guessOf(
      csv(
        ['user', 'item', 'time', 'is_click', ...header],
        [...rows(240, (i) => [user(i), item(i), START + i, Math.floor(i / 5) % 2, ...cells(i)])],
      ),
    );

  it('are what all rows of an item or of a user share', async () => {
    const { card, unused } = await featured(['gender', 'author', 'is_vip', 'tab', 'brightness'], (i) => [
      user(i) % 2 === 0 ? 'f' : 'm',
      `author ${item(i) % 7}`,
      user(i) > 104 ? 1 : 0,
      i % 13,
      item(i) / 8,
    ]);
    expect(card.items.categories).toEqual({ author: { column: 'author' } });
    expect(card.users.categories).toEqual({ gender: { column: 'gender' }, is_vip: { column: 'is_vip' } });
    expect(unused).toEqual([
      { column: 'tab', why: '13 values; differs between the rows of an item, and of a user' },
      { column: 'brightness', why: 'fractions; the same in all rows of an item' },
    ]);
  });

  it('may differ for one item in a hundred, which is told', async () => {
    // 200 videos with five rows each; one of them moves to another author.
    const lines = rows(1000, (i) => [
      i % 50,
      i % 200,
      START + i,
      (i >> 3) % 2,
      i === 999 ? 'x' : (i % 200) % 9,
    ]);
    const { text } = await guessOf(csv(['user', 'item', 'time', 'is_click', 'author'], lines));
    expect(text).toContain('the same in all rows of an item, but for 1 of 200');
  });

  it('are not taken for ones where chance would do as well', async () => {
    // Every video has one row, every user two.
    const lines = rows(40, (i) => [i % 20, i, START + i, i % 3 === 0 ? 1 : 0, i % 2]);
    const { card, unused } = await guessOf(csv(['user', 'item', 'time', 'is_click', 'kind'], lines));
    expect(card.items.categories).toEqual({});
    expect(card.users.categories).toEqual({ kind: { column: 'kind' } }); // 20 users of 2 rows: 10 would differ
    expect(unused).toEqual([]);
    const few = await guessOf(csv(['user', 'item', 'time', 'is_click', 'kind'], lines.slice(0, 24)));
    expect(few.card.users.categories).toEqual({});
    expect(few.unused).toEqual([
      { column: 'kind', why: '0 or 1, 1 in 50.0 % of the rows; never differs between the rows of a user' },
    ]);
  });

  it.each([',', '|', ';', '^', ' '])('may be several, between %j', async (separator) => {
    const tags = (i: number): string => [item(i) % 5, item(i) % 3].join(separator);
    const { card } = await featured(['tag'], (i) => [`"${tags(i)}"`]);
    expect(card.items.tags).toEqual({ tag: { column: 'tag', separator } });
  });

  it('leave titles alone', async () => {
    const { card, unused } = await featured(['title'], (i) => [
      `"Video ${item(i)}, the best one of number ${item(i)}"`,
    ]);
    expect([card.items.tags, card.items.categories]).toEqual([{}, { title: { column: 'title' } }]);
    expect(unused).toEqual([]);
  });
});

describe('what a source brings along', () => {
  it('a split in words', async () => {
    const parts = ['trn', 'trn', 'val', 'tst'];
    const lines = rows(60, (i) => [user(i), item(i), parts[Math.floor(i / 15)]!]);
    const { card, text } = await guessOf(csv(['user', 'item', 'how'], lines));
    expect(card.interactions.part).toEqual({
      column: 'how',
      values: { trn: 'train', val: 'validation', tst: 'test' },
    });
    expect(text).toContain('trn: 30 rows, tst: 15 rows, val: 15 rows');
  });

  it.each([
    [3, { 0: 'train', 1: 'validation', 2: 'test' }],
    [2, { 0: 'train', 1: 'test' }],
  ])('a split in numbers, %i of them', async (parts, values) => {
    const lines = rows(60, (i) => [user(i), item(i), Math.floor((i * parts) / 60)]);
    const { card } = await guessOf(csv(['userID', 'itemID', 'x_label'], lines, '\t'));
    expect(card.interactions).toMatchObject({
      part: { column: 'x_label', values },
      positives: 'is_positive',
    });
  });

  it('histories', async () => {
    const lines = rows(60, (i) => [
      user(i),
      item(i),
      i % 3 === 0 ? '' : `${item(i + 1)}^${item(i + 2)}`,
      i % 2,
    ]);
    const { card } = await guessOf(csv(['user_id', 'item_id', 'clicked_items', 'is_click'], lines));
    expect(card.interactions.histories).toEqual({
      clicked_items: { column: 'clicked_items', separator: '^' },
    });
  });

  it.each([
    ['with a time they go', ['timestamp'], 'dropExact'],
    ['without a time they stay', [], 'keep'],
  ])('rows that repeat: %s', async (_, header, duplicates) => {
    const lines = rows(60, (i) => [user(i), item(i), ...(header.length > 0 ? [START + i] : [])]);
    const { card, text } = await guessOf(csv(['user', 'item', ...header], [...lines, lines[3]!]));
    expect(card.interactions.duplicates).toBe(duplicates);
    expect(text).toContain(`duplicates: ${duplicates} # 1 row equals another in every column`);
  });
});

describe('Parquet', () => {
  const written = async (select: string): Promise<Guess> => {
    const folder = temporaryFolder();
    const file = join(folder, 'log.parquet');
    const connection = await DuckDBConnection.create();
    await connection.run(`COPY (SELECT ${select} FROM range(220) AS r(i)) TO '${file}' (FORMAT parquet)`);
    connection.closeSync();
    return guessCard(file, { given: none, spill: join(folder, 'spill') });
  };

  it('has types: numbers, truth values, lists', async () => {
    const { card, unused } = await written(
      `i % 11 AS user_id, i % 20 AS item_id, i % 3 = 0 AS is_click, 1600000000000 + i AS time_ms,
       [i % 5, 5 + i % 4] AS tags, [i % 20, (i + 1) % 20] AS history, [i] AS other`,
    );
    expect(card.files.log).not.toHaveProperty('header');
    expect(card.interactions).toMatchObject({
      user: 'user_id',
      item: 'item_id',
      time: 'time_ms',
      columns: { is_click: 'is_click' },
      histories: { history: { column: 'history' } },
    });
    expect(card.items.tags).toEqual({ tags: { column: 'tags', separator: ',' } });
    expect(unused).toEqual([{ column: 'other', why: 'lists that differ between the rows of an item' }]);
  });

  it('has dates', async () => {
    const { card, untimed } = await written(
      `i % 11 AS uid, i % 20 AS vid, TIMESTAMP '2022-04-10 08:00:00' + INTERVAL (i) MINUTE AS time`,
    );
    expect(untimed).toBeNull();
    expect([card.interactions.time, card.interactions.timeFormat]).toEqual(['time', 'date']);
  });

  it('may be damaged', async () => {
    await expect(guessOf('PAR1 and no more', { file: 'log.parquet' })).rejects.toThrow(
      /log\.parquet: not a Parquet file, or a damaged one/,
    );
  });
});

describe('damaged files', () => {
  it('are refused with the line, wherever it is', async () => {
    const lines = rows(3000, (i) => [user(i), item(i)]);
    lines[2500] = [1];
    await expect(guessOf(csv(['user', 'item'], lines))).rejects.toMatchObject({
      name: 'UserError',
      place: { file: expect.stringContaining('log.csv'), line: 2502 },
    });
  });
});

describe('names that cannot be names of ours', () => {
  it('are replaced, and stay apart', async () => {
    const lines = rows(60, (i) => [user(i), item(i), Math.floor(i / 7) % 2, Math.floor(i / 3) % 2]);
    const { card } = await guessOf(csv(['user', 'item', '点赞', '关注'], lines));
    expect(card.interactions.columns).toEqual({ _: '点赞', __2: '关注' });
  });

  it('may hold whatever they want', async () => {
    const name = 'a: "b" # c\n- d';
    const lines = rows(60, (i) => [user(i), item(i), Math.floor(i / 7) % 2]);
    const { card, text } = await guessOf(csv(['user', 'item', `"${name.replaceAll('"', '""')}"`], lines));
    expect(card.interactions.columns).toEqual({ 'a_b_c_-_d': name });
    expect(parseCard(text, 'card.yaml')).toEqual(card);
  });
});
