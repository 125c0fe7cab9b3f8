import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeNpy } from '../../../src/base/index.js';
import type { CardInput, Store } from '../../../src/data/index.js';
import { type Files, folderOf, imported, importFrom, writeParquet } from './support.js';

type Log = CardInput['files'][string];

const base: CardInput = {
  name: 'tiny',
  title: 'A tiny log',
  files: { log: { path: 'log.csv' } },
  interactions: { file: 'log', user: 'u', item: 'v', time: 't', columns: ['click'] },
};
const card = (
  files: CardInput['files'],
  interactions: Partial<CardInput['interactions']> = {},
): CardInput => ({
  ...base,
  files,
  interactions: { ...base.interactions, ...interactions },
});
/** Rows as user, item, time and the given columns. */
function rowsOf({ userIds, itemIds, interactions }: Store, ...columns: readonly string[]): unknown[][] {
  const { rows, user, item, time } = interactions;
  return Array.from({ length: rows }, (_, row) => [
    userIds[user[row]!],
    itemIds[item[row]!],
    time[row],
    ...columns.map((name) => interactions.columns[name]![row]),
  ]);
}
const refusal = (files: Files, of: CardInput) =>
  imported(files, of).then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );

describe('several log files', () => {
  const a = 'u,v,t,click\n1,5,10,1\n2,5,20,0\n';
  const b = 'v,u,click,t\n6,1,0,5\n7,2,1,30\n';

  it('are one log, whatever the order of their columns', async () => {
    const { store } = await imported({ 'a.csv': a, 'b.csv': b }, card({ log: { path: ['a.csv', 'b.csv'] } }));
    expect(rowsOf(store, 'click')).toEqual([
      ['1', '6', 5, 0],
      ['1', '5', 10, 1],
      ['2', '5', 20, 0],
      ['2', '7', 30, 1],
    ]);
  });

  it('may be a pattern or a folder, whose names starting with _ and . do not count', async () => {
    const files = { 'logs/a.csv': a, 'logs/b.csv': b, 'logs/_SUCCESS': 'x', 'logs/.hidden': 'x' };
    const pattern = await imported(files, card({ log: { path: 'logs/*.csv' } }));
    const folder = await imported(files, card({ log: { path: 'logs' } }));
    expect(rowsOf(pattern.store)).toHaveLength(4);
    expect(rowsOf(folder.store)).toEqual(rowsOf(pattern.store));
    expect(await refusal(files, card({ log: { path: 'logs/*.tsv' } }))).toContain(
      'no file fits this pattern',
    );
  });

  it('have no checksum as a folder', async () => {
    const files = { 'day/a.csv': a };
    expect(await refusal(files, card({ log: { path: 'day', md5: '0'.repeat(32) } }))).toMatch(
      /day: is a folder, and the card gives the MD5 of a file/,
    );
  });

  it('name the file and line of a fault in the second', async () => {
    const files = { 'a.csv': a, 'b.csv': `${b}\n8,1,x,40\n` };
    const message = await refusal(files, card({ log: { path: ['a.csv', 'b.csv'] } }));
    expect(message).toMatch(/b\.csv:5: column click must be a number, found "x"/);
    const late = await refusal(
      { 'a.csv': a, 'b.csv': `${b}8,1,nan,40\n` },
      card({ log: { path: ['a.csv', 'b.csv'] } }),
    );
    expect(late).toMatch(/b\.csv:4: column click is NaN, not a finite number/);
  });

  it('have exact duplicates also across files', async () => {
    const files = { 'a.csv': a, 'b.csv': 'u,v,t,click\n2,5,20,0\n2,5,20,1\n' };
    const { store, report } = await imported(
      files,
      card({ log: { path: ['a.csv', 'b.csv'] } }, { duplicates: 'dropExact' }),
    );
    expect(rowsOf(store, 'click')).toEqual([
      ['1', '5', 10, 1],
      ['2', '5', 20, 0],
      ['2', '5', 20, 1],
    ]);
    expect(report[0]).toBe('dropped 1 of 4 rows: exact duplicates of another row');
  });

  it('take columns from the names of partition folders, as Spark and DuckDB write them', async () => {
    const from = folderOf({});
    const parts = join(from, 'log');
    await writeParquet(join(parts, 'day=1', 'a.parquet'), 'SELECT 1 AS u, 5 AS v, 10 AS t, 1 AS click');
    await writeParquet(join(parts, 'day=2', 'a.parquet'), 'SELECT 1 AS u, 6 AS v, 20 AS t, 0 AS click');
    const { store } = await importFrom(from, card({ log: { path: 'log' } }, { columns: ['click', 'day'] }));
    expect(rowsOf(store, 'click', 'day')).toEqual([
      ['1', '5', 10, 1, 1],
      ['1', '6', 20, 0, 2],
    ]);
  });

  it('have identifiers without a point where pandas made whole numbers floating ones', async () => {
    const from = folderOf({});
    const rows =
      'SELECT 1.0::DOUBLE AS u, 5.0::DOUBLE AS v, 10 AS t, 1 AS click UNION ALL SELECT 1.5, 7.0, 20, 0';
    await writeParquet(join(from, 'log.parquet'), rows);
    const { store } = await importFrom(from, card({ log: { path: 'log.parquet' } }));
    expect(rowsOf(store).map(([user, item]) => `${user} ${item}`)).toEqual(['1 5', '1.5 7']);
  });

  it('know the folder of rows without a value', async () => {
    const from = folderOf({});
    const row = (v: number) => `SELECT 1 AS u, ${v} AS v, ${v} AS t, 1 AS click`;
    await writeParquet(join(from, 'log', 'kind=a', 'p.parquet'), row(5));
    await writeParquet(join(from, 'log', 'kind=__HIVE_DEFAULT_PARTITION__', 'p.parquet'), row(6));
    const { store } = await importFrom(from, {
      ...card({ log: { path: 'log' } }),
      items: { categories: { kind: { column: 'kind' } } },
    });
    expect([...store.items.categories.kind!.values]).toEqual([0, -1]);
  });

  it('say when one was cut off in a line', async () => {
    const { report } = await imported({ 'log.csv': a.trimEnd() }, base);
    expect(report.find((line) => line.includes('ends without a line end'))).toBeDefined();
    expect((await imported({ 'log.csv': a }, base)).report.join()).not.toContain('cut off');
  });
});

