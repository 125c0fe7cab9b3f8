import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { breakdownsOf, breakdownText } from '../../src/cli/breakdown.js';
import { recommendRequest } from '../../src/cli/recommend.js';
import { programInFolder } from '../support/program.js';
// Commands load these when they run, several at once, which Node's loader for tests does not bear.
import '../../src/training/index.js';

const log = `user,video,time,is_click
ann,a,1,1
ann,b,2,1
ann,c,3,1
ann,d,4,1
bob,a,1,1
bob,c,2,0
bob,e,3,1
bob,b,4,1
cy,a,1,0
cy,b,2,1
cy,e,3,0
cy,f,4,0
`;
const card = `name: tiny
title: Tiny
files: { log: { path: log.csv } }
interactions: { file: log, user: user, item: video, time: time, columns: [is_click] }
`;
const experiment = `name: tiny
data:
  source: { card: card.yaml, from: . }
  label: is_click
  split: { kind: time, scope: user, train: 0.75, validation: 0.34 }
model: { name: popularity }
evaluate: { metrics: [auc] }
engine: { name: wasm }
`;
// Of each user two rows are train, the third validation, the fourth test. Train rows: a 3, of which 2 positive, b 2 and 2,
// c 1 and 0; d, e and f have none.

const { folder, run } = programInFolder();
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

beforeAll(async () => {
  writeFileSync(at('log.csv'), log);
  writeFileSync(at('card.yaml'), card);
  writeFileSync(at('experiment.yaml'), experiment);
  const { exitCode, stderr } = await run('train', 'experiment.yaml');
  expect([exitCode, stderr]).toEqual([0, '']);
});

describe('the arguments of recommend', () => {
  const fine = { run: 'x', users: 'all', top: 50, out: 'top.csv', checkpoint: 'best', at: 'end' };
  it('may be few', () => {
    expect(recommendRequest(fine)).toEqual({
      run: 'x',
      checkpoint: 'best',
      engine: null,
      users: null,
      candidates: null,
      top: 50,
      at: 'end',
      keepSeen: false,
      out: 'top.csv',
    });
  });

  it.each([
    [{ out: undefined }, 'needs --out'],
    [{ top: 0 }, '--top is 0'],
    [{ top: 1.5 }, '--top is 1.5'],
  ])('cannot have %p', (change, message) => {
    expect(() => recommendRequest({ ...fine, ...change })).toThrow(message);
  });
});

describe('mvrec recommend', () => {
  it('writes the best that each user has not seen, and says what of it is new', async () => {
    const { exitCode, stdout } = await run(
      'recommend',
      'tiny/latest',
      '--top',
      '2',
      '--out',
      'top.csv',
      '--json',
    );
    expect(exitCode).toBe(0);
    expect(read('top.csv')).toBe(
      `user_id,rank,item_id,score
ann,1,e,0.0
ann,2,f,0.0
bob,1,c,0.0
bob,2,d,0.0
cy,1,a,2.0
cy,2,c,0.0
`,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      engine: 'wasm',
      checkpoint: 'best',
      at: 'end',
      keepSeen: false,
      top: 2,
      users: 3,
      candidates: { items: 6, cold: 3 },
      rows: 6,
      coldRows: 3,
      notes: [
        "items of a user's positive rows (is_click) up to the end of the log are left out",
        '3 candidates without a train row: popularity reads no content of items, so a user gives all of them the same score',
      ],
    });
  });

  it('does so after the train part, for some, of some, and keeps what they have seen', async () => {
    writeFileSync(at('users.txt'), 'cy\nann\ncy\n');
    writeFileSync(at('items.txt'), 'b\nc\nd\n');
    const asked = ['--users', 'users.txt', '--candidates', 'items.txt', '--out', 'some.csv'];
    const { stdout, stderr } = await run('recommend', 'tiny/latest', '--at', 'train', ...asked);
    expect(stderr).toBe('');
    expect(read('some.csv')).toBe(
      'user_id,rank,item_id,score\ncy,1,c,0.0\ncy,2,d,0.0\nann,1,c,0.0\nann,2,d,0.0\n',
    );
    expect(stdout).toContain('2 users, 3 candidates (1 without a train row)');
    expect(stdout).toContain('Note: users.txt repeats 1 row, each counted once');
    expect(stdout).toContain('Note: 2 users with fewer than 50 candidates');
    await run('recommend', 'tiny/latest', '--seen', '--top', '1', ...asked, '--force');
    expect(read('some.csv')).toBe('user_id,rank,item_id,score\ncy,1,b,2.0\nann,1,b,2.0\n');
  });

  it('overwrites nothing, and leaves nothing where something is wrong', async () => {
    writeFileSync(at('there.csv'), 'mine');
    const there = await run('recommend', 'tiny/latest', '--out', 'there.csv');
    expect([there.exitCode, there.stderr]).toEqual([
      2,
      expect.stringContaining('there.csv is there already'),
    ]);
    expect(read('there.csv')).toBe('mine');
    writeFileSync(at('pairs.csv'), 'user_id,item_id\nann,e\ndan,e\n');
    const wrong = await run('recommend', 'tiny/latest', '--candidates', 'pairs.csv', '--out', 'new.csv');
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('pairs.csv:3')]);
    expect(wrong.stderr).toContain('the data set has no user dan');
    const ending = await run('recommend', 'tiny/latest', '--out', 'new.xlsx');
    expect(ending.stderr).toContain("tables are not written as '.xlsx'");
    expect([existsSync(at('new.csv')), existsSync(at('new.xlsx'))]).toEqual([false, false]);
  });
});

