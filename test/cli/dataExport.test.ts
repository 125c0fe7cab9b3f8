import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportRequest } from '../../src/cli/data-export.js';
import { openSource, prepare } from '../../src/data/index.js';
import { projectRoot, runBin } from '../support/index.js';
import { programInFolder } from '../support/program.js';

const experiment = `data:
  source: { world: quickstart, scale: 0.1, seed: 3 }
  label: is_like
  history: is_click
  split: { kind: time, scope: global, train: 0.7, validation: 0.2 }
model: { name: popularity }
`;

const program = programInFolder();
const { folder, dataDir } = program;
beforeAll(() => {
  writeFileSync(join(folder, 'mine.yaml'), experiment);
  writeFileSync(join(folder, 'over.yaml'), 'data: { label: is_follow }\n');
  cpSync(join(projectRoot, 'datasets', 'example'), join(folder, 'example'), { recursive: true });
});

const mvrec = async (...args: string[]) => {
  const { exitCode: code, ...said } = await program.run('data', 'export', ...args);
  return { code, ...said };
};

describe('the arguments of data export', () => {
  const fine = { source: ['mine.yaml'], to: 'recbole', out: 'peers' };
  it('may be few', () => {
    expect(exportRequest(fine)).toMatchObject({
      label: null,
      historyLength: null,
      positives: false,
      set: [],
    });
  });

  it.each([
    [{ to: undefined }, '--to is missing'],
    [{ out: undefined }, '--out is missing'],
    [{ 'history-length': 1.5 }, '--history-length is 1.5'],
    [{ 'history-length': 0 }, '--history-length is 0'],
  ])('cannot have %p', (change, message) => {
    expect(() => exportRequest({ ...fine, ...change })).toThrow(message);
  });
});