describe('parts of a published split', () => {
  const [train, test] = ['u,v,t,click\n1,0,10,1\n1,1,20,0\n', 'u,v,t,click\n1,0,30,1\n'];

  it('come from the file, and item spaces that begin at 0 each are told apart', async () => {
    const files = {
      'train.csv': train,
      'test.csv': test,
      'cover.npy': encodeNpy(new Float32Array(4), [2, 2]),
    };
    const { store } = await imported(
      files,
      card(
        {
          train: { path: 'train.csv', part: 'train' },
          test: { path: 'test.csv', part: 'test', itemOffset: 'cover.npy' },
        },
        { file: ['train', 'test'] },
      ),
    );
    expect(rowsOf(store).map(([, item]) => item)).toEqual(['0', '1', '2']);
    expect([...store.interactions.part!]).toEqual([0, 0, 2]);
  });

  it('refuse an offset that lets item spaces overlap, and items that are no numbers', async () => {
    const of = (itemOffset: number): CardInput =>
      card(
        { train: { path: 'train.csv', part: 'train' }, test: { path: 'test.csv', part: 'test', itemOffset } },
        { file: ['train', 'test'] },
      );
    expect(await refusal({ 'train.csv': train, 'test.csv': test }, of(1))).toContain(
      'item 1 is in this file after its itemOffset and in another one too',
    );
    for (const item of ['x', '2.4', '002', '-3', '']) {
      expect(
        await refusal({ 'train.csv': train, 'test.csv': `u,v,t,click\n1,${item},30,1\n` }, of(2)),
      ).toMatch(/test\.csv:2: column v holds no whole number, which itemOffset needs/);
    }
  });

  it('come from a column', async () => {
    const text = 'u,v,t,click,split\n1,0,10,1,trn\n1,1,20,0,val\n1,0,30,1,tst\n';
    const part = { column: 'split', values: { trn: 'train', val: 'validation', tst: 'test' } } as const;
    const { store } = await imported({ 'log.csv': text }, card(base.files, { part }));
    expect([...store.interactions.part!]).toEqual([0, 1, 2]);
    const unknown = await refusal({ 'log.csv': `${text}1,2,40,1,other\n` }, card(base.files, { part }));
    expect(unknown).toMatch(/log\.csv:5: column split says none of trn, val, tst/);
  });

  it('belong to all files of the log or to none', async () => {
    const mixed = card({ a: { path: 'a', part: 'train' }, b: { path: 'b' } }, { file: ['a', 'b'] });
    expect(await refusal({}, mixed)).toContain('files.b has no part, but a has');
  });
});

