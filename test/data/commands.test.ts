import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadStore } from '../../src/data/index.js';
import { projectRoot, runBin } from '../support/index.js';
import { programInFolder } from '../support/program.js';
import { runHere } from '../support/runHere.js';

const program = programInFolder();
const { folder, dataDir } = program;
beforeAll(() => {
  cpSync(join(projectRoot, 'datasets', 'example'), join(folder, 'example'), { recursive: true });
});

const mvrec = async (...args: string[]) => {
  const { exitCode: code, ...said } = await program.run(...args);
  return { code, ...said };
};

describe('mvrec data', () => {
  it('imports what a card describes and inspects it by name', async () => {
    const imported = await mvrec('data', 'import', 'example/example.yaml', '--json');
    expect(imported.code).toBe(0);
    // By hand from the file: 34 rows, line 14 repeats line 12, 4 users, 12 videos of which 10 have an author.
    const json = JSON.parse(imported.stdout);
    expect(json).toMatchObject({ name: 'example', users: 4, items: 12, rows: 33 });
    expect(json.report).toContain('dropped 1 of 34 rows: exact duplicates of another row');
    expect(json.report).toContain('item feature author: known for 10 of 12 items');
    expect(readFileSync(join(json.folder, 'card.yaml'), 'utf8')).toContain('# A card describes files');

    const inspected = await mvrec('data', 'inspect', 'example', '--label', 'liked');
    expect(inspected.code).toBe(0);
    expect(inspected.stdout).toMatch(/users +4\nitems +12\nrows +33/);
    expect(inspected.stdout).toContain('history length (liked)');
  });

  it('imports a file by its columns and keeps the card that says so', async () => {
    const args = ['--user', 'user_id', '--item', 'video_id', '--time', 'time_ms', '--label', 'liked'];
    const first = await mvrec('data', 'import', 'example/log.csv', ...args, '--name', 'mine', '--json');
    expect(first.code).toBe(0);
    const { folder: store, rows, fingerprint } = JSON.parse(first.stdout);
    expect(rows).toBe(34);
    const again = await mvrec('data', 'import', join(store, 'card.yaml'), '--from', 'example', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ name: 'mine', rows: 34, fingerprint });
  });

  it('simulates a world and says what its oracle reaches', async () => {
    const result = await mvrec('data', 'simulate', '--scale', '0.1', '--name', 'small', '--json');
    expect(result.code).toBe(0);
    const json = JSON.parse(result.stdout);
    expect(json).toMatchObject({ name: 'small', users: 50, items: 240 });
    expect(json.oracle.is_click.auc).toBeGreaterThan(0.7);
    expect(JSON.parse((await mvrec('data', 'inspect', 'small', '--json')).stdout).fingerprint).toBe(
      json.fingerprint,
    );
  });

  it('inspects a world at the scale of an experiment', async () => {
    const { stdout } = await mvrec(
      'data',
      'inspect',
      'quickstart',
      '--scale',
      '0.1',
      '--seed',
      '3',
      '--json',
    );
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ users: 50, items: 240 });
    expect(found.caveat).toBe('simulated (world quickstart, scale 0.1, seed 3)');
  });

  it('lists what is here, by the names that other commands take', async () => {
    const own = join(folder, 'listed');
    const inOwn = (...args: string[]) => runHere(args, { cwd: folder, env: { MVREC_DATA_DIR: own } });
    expect((await inOwn('data', 'list')).stdout).toBe(`no data sets\nIn ${own}\n`);
    await inOwn('data', 'import', 'example/example.yaml');
    await inOwn('data', 'inspect', 'quickstart', '--scale', '0.1');
    mkdirSync(join(own, 'broken'));
    writeFileSync(join(own, 'broken', 'manifest.json'), '{');
    const { datasets, unreadable } = JSON.parse((await inOwn('data', 'list', '--json')).stdout);
    expect(datasets).toMatchObject([
      { name: 'example', users: 4, items: 12, rows: 33 },
      { name: expect.stringMatching(/^quickstart-/), users: 50, items: 240 },
    ]);
    const files = readdirSync(join(own, 'example'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.npy') || file.endsWith('.txt') || file.endsWith('.json'))
      .filter((file) => file !== 'manifest.json');
    const bytes = files.map((file) => statSync(join(own, 'example', file)).size);
    expect(datasets[0].bytes).toBe(bytes.reduce((sum, size) => sum + size, 0));
    expect(unreadable).toMatchObject([{ name: 'broken', problem: expect.stringMatching(/damaged/) }]);
    const { stdout } = await inOwn('data', 'list');
    expect(stdout).toMatch(/^example +33 +4 +12 +0 /m);
    expect((await inOwn('data', 'inspect', datasets[1].name)).code).toBe(0);
  });

  it('takes the scale of a world that is kept by name where it is the one', async () => {
    const own = join(folder, 'kept');
    const inOwn = (...args: string[]) => runHere(args, { cwd: folder, env: { MVREC_DATA_DIR: own } });
    expect((await inOwn('data', 'simulate', '--scale', '0.1')).code).toBe(0);
    const same = await inOwn('data', 'inspect', 'quickstart', '--scale', '0.1', '--json');
    expect(JSON.parse(same.stdout)).toMatchObject({ users: 50, items: 240 });
    const other = await inOwn('data', 'inspect', 'quickstart', '--scale', '0.2');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('this is the world quickstart, scale 0.1, seed 1');
    expect(other.stderr).toContain('data simulate --world quickstart --scale 0.2 --seed 1 --name NAME');
    expect(readdirSync(own)).toEqual(['quickstart']);
  });

  it('gives a damaged data set back to its own import', async () => {
    writeFileSync(join(folder, 'dmg.csv'), 'user_id,video_id,is_click\n1,2,1\n2,3,0\n3,4,1\n');
    expect((await mvrec('data', 'import', 'dmg.csv')).code).toBe(0);
    const store = join(dataDir, 'dmg');
    writeFileSync(join(store, 'interactions', 'user.npy'), 'x', { flag: 'a' });
    expect((await mvrec('data', 'import', 'dmg.csv', '--force')).code).toBe(0);
    expect((await mvrec('data', 'verify', 'dmg')).code).toBe(0);
    rmSync(join(store, 'manifest.json'));
    expect((await mvrec('data', 'verify', 'dmg')).stderr).toContain('it has no manifest.json');
    expect((await mvrec('data', 'import', 'dmg.csv', '--force')).stderr).toContain('Say --replace.');
    expect((await mvrec('data', 'import', 'dmg.csv', '--force', '--replace')).code).toBe(0);
    expect((await mvrec('data', 'verify', 'dmg')).code).toBe(0);
    // What was never a data set stays.
    mkdirSync(join(dataDir, 'notes'));
    writeFileSync(join(dataDir, 'notes', 'todo.txt'), '');
    const refused = await mvrec(
      'data',
      'import',
      'dmg.csv',
      '--name',
      'notes',
      '--replace',
      '--card',
      'n.yaml',
    );
    expect(refused.stderr).toContain('exists and is not a data set');
  });

  it.each([
    [['data', 'inspect', 'quickstart', '--seed', '-1'], 'the seed is -1'],
    [['data', 'simulate', '--seed', '1.5'], 'the seed is 1.5'],
    [['data', 'inspect', 'example/example.yaml', '--scale', '2'], '--scale cannot change data'],
    [['data', 'inspect', 'example/example.yaml', '--set', 'interests=1'], '--set cannot change data'],
    [['data', 'simulate', '--set', 'interest=1'], 'Did you mean interests?'],
    [['data', 'simulate', '--set', 'categoryNoise=2'], 'categoryNoise is 2 (from --set)'],
    [['data', 'simulate', '--set', 'interests'], 'for example --set satiationEffect=0.'],
    [['data', 'simulate', '--set', 'tagsPerVideo=0.3'], 'at most 50 and a multiple of 0.5'],
    [['data', 'simulate', '--set', 'items=3'], 'There must be 2 users and 60 videos at least'],
    [['data', 'inspect', 'kwai'], 'kwai needs --from'],
    [['data', 'export', 'kwai', '--from', '.', '--to', 'recbole', '--out', 'x'], 'there is no such file'],
    [['data', 'verify', 'toffee'], 'mvrec data simulate --world toffee'],
    [['data', 'simulate', '--world', 'quikstart'], 'did you mean quickstart?'],
  ])('refuses %j', async (args, problem) => {
    const { code, stderr } = await mvrec(...args);
    expect(stderr).toContain(problem);
    expect(code).toBe(2);
  });

  it('turns knobs of a world, which make another log', async () => {
    const inspect = async (...set: string[]) =>
      JSON.parse((await mvrec('data', 'inspect', 'quickstart', '--scale', '0.1', ...set, '--json')).stdout);
    const plain = await inspect();
    const turned = await inspect('--set', 'positionEffect=0', '--set', 'interests=1');
    expect(turned.caveat).toBe(
      'simulated (world quickstart, scale 0.1, seed 1, interests 1, positionEffect 0)',
    );
    expect(turned.fingerprint).not.toBe(plain.fingerprint);
    expect(Object.keys(plain.oracle.is_click)).toEqual(['auc', 'gauc', 'logloss', 'ndcg@10']);
  });

  it('verifies every byte of a data set', async () => {
    const { folder: store } = JSON.parse(
      (await mvrec('data', 'simulate', '--scale', '0.1', '--name', 'whole', '--json')).stdout,
    );
    // user, item, time; 4 columns; 3 truths; 2 lists of identifiers; 3 categories each; tags in two files, a vector.
    expect((await mvrec('data', 'verify', 'whole')).stdout).toMatch(/whole is whole: 21 files, 0\.\d MB/);
    const file = join(store, 'items', 'vectors', 'cover.npy');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const { code, stderr } = await mvrec('data', 'verify', 'whole');
    expect(code).toBe(2);
    expect(stderr).toContain('cover.npy: the file is damaged');
  });

  const columns = ['--user', 'user_id', '--item', 'video_id', '--label', 'liked'];
  it.each([
    ['a file that is no log', ['import', 'example/videos.csv'], 'cannot tell which column holds the users'],
    [
      'a column that is not there',
      ['import', 'example/log.csv', ...columns, '--time', 'time_m'],
      'Did you mean time_ms?',
    ],
    [
      'a label that is text',
      ['import', 'texts.csv', '--user', 'u', '--item', 'v', '--label', 'by'],
      'texts.csv:2: column by must be a number, found "ana"',
    ],
    ['a missing file', ['import', 'nowhere.csv', ...columns], 'nowhere.csv: there is no such file'],
    [
      'columns beside a card',
      ['import', 'example/example.yaml', '--user', 'u'],
      '--user does not go with a card',
    ],
    ['a card that is no card', ['import', 'broken.yaml'], 'broken.yaml:1:1'],
    ['a name that is a path', ['simulate', '--name', '../up'], 'cannot be the name of a data set'],
    ['a name that other data have', ['simulate', '--name', 'example'], 'is taken by data from'],
    ['a scale that leaves nothing', ['simulate', '--scale', '0'], 'cannot have the scale 0'],
    ['an unknown data set', ['inspect', 'exampel'], 'there is no data set exampel'],
    ['an unknown label', ['inspect', 'quickstart', '--label', 'is_clik'], 'Did you mean is_click?'],
  ])('refuses %s', async (_, args, message) => {
    writeFileSync(join(folder, 'broken.yaml'), 'names: x\n');
    writeFileSync(join(folder, 'texts.csv'), 'u,v,by\n1,101,ana\n');
    const { code, stderr, stdout } = await mvrec('data', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('leaves nothing half done when killed while importing, and imports afterwards', async () => {
    const lines = Array.from(
      { length: 60_000 },
      (_, i) => `${i % 5000},${(i * 7919) % 30_011},${i},${i % 2}`,
    );
    writeFileSync(join(folder, 'large.csv'), `user,video,time,click\n${lines.join('\n')}\n`);
    const args = [
      'data',
      'import',
      'large.csv',
      '--user',
      'user',
      '--item',
      'video',
      '--time',
      'time',
      '--label',
      'click',
    ];
    const options = { cwd: folder, env: { MVREC_DATA_DIR: dataDir } };
    for (const moment of ['reading the log', 'sorting the log', 'writing']) {
      const killed = await runBin(args, {
        ...options,
        onOutput: (text, kill) => text.includes(moment) && kill('SIGKILL'),
      });
      expect(killed.signal).toBe('SIGKILL');
      // At the last moment it may just have been finished; then it is whole.
      const store = join(dataDir, 'large');
      if (existsSync(store)) expect((await loadStore(store)).interactions.rows).toBe(60_000);
    }
    const done = await runBin(args, options);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/rows +60,000/);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
