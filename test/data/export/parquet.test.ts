import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import { exportData, ofDataSet, openSource, parseCard, type Store } from '../../../src/data/index.js';
import { describeIf, effort, projectRoot, python, sharedData, temporaryFolder } from '../../support/index.js';
import { fc } from '../../support/property.js';
import { origin, tiny, tinyExperiment } from './tiny.js';

type Exported = Parameters<typeof exportData>[0];

async function write(exported: Exported) {
  const folder = join(temporaryFolder(), 'out');
  const summary = await exportData(exported, { to: 'parquet', folder, replace: false, request: {} });
  return { folder, ...summary };
}
const dataSet = (store: Store, historyLength: number | null = null) =>
  ofDataSet(store, { label: null, historyLength, positives: false, origin });

/** Columns and rows of a Parquet file, by DuckDB's own reader. */
async function read(folder: string, table: string) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(`SELECT * FROM '${join(folder, `${table}.parquet`)}'`);
    const types = result.columnTypes().map(String);
    return {
      columns: result.columnNames().map((name, c) => `${name} ${types[c]}`),
      rows: result.getRowsJS(),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Exports a store, and imports what was written by its card. */
async function there(store: Store): Promise<{ back: Store; notes: readonly string[] }> {
  const { folder, notes } = await write(dataSet(store));
  const source = { card: join(folder, 'card.yaml'), from: folder };
  return { back: await openSource(source, { dataDir: temporaryFolder() }), notes };
}

describe('tables', () => {
  it('hold the rows of an experiment with their part and history', async () => {
    const { folder } = await write(tinyExperiment(2));
    const { columns, rows } = await read(folder, 'interactions');
    expect(columns).toEqual([
      'user VARCHAR',
      'item VARCHAR',
      'time DOUBLE',
      'is_click FLOAT',
      'watched FLOAT',
      'part VARCHAR',
      'history VARCHAR[]',
    ]);
    expect(rows).toEqual([
      ['1', '10', 1.5, 1, Math.fround(0.1), 'train', []],
      ['1', '20', 2, 0, 3, 'train', ['10']],
      ['1', 'x', 2.5, 1, 1.401298464324817e-45, 'validation', ['10']],
      ['1', '10', 1_700_000_000_123, 0, 3.4028234663852886e38, 'test', ['10', 'x']],
      ['b', '20', 1, 1, -0, 'train', []],
      ['b', 'x', 2, 0, Math.fround(1 / 3), 'validation', ['20']],
      ['b', '10', 10.000000000000002, 1, 16_777_216, 'test', ['20']],
    ]);
  });

  it('hold features of every type', async () => {
    const { folder } = await write(dataSet(tiny));
    expect(await read(folder, 'items')).toEqual({
      columns: ['item VARCHAR', 'genre INTEGER', 'topic INTEGER[]', 'title VARCHAR', 'cover FLOAT[]'],
      rows: [
        ['10', 1, [1, 0], 'Rain, "then"\n\tsun 😀', [Math.fround(0.1), -2]],
        ['20', null, [], '', [Math.fround(1e-7), 0]],
        ['x', 0, [1], 'two  words', [5.5, 1e9]],
      ],
    });
    expect((await read(folder, 'users')).rows).toEqual([
      ['1', 1],
      ['b', 0],
    ]);
  });

  it('hold the positive rows alone when asked, in the order of the log', async () => {
    const { rows } = await read((await write(tinyExperiment(null, true))).folder, 'interactions');
    expect(rows.map(([user, item, time]) => [user, item, time])).toEqual([
      ['1', '10', 1.5],
      ['1', 'x', 2.5],
      ['b', '20', 1],
      ['b', '10', 10.000000000000002],
    ]);
  });

  it('keep order and values over many chunks', async () => {
    const rows = 150_000;
    const user = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / 3));
    const store: Store = {
      ...tiny,
      userIds: Array.from({ length: rows / 3 }, (_, u) => `user ${u}`),
      interactions: {
        rows,
        userOffsets: Int32Array.from({ length: rows / 3 + 1 }, (_, u) => 3 * u),
        user,
        item: Int32Array.from({ length: rows }, (_, row) => row % 3),
        time: Float64Array.from({ length: rows }, (_, row) => row / 7),
        columns: { is_click: new Float32Array(rows) },
      },
      users: { categories: {}, tags: {}, texts: {}, vectors: {} },
      histories: {},
    };
    const { folder } = await write(dataSet(store));
    const found = (await read(folder, 'interactions')).rows;
    expect(found.length).toBe(rows);
    const wrong = found.findIndex(
      ([userId, itemId, time], row) =>
        userId !== `user ${Math.floor(row / 3)}` || itemId !== ['10', '20', 'x'][row % 3] || time !== row / 7,
    );
    expect(wrong).toBe(-1);
  });

  it('give names that are taken another ending, which the card says', async () => {
    const { is_click, watched } = tiny.interactions.columns;
    const interactions = { ...tiny.interactions, columns: { user: is_click!, Part: watched! } };
    const users = { ...tiny.users, categories: { user: tiny.users.categories.city! } };
    const { folder } = await write(dataSet({ ...tiny, interactions, users }));
    const names = async (table: string) => (await read(folder, table)).columns.map((c) => c.split(' ')[0]);
    expect(await names('interactions')).toEqual(['user_', 'item', 'time', 'user', 'Part', 'part_']);
    expect(await names('users')).toEqual(['user_', 'user']);
    const card = parseCard(readFileSync(join(folder, 'card.yaml'), 'utf8'), 'card.yaml');
    expect(card.interactions).toMatchObject({
      user: 'user_',
      columns: ['user', 'Part'],
      part: { column: 'part_' },
    });
    expect(card.users.categories).toMatchObject({ user: { file: 'users', key: 'user_', column: 'user' } });
  });

  it('come with a card that passes on licence and caveat', async () => {
    const { folder } = await write(dataSet(tiny, 9));
    const card = parseCard(readFileSync(join(folder, 'card.yaml'), 'utf8'), 'card.yaml');
    expect(card).toMatchObject({ name: 'tiny', title: 'A tiny log', licence: 'CC0', caveat: 'made up' });
    expect(card.interactions.histories).toMatchObject({ seen: { column: 'seen' } });
  });
});