describe('layouts', () => {
  it('without a header, separated by tabs', async () => {
    const log = {
      path: 'log.tsv',
      delimiter: 'tab' as const,
      header: ['u', 'city', 'v', 'click', 't'],
    } satisfies Log;
    const { store } = await imported({ 'log.tsv': '3\t9\t5\t1\t20\n3\t9\t4\t0\t10\n' }, card({ log }));
    expect(rowsOf(store, 'click')).toEqual([
      ['3', '4', 10, 0],
      ['3', '5', 20, 1],
    ]);
    const narrow = await refusal({ 'log.tsv': '3\t9\t5\t1\n' }, card({ log }));
    expect(narrow).toMatch(/log\.tsv:1: found 4 columns, the card names 5/);
    const bad = await refusal({ 'log.tsv': '3\t9\t5\t1\t20\n3\t9\t4\tx\t10\n' }, card({ log }));
    expect(bad).toMatch(/log\.tsv:2: column click must be a number/);
  });

  it('of several files, of which one has no rows', async () => {
    const two = card({ a: { path: 'a.csv' }, b: { path: 'b.csv' } }, { file: ['a', 'b'] });
    const header = 'u,v,t,click\n';
    const { store, report } = await imported({ 'a.csv': header, 'b.csv': `${header}1,2,3,1\n` }, two);
    expect(store.interactions.rows).toBe(1);
    expect(report).toEqual([expect.stringMatching(/a\.csv holds no rows$/), 'kept 1 rows']);
  });

  it('with a list of items a user, in order', async () => {
    const log = {
      path: 'pairs.tsv',
      delimiter: 'tab' as const,
      header: ['u', 'v'],
      explode: { column: 'v' },
    } satisfies Log;
    const { time: _, ...untimed } = base.interactions;
    const { store, report } = await imported(
      { 'pairs.tsv': '2\t30 10 20\n3\t\n1\t10\n' },
      { ...base, files: { log }, interactions: { ...untimed, columns: [], positives: 'liked' } },
    );
    expect(rowsOf(store, 'liked')).toEqual([
      ['1', '10', 4, 1],
      ['2', '30', 1, 1],
      ['2', '10', 2, 1],
      ['2', '20', 3, 1],
    ]);
    expect(report[0]).toMatch(/^1 rows of .*pairs\.tsv have an empty list$/);
  });

  it('with BOM, CRLF, quotes that span lines and an index column without a name', async () => {
    const text = '\ufeff,u,v,t,click,note\r\n0,1,5,10,1,"a ""b""\r\nc"\r\n1,1,6,20,0,d\r\n';
    const { store } = await imported({ 'log.csv': text }, base);
    expect(rowsOf(store, 'click')).toEqual([
      ['1', '5', 10, 1],
      ['1', '6', 20, 0],
    ]);
    const bad = await refusal({ 'log.csv': `${text}2,1,7,30,nan,e\r\n` }, base);
    expect(bad).toMatch(/log\.csv:5: column click is NaN/);
  });

  it('whose delimiter is another one', async () => {
    expect(await refusal({ 'log.csv': 'u\tv\tt\tclick\n1\t2\t3\t1\n' }, base)).toContain(
      'The columns seem to be separated by tab: say delimiter: tab.',
    );
  });
});