describe('mvrec data export', () => {
  it('writes the parts of an experiment, row for row', async () => {
    const { code, stdout } = await mvrec('mine.yaml', '--to', 'recbole', '--out', 'a/peers', '--json');
    expect(code).toBe(0);
    const store = await openSource({ world: 'quickstart', scale: 0.1, seed: 3 }, { dataDir });
    const split = { kind: 'time', scope: 'global', train: 0.7, validation: 0.2 } as const;
    const { split: parts, label } = prepare(store, { label: 'is_like', split });
    const { user, item, time } = store.interactions;
    for (const [part, file] of [
      ['train', 'train'],
      ['validation', 'valid'],
      ['test', 'test'],
    ] as const) {
      const text = readFileSync(join(folder, 'a', 'peers', 'quickstart', `quickstart.${file}.inter`), 'utf8');
      const [head, ...rows] = text.trimEnd().split('\n');
      const column = head!.split('\t').indexOf('is_like:float');
      const found = rows
        .map((line) => line.split('\t'))
        .map((cells) => [...cells.slice(0, 3), cells[column]]);
      expect(found).toEqual(
        Array.from(parts[part], (row) => [
          store.userIds[user[row]!],
          store.itemIds[item[row]!],
          String(time[row]),
          String(label[row]),
        ]),
      );
    }
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({
      folder: join(folder, 'a', 'peers'),
      to: 'recbole',
      label: 'is_like',
      users: 50,
      items: 240,
      rows: { train: parts.train.length, validation: parts.validation.length, test: parts.test.length },
      request: { data: { label: 'is_like', history: 'is_click', split } },
    });
  });

  it('takes what lies over an experiment', async () => {
    const merged = await mvrec('mine.yaml', 'over.yaml', '--to', 'fuxictr', '--out', 'b', '--json');
    expect(JSON.parse(merged.stdout).label).toBe('is_follow');
    const set = ['--set', 'data.split={kind: leaveOneOut}', '--label', 'is_click', '--history-length', '3'];
    const { stdout } = await mvrec(
      'mine.yaml',
      '--to',
      'fuxictr',
      '--out',
      'b',
      '--replace',
      '--json',
      ...set,
    );
    // Of each of the 50 users one row.
    expect(JSON.parse(stdout)).toMatchObject({
      label: 'is_click',
      rows: { validation: 50, test: 50 },
      histories: { history: 3 },
    });
    const [header, ...rows] = readFileSync(join(folder, 'b', 'test.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    const history = header!.split(',').indexOf('history');
    expect(rows.length).toBe(50);
    expect(rows.every((line) => /^(v\d+(\^v\d+){0,2})?$/.test(line.split(',')[history]!))).toBe(true);
  });

  it('takes the only label that a data set has', async () => {
    const lines = Array.from(
      { length: 6 },
      (_, i) => `${i % 2},${i},${i},1,${['train', 'train', 'test'][i >> 1]}`,
    );
    writeFileSync(join(folder, 'one.csv'), `u,v,t,is_positive,part\n${lines.join('\n')}\n`);
    const parts = '{ column: part, values: { train: train, test: test } }';
    writeFileSync(
      join(folder, 'one.yaml'),
      `name: one
title: One label
files: { log: { path: one.csv } }
interactions: { file: log, user: u, item: v, time: t, part: ${parts}, columns: [is_positive, t] }
`,
    );
    const one = await mvrec('one.yaml', '--to', 'fuxictr', '--out', 'one', '--json');
    expect(one).toMatchObject({ code: 0 });
    expect(JSON.parse(one.stdout)).toMatchObject({ label: 'is_positive', rows: { train: 4, test: 2 } });
    const text = readFileSync(join(folder, 'one.yaml'), 'utf8').replace('is_positive, t]', 't]');
    writeFileSync(join(folder, 'none.yaml'), text);
    const none = await mvrec('none.yaml', '--to', 'fuxictr', '--out', 'none');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('Say --label.')]);
  });

  it('writes a data set that imports again', async () => {
    const args = ['example/example.yaml', '--to', 'parquet', '--out', 'tables'];
    const { code, stdout } = await mvrec(...args);
    expect(code).toBe(0);
    // By hand from the file: 34 rows, one of them twice.
    expect(stdout).toMatch(/^all {2}33 rows\n/);
    expect(stdout).toContain('Caveat: made up, to show what a card looks like');
    const again = await program.run(
      'data',
      'import',
      join('tables', 'card.yaml'),
      '--name',
      'again',
      '--json',
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ name: 'again', users: 4, items: 12, rows: 33 });
    const { licence } = JSON.parse(readFileSync(join(folder, 'tables', 'export.json'), 'utf8'));
    expect(licence).toBe('Apache-2.0');
  });

  const recbole = ['--to', 'recbole', '--out', 'refused'];
  it.each([
    ['a folder of other things', ['mine.yaml', '--to', 'recbole', '--out', 'example'], 'holds other things'],
    ['a card in two', ['example/example.yaml', 'mine.yaml', ...recbole], 'unknown'],
    [
      'a scale beside an experiment',
      ['mine.yaml', ...recbole, '--scale', '2'],
      '--scale goes with a data set',
    ],
    ['--set beside a data set', ['quickstart', ...recbole, '--set', 'a=1'], '--set goes with an experiment'],
    [
      'FuxiCTR without parts',
      ['quickstart', '--to', 'fuxictr', '--out', 'refused'],
      'FuxiCTR does not split',
    ],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr, stdout } = await mvrec(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('leaves nothing behind when interrupted or killed', async () => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const ended = await runBin(
        [
          'data',
          'export',
          'mine.yaml',
          '--set',
          'data.source.scale=3',
          '--to',
          'fuxictr',
          '--history-length',
          '100',
          '--out',
          'stopped',
        ],
        {
          cwd: folder,
          env: { MVREC_DATA_DIR: dataDir },
          onOutput: (text, kill) => text.includes('writing train.csv') && kill(signal),
        },
      );
      expect(signal === 'SIGINT' ? ended.code : ended.signal).toBe(signal === 'SIGINT' ? 130 : signal);
      if (signal === 'SIGINT')
        expect(ended.stderr).toContain('\ninterrupted; start over with\n  mvrec data export');
      expect(existsSync(join(folder, 'stopped'))).toBe(false);
    }
    expect((await mvrec('mine.yaml', '--to', 'recbole', '--out', 'after')).code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
