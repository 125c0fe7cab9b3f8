import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { writePredictions } from '../../src/evaluation/index.js';
import { describeIf, python, temporaryFolder } from '../support/index.js';

const predictions = {
  split: ['validation', 'test', 'test'],
  row: Int32Array.of(3, 7, 8),
  user: ['u1', 'u"2', 'Zoë, 3'],
  item: ['0010', "it's", ''],
  label: Float32Array.of(1, 0, 1),
  score: Float64Array.of(0.1, 1e-17, 1 / 3),
};

describe('writePredictions', () => {
  it('writes CSV with quotes where they are needed, and doubles that read back exactly', async () => {
    const path = join(temporaryFolder(), 'new', 'scores.csv');
    await writePredictions(path, predictions);
    expect(readFileSync(path, 'utf8')).toBe(
      'split,row,user,item,label,score\n' +
        'validation,3,u1,0010,1.0,0.1\n' +
        'test,7,"u""2",it\'s,0.0,1e-17\n' +
        'test,8,"Zoë, 3","",1.0,0.3333333333333333\n',
    );
  });

  it('writes Parquet that reads back the same, over many row groups', async () => {
    const rows = 300_000;
    const index = Int32Array.from({ length: rows }, (_, i) => i);
    const path = join(temporaryFolder(), "it's.parquet");
    await writePredictions(path, {
      split: Array(rows).fill('test'),
      row: index,
      user: Array.from(index, (i) => `user ${i % 97}`),
      item: Array.from(index, String),
      label: Float32Array.from(index, (i) => i % 2),
      score: Float64Array.from(index, (i) => i / 7),
    });
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(`
      SELECT count(*)::INT AS rows, bool_and("row" = position AND "user" = 'user ' || (position % 97)
        AND item = position::VARCHAR AND label = position % 2 AND score = position / 7::DOUBLE) AS same
      FROM (SELECT *, row_number() OVER () - 1 AS position FROM '${path.replace("'", "''")}')`);
    expect(result.getRowObjectsJS()).toEqual([{ rows, same: true }]);
    connection.closeSync();
    instance.closeSync();
  });

  it('writes an empty part', async () => {
    const path = join(temporaryFolder(), 'none.csv');
    const none = {
      split: [],
      row: new Int32Array(0),
      user: [],
      item: [],
      label: new Float32Array(0),
      score: new Float64Array(0),
    };
    await writePredictions(path, none);
    expect(readFileSync(path, 'utf8')).toBe('split,row,user,item,label,score\n');
  });

  it('replaces a file, and leaves nothing else behind', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'scores.CSV'), 'old');
    await writePredictions(join(folder, 'scores.CSV'), predictions);
    expect(readFileSync(join(folder, 'scores.CSV'), 'utf8')).toMatch(/^split,row,user/);
    expect(readdirSync(folder)).toEqual(['scores.CSV']);
  });

  it.each(['scores.json', 'scores', '.csv.gz'])('refuses %s before it writes', async (name) => {
    const path = join(temporaryFolder(), 'new', name);
    await expect(writePredictions(path, predictions)).rejects.toThrow(UserError);
    await expect(writePredictions(path, predictions)).rejects.toThrow(
      'Give a file that ends in .csv or .parquet.',
    );
    expect(existsSync(join(path, '..'))).toBe(false);
  });

  it('explains a folder in the way, and a file where a folder should be', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'a.csv'));
    writeFileSync(join(folder, 'file'), '');
    await expect(writePredictions(join(folder, 'a.csv'), predictions)).rejects.toThrow(/a\.csv is a folder/);
    await expect(writePredictions(join(folder, 'file', 'a.csv'), predictions)).rejects.toThrow(
      /is not a folder/,
    );
    expect(readdirSync(folder).sort()).toEqual(['a.csv', 'file']);
  });
});

const pyarrow = python('pyarrow');
describeIf(pyarrow.exists, pyarrow.reason)('predictions in Python', () => {
  it('are a Parquet file with the documented columns', async () => {
    const path = join(temporaryFolder(), 'scores.parquet');
    await writePredictions(path, predictions);
    const program = `
import sys, pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
print({field.name: str(field.type) for field in table.schema}, table['item'].to_pylist(), table['score'].to_pylist())`;
    expect(pyarrow.run(program, path).trim()).toBe(
      "{'split': 'string', 'row': 'int32', 'user': 'string', 'item': 'string', 'label': 'double', 'score': 'double'} " +
        `['0010', "it's", ''] [0.1, 1e-17, 0.3333333333333333]`,
    );
  });
});