describe('columns', () => {
  const columns = {
    finished: { column: 'play', over: 'length', atLeast: 1 },
    ratio: { column: 'play', over: 'length' },
    length: { column: 'length', span: true },
  } as const;
  const text = 'u,v,t,play,length\n1,1,1,5,10\n1,2,2,10,10\n1,3,3,11,10\n1,4,4,7,0\n';

  it('are made of others: ratios, thresholds; what cannot be divided is 0 and counted', async () => {
    const { store, report } = await imported({ 'log.csv': text }, card(base.files, { columns }));
    expect([...store.interactions.columns.finished!]).toEqual([0, 1, 1, 0]);
    expect([...store.interactions.columns.ratio!]).toEqual([0.5, 1, Math.fround(1.1), 0]);
    expect(report).toContain('1 of them have a length of 0');
    expect(report).toContain('1 of them have no length above 0, so their ratio is 0');
  });

  it('are made of the difference of two, in another unit', async () => {
    const times =
      'u,v,t,end,length\n1,1,1667721879363,1667721888863,10\n1,2,1667721888863,1667721908863,20\n';
    const between = { column: 'end', minus: 't' } as const;
    const spec = {
      played: { ...between, span: true },
      ratio: { ...between, times: 0.001, over: 'length' },
      seen: { ...between, times: 0.001, over: 'length', atLeast: 1 },
      length: { column: 'length', times: 1000 },
    } as const;
    const { store } = await imported({ 'log.csv': times }, card(base.files, { columns: spec }));
    const { played, ratio, seen, length } = store.interactions.columns;
    expect([[...played!], [...seen!], [...length!]]).toEqual([
      [9500, 20_000],
      [0, 1],
      [10_000, 20_000],
    ]);
    expect([...ratio!]).toEqual([Math.fround(0.95), 1]);
    const late = times.replace('1667721888863,10', '1667721879362,10');
    expect(await refusal({ 'log.csv': late }, card(base.files, { columns: spec }))).toContain(
      'log.csv:2: column end less t is -1, and a span of time cannot be negative',
    );
  });

  it('that float32 rounds are counted', async () => {
    const rounded = 'u,v,t,click\n1,1,1,16777217\n1,2,2,16777216\n1,3,3,33554436\n';
    const { report } = await imported({ 'log.csv': rounded }, base);
    expect(report).toContain('1 of them have a click that float32 rounds');
  });

  it('refuse a negative span', async () => {
    expect(await refusal({ 'log.csv': `${text}1,5,5,3,-2\n` }, card(base.files, { columns }))).toMatch(
      /log\.csv:6: column length is -2, and a span of time cannot be negative/,
    );
  });

  it('never call what is not a number a label', async () => {
    expect(await refusal({ 'log.csv': `${text}1,5,5,nan,2\n` }, card(base.files, { columns }))).toMatch(
      /log\.csv:6: column play or length is NaN/,
    );
  });

  it('count the entries of lists, also over several lines', async () => {
    const lists = 'u,v,t,seen\n1,1,1,"[ 1  1 0\n -1 -1]"\n1,2,2,[ 0 -1]\n1,3,3,[]\n';
    const of = card(base.files, {
      columns: { clips: { column: 'seen', list: 'length' }, watched: { column: 'seen', list: 'ones' } },
    });
    const { store } = await imported({ 'log.csv': lists }, of);
    expect([...store.interactions.columns.clips!]).toEqual([5, 2, 0]);
    expect([...store.interactions.columns.watched!]).toEqual([2, 0, 0]);
    expect(await refusal({ 'log.csv': `${lists}1,4,4,[1 x]\n` }, of)).toMatch(
      /log\.csv:6: column seen holds no list of numbers in square brackets/,
    );
  });
});

describe('times', () => {
  it('that are missing are an error, or dropped and counted', async () => {
    const text = 'u,v,t,click\n1,5,10,1\n1,6,,0\n1,7,nan,1\n';
    expect(await refusal({ 'log.csv': text }, base)).toMatch(
      /log\.csv:3: column t is empty\n.*missingTime: drop/,
    );
    const { store, report } = await imported({ 'log.csv': text }, card(base.files, { missingTime: 'drop' }));
    expect(rowsOf(store, 'click')).toEqual([['1', '5', 10, 1]]);
    expect(report[0]).toBe('dropped 2 of 3 rows: they have no time');
  });

  it('in several units are an error, at the rarest unit', async () => {
    const text = 'u,v,t,click\n1,5,1650000000000,1\n1,6,1650000001000,0\n1,7,1650000002,1\n';
    expect(await refusal({ 'log.csv': text }, base)).toMatch(
      /log\.csv:4: column t mixes units: 1 times in seconds since 1970 among 2 in milliseconds/,
    );
  });

  it('may be dates, which become milliseconds since 1970', async () => {
    const text =
      'u,v,t,click\n1,5,2022-04-10 08:59:09.5,1\n1,6,2022-04-10,0\n1,7,2022-04-10T10:00:00+02:00,1\n';
    const dated = card(base.files, { timeFormat: 'date' });
    const { store } = await imported({ 'log.csv': text }, dated);
    const day = Date.UTC(2022, 3, 10);
    expect(rowsOf(store).map(([, item, time]) => [item, time])).toEqual([
      ['6', day],
      ['7', day + 8 * 3_600_000],
      ['5', day + 8 * 3_600_000 + 59 * 60_000 + 9_500],
    ]);
    for (const missingTime of ['refuse', 'drop'] as const) {
      const strict = card(base.files, { timeFormat: 'date', missingTime });
      expect(await refusal({ 'log.csv': `${text}1,8,10/13/2022,1\n` }, strict)).toMatch(
        /log\.csv:5: column t is no date/,
      );
    }
  });

  it('of 0 or less are no times beside those since 1970', async () => {
    const text = 'u,v,t,click\n1,5,1650000000000,1\n1,6,-1650000001000,0\n1,7,0,1\n';
    expect(await refusal({ 'log.csv': text }, base)).toMatch(
      /log\.csv:3: column t is -1650000001000, and other times are milliseconds since 1970/,
    );
  });

  it('that are no times since 1970 have no unit', async () => {
    const { store } = await imported({ 'log.csv': 'u,v,t,click\n1,5,3,1\n1,6,53085738314,0\n' }, base);
    expect([...store.interactions.time]).toEqual([3, 53085738314]);
  });
});

