import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { exportData, ofDataSet, type Store } from '../../../src/data/index.js';
import { describeIf, python, temporaryFolder } from '../../support/index.js';
import { origin, tiny, tinyExperiment } from './tiny.js';

type Exported = Parameters<typeof exportData>[0];

async function write(exported: Exported): Promise<string> {
  const folder = join(temporaryFolder(), 'out');
  await exportData(exported, { to: 'recbole', folder, replace: false, request: {} });
  return folder;
}
const lines = (folder: string, file: string): string[][] =>
  readFileSync(join(folder, 'tiny', file), 'utf8')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'));
const config = (folder: string) => parse(readFileSync(join(folder, 'tiny.yaml'), 'utf8'));

describe('files for RecBole', () => {
  it('hold the rows of each part, with the latest clicks before them', async () => {
    const folder = await write(tinyExperiment(1));
    const header = ['user_id:token', 'item_id:token', 'timestamp:float', 'is_click:float', 'watched:float'];
    expect(lines(folder, 'tiny.train.inter')).toEqual([
      [...header, 'item_id_list:token_seq'],
      ['1', '10', '1.5', '1', '0.1', ''],
      ['1', '20', '2', '0', '3', '10'],
      ['b', '20', '1', '1', '-0', ''],
    ]);
    expect(lines(folder, 'tiny.valid.inter').slice(1)).toEqual([
      ['1', 'x', '2.5', '1', '1e-45', '10'],
      ['b', 'x', '2', '0', '0.33333334', '20'],
    ]);
    // The user clicked 10 and x before; of these the latest one.
    expect(lines(folder, 'tiny.test.inter').slice(1)).toEqual([
      ['1', '10', '1700000000123', '0', '3.4028235e+38', 'x'],
      ['b', '10', '10.000000000000002', '1', '16777216', '20'],
    ]);
    expect(readdirSync(join(folder, 'tiny')).sort()).toEqual([
      'tiny.item',
      'tiny.test.inter',
      'tiny.train.inter',
      'tiny.user',
      'tiny.valid.inter',
    ]);
  });

  it('hold features of every type', async () => {
    const folder = await write(tinyExperiment(null));
    expect(lines(folder, 'tiny.item')).toEqual([
      ['item_id:token', 'genre:token', 'topic:token_seq', 'title:token_seq', 'cover:float_seq'],
      ['10', '1', '1 0', "Rain, 'then' sun 😀", '0.1 -2'],
      ['20', '', '', '', '1e-7 0'],
      ['x', '0', '1', 'two words', '5.5 1000000000'],
    ]);
    expect(lines(folder, 'tiny.user')).toEqual([
      ['user_id:token', 'city:token'],
      ['1', '1'],
      ['b', '0'],
    ]);
  });

  it('say how many texts could not be written as they are', async () => {
    const folder = join(temporaryFolder(), 'out');
    const request = { to: 'recbole', folder, replace: false, request: {} } as const;
    const { notes } = await exportData(tinyExperiment(null), request);
    expect(notes).toEqual([expect.stringMatching(/^2 of 3 texts of title are changed/)]);
  });

  it('come with a configuration that loads them', async () => {
    const folder = await write(tinyExperiment(2));
    expect(config(folder)).toEqual({
      dataset: 'tiny',
      data_path: folder,
      benchmark_filename: ['train', 'valid', 'test'],
      field_separator: '\t',
      seq_separator: ' ',
      encoding: 'utf-8',
      USER_ID_FIELD: 'user_id',
      ITEM_ID_FIELD: 'item_id',
      TIME_FIELD: 'timestamp',
      LABEL_FIELD: 'is_click',
      load_col: {
        inter: ['user_id', 'item_id', 'timestamp', 'is_click', 'item_id_list'],
        item: ['item_id', 'genre', 'topic'],
        user: ['user_id', 'city'],
      },
      alias_of_item_id: ['item_id_list'],
      MAX_ITEM_LIST_LENGTH: 2,
    });
    expect(readFileSync(join(folder, 'tiny.yaml'), 'utf8')).toContain('# Caveat: made up\n# Licence: CC0\n');
  });

  it('hold the positive rows alone when asked', async () => {
    const folder = await write(tinyExperiment(null, true));
    expect(lines(folder, 'tiny.train.inter').length).toBe(1 + 2);
    expect(lines(folder, 'tiny.valid.inter').slice(1)).toEqual([['1', 'x', '2.5', '1', '1e-45']]);
  });

  it('are one file for a log without parts', async () => {
    const { part: _, ...interactions } = tiny.interactions;
    const whole: Store = { ...tiny, interactions };
    const folder = await write(
      ofDataSet(whole, { label: null, historyLength: null, positives: false, origin }),
    );
    expect(lines(folder, 'tiny.inter').length).toBe(1 + 7);
    expect(config(folder)).not.toHaveProperty('benchmark_filename');
  });

  it('follow the published parts and histories of a data set', async () => {
    const folder = await write(ofDataSet(tiny, { label: null, historyLength: 2, positives: false, origin }));
    // Published: x 20 10 before the last row; of these the latest two.
    expect(lines(folder, 'tiny.test.inter').map((cells) => cells.at(-1))).toEqual([
      'item_id_list:token_seq',
      '20 10',
      '10',
    ]);
  });

  it('give names that are taken another ending', async () => {
    const { columns } = tiny.interactions;
    const store: Store = {
      ...tiny,
      interactions: {
        ...tiny.interactions,
        columns: { timestamp: columns.is_click!, User_ID: columns.watched! },
      },
      users: { ...tiny.users, categories: { genre: tiny.users.categories.city! } },
    };
    const folder = await write(
      ofDataSet(store, { label: 'timestamp', historyLength: null, positives: false, origin }),
    );
    expect(lines(folder, 'tiny.train.inter')[0]).toEqual([
      'user_id_:token',
      'item_id:token',
      'timestamp_:float',
      'timestamp:float',
      'User_ID:float',
    ]);
    expect(lines(folder, 'tiny.user')[0]).toEqual(['user_id_:token', 'user_genre:token']);
    expect(config(folder)).toMatchObject({
      USER_ID_FIELD: 'user_id_',
      TIME_FIELD: 'timestamp_',
      LABEL_FIELD: 'timestamp',
      load_col: { user: ['user_id_', 'user_genre'] },
    });
  });

  it.each(['a b', 'a\tb', 'say "hi"', 'NA', 'null', '[PAD]'])('refuse the identifier %j', async (id) => {
    const store: Store = { ...tiny, itemIds: ['10', id, 'x'] };
    const exported = ofDataSet(store, { label: null, historyLength: null, positives: false, origin });
    await expect(write(exported)).rejects.toThrow(`the item ${JSON.stringify(id)} cannot be written`);
  });
});