describe('a round trip', () => {
  const { part: _, ...interactions } = tiny.interactions;
  const nothing = { categories: {}, tags: {}, texts: {}, vectors: {} };
  const plain: Store = {
    ...tiny,
    interactions,
    items: { ...nothing, categories: tiny.items.categories },
    histories: {},
  };

  it('gives the same store but for its fingerprint', async () => {
    const { back, notes } = await there(plain);
    expect(back).toEqual({ ...plain, fingerprint: back.fingerprint });
    expect(Object.is(back.interactions.columns.watched![4], -0)).toBe(true);
    expect(notes).toEqual([]);
  });

  it('keeps every identifier and number', async () => {
    const name = fc
      .string({ minLength: 1, maxLength: 6, unit: 'grapheme' })
      .filter((id) => !/[\r\n\0]/.test(id));
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    const ids = fc.uniqueArray(
      fc.oneof(name, fc.constantFrom('a,b', '"', "'", '^', '\t', ' ', 'NULL', 'nan')),
      {
        minLength: 3,
        maxLength: 3,
      },
    );
    await fc.assert(
      fc.asyncProperty(ids, fc.array(number, { minLength: 7, maxLength: 7 }), async (texts, values) => {
        // An import orders identifiers: whole numbers, then texts by their bytes.
        const itemIds = texts
          .map((text) => `_${text}`)
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const columns = { ...interactions.columns, watched: Float32Array.from(values) };
        const store: Store = { ...plain, itemIds, interactions: { ...interactions, columns } };
        const { back } = await there(store);
        expect(back).toEqual({ ...store, fingerprint: back.fingerprint });
      }),
      { numRuns: 2 * effort },
    );
  });

  it('of the example gives what the files gave', async () => {
    const from = join(temporaryFolder(), 'example');
    cpSync(join(projectRoot, 'datasets', 'example'), from, { recursive: true });
    const store = await openSource(
      { card: join(from, 'example.yaml'), from },
      { dataDir: temporaryFolder() },
    );
    const { back } = await there(store);
    expect(back).toEqual({ ...store, fingerprint: back.fingerprint });
  });
});

const kuairand = sharedData('kuairand-negfeedback');
describeIf(kuairand.exists, kuairand.reason)('a round trip of KuaiRand', () => {
  it('gives what the files gave', async () => {
    const card = join(projectRoot, 'datasets', 'kuairand-negfeedback.yaml');
    const store = await openSource({ card, from: kuairand.path }, { dataDir: temporaryFolder() });
    const { back } = await there(store);
    expect(back.interactions.rows).toBe(41_712);
    expect(back).toEqual({ ...store, fingerprint: back.fingerprint });
  });
});

