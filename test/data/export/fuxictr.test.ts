import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { exportData, HeldVectors, ofDataSet, type Store } from '../../../src/data/index.js';
import { describeIf, python, temporaryFolder } from '../../support/index.js';
import { origin, tiny, tinyExperiment } from './tiny.js';

type Exported = Parameters<typeof exportData>[0];

async function write(exported: Exported): Promise<string> {
  const folder = join(temporaryFolder(), 'out');
  await exportData(exported, { to: 'fuxictr', folder, replace: false, request: {} });
  return folder;
}

/** The rows of a CSV as texts, by DuckDB. */
async function rows(path: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const sql = `SELECT * FROM read_csv('${path}', header=true, all_varchar=true, nullstr='\\0')`;
    return (await connection.runAndReadAll(sql)).getRowsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
const firstLine = (path: string): string => readFileSync(path, 'utf8').split('\n', 1)[0]!;
const dataSet = (store: Store) =>
  ofDataSet(store, { label: null, historyLength: null, positives: false, origin });

describe('files for FuxiCTR', () => {
  it('hold all that is known of a row, and its history with the categories of its items', async () => {
    const folder = await write(tinyExperiment(2));
    expect(firstLine(join(folder, 'train.csv'))).toBe(
      'user_id,city,item_id,genre,topic,is_click,watched,timestamp,history,history_genre',
    );
    expect(await rows(join(folder, 'train.csv'))).toEqual([
      ['1', '1', '10', '1', '1^0', '1', '0.1', '1.5', '', ''],
      ['1', '1', '20', '', '', '0', '3', '2', '10', '1'],
      ['b', '0', '20', '', '', '1', '-0', '1', '', ''],
    ]);
    expect(await rows(join(folder, 'valid.csv'))).toEqual([
      ['1', '1', 'x', '0', '1', '1', '1e-45', '2.5', '10', '1'],
      // The clicked item 20 has no genre.
      ['b', '0', 'x', '0', '1', '0', '0.33333334', '2', '20', ''],
    ]);
    expect(await rows(join(folder, 'test.csv'))).toEqual([
      ['1', '1', '10', '1', '1^0', '0', '3.4028235e+38', '1700000000123', '10^x', '1^0'],
      ['b', '0', '10', '1', '1^0', '1', '16777216', '10.000000000000002', '20', ''],
    ]);
  });

  it('come with a configuration of every feature', async () => {
    const folder = await write(tinyExperiment(2));
    const { tiny: config } = parse(readFileSync(join(folder, 'dataset_config.yaml'), 'utf8'));
    expect(config).toMatchObject({
      data_format: 'csv',
      train_data: join(folder, 'train.csv'),
      valid_data: join(folder, 'valid.csv'),
      test_data: join(folder, 'test.csv'),
      min_categr_count: 1,
      group_id: 'group_id',
      label_col: { name: 'is_click', dtype: 'float' },
    });
    const text = { active: true, dtype: 'str' };
    const category = { ...text, type: 'categorical' };
    const list = { ...text, type: 'sequence', splitter: '^', padding: 'pre' };
    expect(config.feature_cols).toEqual([
      { name: 'group_id', ...text, type: 'meta', preprocess: 'copy_from(user_id)' },
      { name: 'user_id', ...category },
      { name: 'city', ...category },
      { name: 'item_id', ...category },
      { name: 'genre', ...category },
      { name: 'topic', ...list, max_len: 2 },
      {
        name: 'cover',
        ...category,
        preprocess: 'copy_from(item_id)',
        pretrained_emb: join(folder, 'item_cover_emb.h5'),
        pretrain_dim: 2,
        freeze_emb: true,
        pretrain_usage: 'init',
      },
      { name: 'history', ...list, max_len: 2, share_embedding: 'item_id' },
      { name: 'history_genre', ...list, max_len: 2, share_embedding: 'genre' },
      {
        name: 'history_cover',
        ...list,
        max_len: 2,
        preprocess: 'copy_from(history)',
        share_embedding: 'cover',
      },
    ]);
  });

  it('quote words that Python takes for others', async () => {
    const store: Store = {
      ...tiny,
      items: { ...tiny.items, categories: { no: tiny.items.categories.genre! } },
    };
    const folder = await write(dataSet(store));
    expect(readFileSync(join(folder, 'dataset_config.yaml'), 'utf8')).toContain('name: "no"');
  });

  it.each(['a b', 'a,b', 'a^b', '"', '__PAD__'])('refuse the identifier %j', async (id) => {
    const store: Store = { ...tiny, userIds: ['1', id] };
    await expect(write(dataSet(store))).rejects.toThrow(`the user ${JSON.stringify(id)} cannot be written`);
  });

  it('need parts and a label', async () => {
    const { part: _, ...interactions } = tiny.interactions;
    await expect(write(dataSet({ ...tiny, interactions }))).rejects.toThrow('FuxiCTR does not split');
    const { watched } = tiny.interactions.columns;
    const noClicks = { ...tiny.interactions, columns: { watched: watched! } };
    await expect(write(dataSet({ ...tiny, interactions: noClicks }))).rejects.toThrow('no label is named');
  });
});

/** What h5wasm reads of a file of vectors. */
async function readVectors(path: string) {
  const { File, ready } = await import('h5wasm/node');
  await ready;
  const file = new File(path, 'r');
  try {
    const [key, value] = ['key', 'value'].map((name) => file.get(name) as import('h5wasm').Dataset);
    return {
      keys: key!.value,
      dtype: key!.dtype,
      values: value!.value,
      shape: value!.shape,
      type: value!.dtype,
    };
  } finally {
    file.close();
  }
}

describe('vectors for FuxiCTR', () => {
  it('are float32 with texts of one length as keys', async () => {
    const folder = await write(tinyExperiment(null));
    expect(await readVectors(join(folder, 'item_cover_emb.h5'))).toEqual({
      keys: ['10', '20', 'x'],
      dtype: 'S2',
      values: Float32Array.of(0.1, -2, 1e-7, 0, 5.5, 1e9),
      shape: [3, 2],
      type: '<f',
    });
  });

  it('have whole numbers as keys where all identifiers are', async () => {
    const folder = await write(dataSet({ ...tiny, itemIds: ['0', '20', '-9007199254740993'] }));
    expect(await readVectors(join(folder, 'item_cover_emb.h5'))).toMatchObject({
      keys: BigInt64Array.of(0n, 20n, -9007199254740993n),
      dtype: '<q',
    });
    const padded = await write(dataSet({ ...tiny, itemIds: ['0', '1', '007'] }));
    expect(await readVectors(join(padded, 'item_cover_emb.h5'))).toMatchObject({ keys: ['0', '1', '007'] });
  });

  it('are written by stretches, the last one shorter', async () => {
    // 2^20 values are 1024 rows of 1024.
    const [count, width] = [2500, 1024];
    const matrix = Float32Array.from({ length: count * width }, (_, i) => i % 8191);
    const store: Store = {
      ...tiny,
      itemIds: Array.from({ length: count }, (_, i) => String(i)),
      items: { categories: {}, tags: {}, texts: {}, vectors: { large: new HeldVectors(matrix, width) } },
    };
    const folder = await write(dataSet(store));
    const { values, shape } = await readVectors(join(folder, 'item_large_emb.h5'));
    expect(shape).toEqual([count, width]);
    expect(Buffer.compare(Buffer.from((values as Float32Array).buffer), Buffer.from(matrix.buffer))).toBe(0);
  });

  it('refuse identifiers that FuxiCTR cannot read', async () => {
    await expect(write(dataSet({ ...tiny, itemIds: ['10', '20', 'ü'] }))).rejects.toThrow(
      'the vector of "ü" cannot be written: FuxiCTR reads ASCII identifiers only',
    );
  });
});

const h5py = python('h5py', 'numpy');
describeIf(h5py.exists, h5py.reason)('h5py', () => {
  it('reads the vectors as FuxiCTR does', async () => {
    const folder = await write(tinyExperiment(null));
    const program = `
import h5py, json, sys
with h5py.File(sys.argv[1], 'r') as f:
    key, value = f['key'][:], f['value'][:]
print(json.dumps([key.astype(str).tolist(), str(value.dtype), value.astype(float).tolist()]))`;
    expect(JSON.parse(h5py.run(program, join(folder, 'item_cover_emb.h5')))).toEqual([
      ['10', '20', 'x'],
      'float32',
      [
        [Math.fround(0.1), -2],
        [Math.fround(1e-7), 0],
        [5.5, 1e9],
      ],
    ]);
  });
});