describe('pairs of some users', () => {
  it('are about these users alone; what they have seen is counted, and who gets nothing', async () => {
    // At the end ann has seen a, b, c, d, and bob a, e, b.
    writeFileSync(at('own.csv'), 'user_id,item_id\nann,a\nann,e\nbob,e\nbob,b\n');
    const asked = ['recommend', 'tiny/latest', '--candidates', 'own.csv', '--out', 'own-top.csv', '--force'];
    const { stdout } = await run(...asked);
    expect(read('own-top.csv')).toBe('user_id,rank,item_id,score\nann,1,e,0.0\n');
    expect(stdout).toContain('2 users, 3 candidates (1 without a train row)');
    expect(stdout).toContain('Note: 3 pairs of own.csv left out: the user has seen the item');
    expect(stdout).toContain('Note: 1 user without a candidate, hence without a row');
    const told = JSON.parse((await run(...asked, '--seen', '--json')).stdout);
    expect(told).toMatchObject({ users: 2, rows: 4, seenPairs: 0, emptyUsers: 0 });
  });

  it('of others than those asked for are left out and counted', async () => {
    writeFileSync(at('others.csv'), 'user_id,item_id\nann,e\nbob,c\nbob,d\ncy,f\n');
    writeFileSync(at('two.txt'), 'cy\nann\n');
    const asked = ['--users', 'two.txt', '--candidates', 'others.csv', '--seen', '--force'];
    const { stdout } = await run('recommend', 'tiny/latest', ...asked, '--out', 'others-top.csv');
    expect(read('others-top.csv')).toBe('user_id,rank,item_id,score\ncy,1,f,0.0\nann,1,e,0.0\n');
    expect(stdout).toContain('2 users, 2 candidates (2 without a train row)');
    expect(stdout).toContain('Note: 2 pairs of others.csv left out: the user is not in two.txt');
    expect(stdout).not.toContain('has seen the item');
  });

  it('say what to do about a file that is none', async () => {
    writeFileSync(at('empty.txt'), '');
    writeFileSync(at('who.csv'), 'who\nann\n');
    const refused = async (...words: string[]) =>
      (await run('recommend', 'tiny/latest', '--out', 'none.csv', ...words)).stderr;
    expect(await refused('--users', 'empty.txt')).toMatch(/empty\.txt: the file is empty\n {2}\S/);
    expect(await refused('--candidates', 'empty.txt')).toMatch(/empty\.txt: the file is empty\n {2}\S/);
    expect(await refused('--users', 'who.csv')).toMatch(
      /there is no column user_id \(or user\)\n.*Known: who/,
    );
  });
});