describe('what the card expects', () => {
  const text = 'u,v,t,click\n1,5,10,1\n1,6,20,0\n';

  it('must be there', async () => {
    const right = { rows: 2, users: 1, items: 2, positives: { click: 1 } };
    await expect(imported({ 'log.csv': text }, { ...base, expect: right })).resolves.toBeDefined();
    const wrong = { rows: 3, items: 2, train: 2, positives: { click: 2 } };
    const parted: CardInput = { ...card({ log: { path: 'log.csv', part: 'test' } }), expect: wrong };
    expect(await refusal({ 'log.csv': text }, parted)).toContain(
      'not the data that the card tiny describes: 2 rows, expected 3, 0 train, expected 2, 1 rows with click, expected 2',
    );
  });

  it('may be counts of the parts, and how many positives users have, as printed', async () => {
    const files = {
      'train.csv': 'u,v,t,click\n1,5,10,1\n1,6,20,1\n1,7,30,1\n2,5,10,1\n3,5,10,0\n',
      'test.csv': 'u,v,t,click\n1,8,40,1\n2,5,20,0\n',
    };
    const whole = {
      ...card({ train: { path: 'train.csv', part: 'train' }, test: { path: 'test.csv', part: 'test' } }),
    };
    whole.interactions = { ...whole.interactions, file: ['train', 'test'] };
    // In train user 1 has three clicks, 2 one and 3 none: 4 / 3 a user, and two of three have fewer.
    const right = {
      parts: { train: { users: 3, items: 3 }, test: { users: 2, items: 2 } },
      positivesPerUser: { click: { part: 'train' as const, mean: 1.34, belowMean: 0.66 } },
    };
    await expect(imported(files, { ...whole, expect: right })).resolves.toBeDefined();
    const wrong = {
      parts: { train: { users: 2 }, test: { items: 3 } },
      positivesPerUser: { click: { mean: 1.3, belowMean: 0.3 } },
    };
    // All rows: 5 / 3 = 1.67; 1 and 2 of three users have fewer than 1.3.
    expect(await refusal(files, { ...whole, expect: wrong })).toContain(
      '3 users of train, expected 2, 2 items of test, expected 3, 1.67 rows with click a user, expected about 1.3, 0.667 of the users have fewer than 1.3 of them, expected about 0.3',
    );
  });

  it('stands beside its notes in the report', async () => {
    const { report } = await imported({ 'log.csv': text }, { ...base, notes: ['Ids begin at 1.'] });
    expect(report).toEqual(['kept 2 rows', 'note: Ids begin at 1.']);
  });

  it('may be given up, and then what differs is in the report', async () => {
    const other = { ...base, files: { log: { path: 'log.csv', md5: '0'.repeat(32) } }, expect: { rows: 3 } };
    const refused = await refusal({ 'log.csv': text }, other);
    expect(refused).toContain('its md5 is not 000');
    expect(refused).toMatch(
      /mvrec data import CARD --from \S+ --as-found, then source: \{ store: tiny \}\.$/,
    );
    const { report } = await imported({ 'log.csv': text }, other, { asFound: true });
    expect(report).toContain('not as the card says: 2 rows, expected 3');
    expect(report[0]).toMatch(/log\.csv: not the file that the card describes: its md5 is not 000/);
  });
});