const recbole = python('recbole');
describeIf(recbole.exists, recbole.reason)('RecBole', () => {
  it('sees the same rows, histories and features', async () => {
    const folder = await write(tinyExperiment(2));
    const program = `
import json, os, sys, warnings
warnings.filterwarnings('ignore')
path = sys.argv.pop()
from recbole.config import Config
from recbole.data import create_dataset
config = Config(model='DIN', config_file_list=[path + '/tiny.yaml'], config_dict={'state': 'ERROR', 'checkpoint_dir': path})
dataset = create_dataset(config)
parts = dataset.build()
ids = dataset.field2id_token
def row(f, i):
    items = [str(ids['item_id_list'][x]) for x in f['item_id_list'][i][:f['item_length'][i]]]
    return [str(ids['user_id'][f['user_id'][i]]), str(ids['item_id'][f['item_id'][i]]), float(f['is_click'][i]), items]
print(json.dumps([[row(p.inter_feat, i) for i in range(len(p.inter_feat))] for p in parts]))`;
    const out = recbole.run(program, folder).trim().split('\n').at(-1)!;
    expect(JSON.parse(out)).toEqual([
      [
        ['1', '10', 1, []],
        ['1', '20', 0, ['10']],
        ['b', '20', 1, []],
      ],
      [
        ['1', 'x', 1, ['10']],
        ['b', 'x', 0, ['20']],
      ],
      [
        ['1', '10', 0, ['10', 'x']],
        ['b', '10', 1, ['20']],
      ],
    ]);
  });
});