describe('videos that stand in a table of features alone', () => {
  const cardOf = (items: string) =>
    `${card.replace('log.csv }', 'log.csv }, videos: { path: videos.csv }')}items: { ${items}categories: { kind: { file: videos, column: kind } } }\n`;
  beforeAll(() => {
    writeFileSync(at('videos.csv'), 'video,kind\na,x\nv30,y\n');
    writeFileSync(at('new.txt'), 'v30\n');
    for (const [name, items] of Object.entries({ with: 'keepNew: true, ', without: '' })) {
      writeFileSync(at(`${name}.card.yaml`), cardOf(items));
      writeFileSync(
        at(`${name}.yaml`),
        experiment.replace('name: tiny', `name: ${name}`).replace('card.yaml', `${name}.card.yaml`),
      );
    }
  });
  const asked = ['--candidates', 'new.txt', '--out', 'new-top.csv', '--force'];

  it('are recommended where the card keeps them', async () => {
    expect((await run('train', 'with.yaml')).exitCode).toBe(0);
    const { stdout } = await run('recommend', 'with/latest', ...asked);
    expect(stdout).toContain('3 users, 1 candidate (1 without a train row)');
    expect(read('new-top.csv')).toBe(
      'user_id,rank,item_id,score\nann,1,v30,0.0\nbob,1,v30,0.0\ncy,1,v30,0.0\n',
    );
  });

  it('are told of where it does not', async () => {
    expect((await run('train', 'without.yaml')).exitCode).toBe(0);
    const { exitCode, stderr } = await run('recommend', 'without/latest', ...asked);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/the data set has no item v30\n.*items: \{ keepNew: true \}/);
  });
});

describe('eval', () => {
  it('writes over no file of scores without --force', async () => {
    writeFileSync(at('scores.csv'), 'mine');
    const asked = ['eval', 'tiny/latest', '--split', 'test', '--predictions', 'scores.csv'];
    const { exitCode, stderr } = await run(...asked);
    expect([exitCode, stderr]).toEqual([
      2,
      'scores.csv is there already\n  --force writes it anew, --predictions names another file.\n',
    ]);
    expect(read('scores.csv')).toBe('mine');
    expect((await run(...asked, '--force')).exitCode).toBe(0);
    expect(read('scores.csv').split('\n')).toHaveLength(5); // names, three test rows, the end
  });

  it('says so where there is no file of candidates', async () => {
    const { exitCode, stderr } = await run('eval', 'tiny/latest', '--candidates', 'none.csv');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('there is no file none.csv\n  Check the path'),
    ]);
  });
});

describe('a breakdown', () => {
  it('stands in the evaluation of a run, and is told when it is asked for', async () => {
    const shown = await run('runs', 'show', 'tiny/latest', '--json');
    const { evaluation } = JSON.parse(shown.stdout);
    // The test: ann d 1, bob b 1, cy f 0. Rates: b 1, others that of all rows, or of 10 rows of that and their own.
    const { item, history } = evaluation.breakdown.test;
    expect(item.map(({ group, rows, users }: never) => [group, rows, users])).toEqual([
      ['warm', 1, 1],
      ['cold', 2, 2],
    ]);
    expect(item[1].metrics).toEqual({ auc: 0.5 });
    expect(history.map(({ rows }: { rows: number }) => rows)).toEqual([0, 3, 0, 0, 0]);
    const told = await run('eval', 'tiny/latest', '--split', 'test', '--by', 'item,history', '--json');
    expect(JSON.parse(told.stdout).breakdown).toEqual({ test: { item, history } });
    const silent = await run('eval', 'tiny/latest', '--json');
    expect(JSON.parse(silent.stdout).breakdown).toBeNull();
    const text = (await run('eval', 'tiny/latest', '--split', 'test', '--by', 'item')).stdout;
    expect(text).toContain('test by item  rows  users     auc\nwarm             1      1       -\n');
  });

  it('is by what it can be by', () => {
    expect(breakdownsOf(undefined)).toEqual([]);
    expect(breakdownsOf('history, item')).toEqual(['item', 'history']);
    expect(() => breakdownsOf('item,hist')).toThrow('--by cannot be hist (did you mean history?)');
    expect(breakdownText(null)).toEqual([]);
  });
});