describe('published histories', () => {
  // Items p and q are in histories only; two lists, one of them empty for a row in the middle.
  const store: Store = {
    ...tiny,
    itemIds: ['10', '20', 'x', 'p', 'q'],
    items: {
      categories: { genre: { values: Int32Array.of(1, -1, 0, 1, 0), cardinality: 2 } },
      tags: {},
      texts: {},
      vectors: {},
    },
    histories: {
      seen: {
        item: Int32Array.of(3, 2, 1, 0, 4),
        start: Int32Array.of(0, 0, 0, 0, 4, 4, 4),
        end: Int32Array.of(1, 1, 2, 3, 4, 4, 5),
      },
      time: {
        item: Int32Array.of(4, 0, 3),
        start: Int32Array.of(0, 0, 0, 1, 2, 2, 2),
        end: Int32Array.of(0, 1, 2, 2, 2, 3, 3),
      },
    },
  };
  const texts = (of: Store, name: string): string[] =>
    Array.from({ length: of.interactions.rows }, (_, row) => {
      const { item, start, end } = of.histories[name]!;
      return Array.from(item.subarray(start[row], end[row]), (i) => of.itemIds[i]).join(' ');
    });
  const exported = (historyLength: number | 'whole') =>
    ofDataSet(store, { label: null, historyLength, positives: false, origin });
  const imported = async (folder: string) =>
    openSource({ card: join(folder, 'card.yaml'), from: folder }, { dataDir: temporaryFolder() });

  it('are kept whole, under their names, with the items that only they name', async () => {
    const { folder, ...summary } = await write(exported('whole'));
    expect(summary).toMatchObject({ histories: { seen: 3, time: 2 } }); // the longest of a row
    const back = await imported(folder);
    expect(texts(back, 'seen')).toEqual(['p', 'p', 'p x', 'p x 20', '', '', 'q']);
    expect(texts(back, 'time')).toEqual(['', 'q', 'q 10', '10', '', 'p', 'p']);
    expect(Object.keys(back.histories)).toEqual(['seen', 'time']);
    expect([...back.itemIds].sort()).toEqual([...store.itemIds].sort());
    const genre = Array.from(back.items.categories.genre!.values, (code, i) => `${back.itemIds[i]} ${code}`);
    expect(genre.sort()).toEqual(['10 1', '20 -1', 'p 1', 'q 0', 'x 0']);
    expect(back.interactions).toEqual(store.interactions);
  });

  it('are cut where a length is said', async () => {
    const back = await imported((await write(exported(1))).folder);
    expect(texts(back, 'seen')).toEqual(['p', 'p', 'x', '20', '', '', 'q']);
  });

  it('may be missing when those that there are were asked for', () => {
    const options = { label: null, positives: false, origin };
    const plain = { ...store, histories: {} };
    expect(ofDataSet(plain, { ...options, historyLength: 'whole' }).histories).toEqual([]);
    expect(() => ofDataSet(plain, { ...options, historyLength: 5 })).toThrow('came without histories');
  });
});

describe('a round trip of everything', () => {
  it('gives the same store but for its fingerprint', async () => {
    const { folder } = await write(dataSet(tiny, 100));
    const source = { card: join(folder, 'card.yaml'), from: folder };
    const back = await openSource(source, { dataDir: temporaryFolder() });
    const lists = ({ histories, interactions: { rows } }: Store): number[][] =>
      Array.from({ length: rows }, (_, row) => {
        const { item, start, end } = histories.seen!;
        return [...item.subarray(start[row], end[row])];
      });
    expect(lists(back)).toEqual(lists(tiny)); // perhaps kept in another way
    expect({ ...back, histories: null }).toEqual({
      ...tiny,
      histories: null,
      fingerprint: back.fingerprint,
    });
  });

  it('keeps the split of an experiment', async () => {
    const { folder } = await write(tinyExperiment(null));
    const source = { card: join(folder, 'card.yaml'), from: folder };
    const { interactions } = await openSource(source, { dataDir: temporaryFolder() });
    expect(interactions.part).toEqual(tiny.interactions.part);
  });
});

const pyarrow = python('pyarrow', 'numpy');
describeIf(pyarrow.exists, pyarrow.reason)('pyarrow', () => {
  it('reads the same tables', async () => {
    const { folder } = await write(tinyExperiment(2));
    const program = `
import pyarrow.parquet as pq, json, sys
print(json.dumps([pq.read_table(sys.argv[1] + name).to_pylist()[-1] for name in ('/interactions.parquet', '/items.parquet')]))`;
    expect(JSON.parse(pyarrow.run(program, folder))).toEqual([
      {
        user: 'b',
        item: '10',
        time: 10.000000000000002,
        is_click: 1,
        watched: 16_777_216,
        part: 'test',
        history: ['20'],
      },
      { item: 'x', genre: 0, topic: [1], title: 'two  words', cover: [5.5, 1e9] },
    ]);
  });
});
