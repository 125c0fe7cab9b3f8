import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { itIf, sharedData } from '../support/index.js';
import { programInFolder } from '../support/program.js';

const { folder, dataDir, run } = programInFolder();
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
const pathOf = (file: string): string => join(folder, file);

beforeAll(() => {
  // 20 users, 37 videos of 5 topics, a third clicked.
  const lines = Array.from({ length: 600 }, (_, i) => {
    const video = (i * 11) % 37;
    return `${i % 20},v${video},${video % 5},${i % 3 === 0 ? 1 : 0},${1_600_000_000 + i}\n`;
  });
  writeFileSync(pathOf('my.csv'), `user_id,video_id,topic,is_click,timestamp\n${lines.join('')}`);
  const pairs = Array.from({ length: 300 }, (_, i) => `${i % 20}\t${(i * 11) % 37}\n`);
  writeFileSync(pathOf('pairs.tsv'), `user\titem\n${pairs.join('')}`);
  mkdirSync(pathOf('empty'));
});

describe('mvrec data import of a file alone', () => {
  it('guesses, writes the card, imports; does nothing the second time; follows the edited card', async () => {
    const first = await run('data', 'import', 'my.csv');
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toMatch(/^user +user_id +by its name; 20 values$/m);
    expect(first.stdout).toMatch(/^wrote my\.card\.yaml: correct there what is wrong$/m);
    expect(first.stdout).toMatch(/^users +20\nitems +37\nrows +600/m);

    const manifest = join(dataDir, 'my', 'manifest.json');
    const before = readFileSync(manifest);
    expect(await json('data', 'import', 'my.csv')).toMatchObject({ unchanged: true, rows: 600 });
    expect((await run('data', 'import', 'my.card.yaml')).stdout).toMatch(/^already imported, and nothing/);
    expect(readFileSync(manifest)).toEqual(before);
    expect(await json('data', 'import', 'my.card.yaml', '--force')).toMatchObject({ unchanged: false });

    const card = readFileSync(pathOf('my.card.yaml'), 'utf8');
    writeFileSync(
      pathOf('my.card.yaml'),
      card.replace('topic: { column: topic }', 'subject: { column: topic }'),
    );
    const edited = await json('data', 'import', 'my.csv');
    expect(edited).toMatchObject({ unchanged: false, features: { items: { subject: expect.any(String) } } });

    // --force guesses anew, over what was edited.
    const forced = await json('data', 'import', 'my.csv', '--force');
    expect(forced).toMatchObject({ unchanged: false, cardFile: 'my.card.yaml' });
    expect(readFileSync(pathOf('my.card.yaml'), 'utf8')).toBe(card);
  });

  it('imports again what has changed', async () => {
    const text = 'user,item\n1,2\n1,3\n2,2\n';
    writeFileSync(pathOf('grows.csv'), text);
    await run('data', 'import', 'grows.csv');
    writeFileSync(pathOf('grows.csv'), `${text}2,3\n`);
    expect(await json('data', 'import', 'grows.csv')).toMatchObject({ unchanged: false, rows: 4 });
    // A copy of the same bytes is no change; a damaged store is made again.
    writeFileSync(pathOf('grows.csv'), `${text}2,3\n`);
    expect(await json('data', 'import', 'grows.csv')).toMatchObject({ unchanged: true, rows: 4 });
    writeFileSync(join(dataDir, 'grows', 'interactions', 'item.npy'), 'x');
    expect(await json('data', 'import', 'grows.csv')).toMatchObject({ unchanged: false, rows: 4 });
  });

  it('only writes the card with --dry-run', async () => {
    const args = [
      'data',
      'import',
      'generic',
      '--from',
      'pairs.tsv',
      '--card',
      'cards/pairs.yaml',
      '--dry-run',
    ];
    expect(await json(...args)).toMatchObject({
      cardFile: 'cards/pairs.yaml',
      card: { files: { log: { delimiter: 'tab' } }, interactions: { positives: 'is_positive' } },
      guess: { untimed: expect.stringContaining('order of the rows') },
    });
    expect(existsSync(join(dataDir, 'pairs'))).toBe(false);
    expect(await json('data', 'import', 'cards/pairs.yaml', '--from', '.')).toMatchObject({
      name: 'pairs',
      users: 20,
      items: 37,
      rows: 300,
    });
    expect((await run(...args)).stderr).toMatch(/^cards\/pairs\.yaml is there already\n/);
    expect((await run(...args, '--force')).stdout).toMatch(
      /\nImport it with: mvrec data import cards\/pairs\.yaml --from \.\n$/,
    );
  });

  it('says where a card is that speaks of another file', async () => {
    writeFileSync(pathOf('other.csv'), 'user,item\n1,2\n2,3\n');
    const { exitCode, stderr } = await run('data', 'import', 'other.csv', '--card', 'my.card.yaml');
    expect([exitCode, stderr]).toEqual([
      2,
      'my.card.yaml is there already, and does not speak of other.csv\n  --force writes it anew, --card names another file.\n',
    ]);
  });

  it('writes down, too, what was said in full', async () => {
    const said = ['--user', 'user_id', '--item', 'video_id', '--label', 'is_click'];
    const args = ['data', 'import', 'my.csv', ...said, '--card', 'said.yaml', '--dry-run'];
    expect(await json(...args)).toMatchObject({
      cardFile: 'said.yaml',
      card: { interactions: { user: 'user_id' } },
    });
    expect(readFileSync(pathOf('said.yaml'), 'utf8')).toContain('user: user_id');
  });

  it('refuses a log without a click, or with a cell that is neither, and writes no card', async () => {
    const log = (click: (i: number) => string): string => {
      const lines = Array.from({ length: 300 }, (_, i) => `${i % 20},v${(i * 11) % 37},${click(i)}\n`);
      return `user_id,video_id,is_click\n${lines.join('')}`;
    };
    writeFileSync(
      pathOf('never.csv'),
      log(() => '0'),
    );
    writeFileSync(
      pathOf('odd.csv'),
      log((i) => (i === 99 ? 'yes' : `${i % 2}`)),
    );
    const never = await run('data', 'import', 'never.csv');
    expect([never.exitCode, never.stderr]).toEqual([
      2,
      expect.stringContaining('never.csv: column is_click is 0'),
    ]);
    const odd = await run('init', '--data', 'odd.csv');
    expect([odd.exitCode, odd.stderr]).toEqual([
      2,
      'odd.csv:101: column is_click must be 0 or 1, found "yes"\n  Correct the file, or say with --label COLUMN which columns are to be kept.\n',
    ]);
    for (const file of ['never.card.yaml', 'odd.card.yaml', 'card.yaml']) {
      expect(existsSync(pathOf(file))).toBe(false);
    }
  });

  it.each([
    [['data', 'import', 'kuairand'], 'Did you mean one of these? kuairand-1k, '],
    [['data', 'import', 'kawi'], 'Did you mean kwai?'],
    [['data', 'import', 'kwai'], 'kwai needs --from, the folder of the downloaded files'],
    [['data', 'import', 'generic'], 'generic needs --from'],
    [['data', 'import', 'nowhere.csv'], 'nowhere.csv: there is no such file'],
    [['data', 'import', './empty'], 'empty is a folder'],
    [['data', 'import', 'my.csv', '--name', 'a b'], 'a b cannot be the name of a data set'],
    [['data', 'import', 'my.csv', '--from', '.'], '--from goes with a card'],
    [['data', 'import', 'kwai', '--from', '.', '--user', 'u'], '--user does not go with a card'],
    [['data', 'import', 'example', '--dry-run'], '--dry-run goes with a file whose card is to be guessed'],
    [['data', 'import', 'my.csv', '--card', 'new.yaml', '--user', 'usr'], 'there is no column usr'],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect(stderr).toContain(message);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(existsSync(pathOf('new.yaml'))).toBe(false);
  });
});

describe('data sets that mvrec knows', () => {
  it('are listed', async () => {
    const { cards } = await json('data', 'cards');
    expect(cards).toContainEqual(expect.objectContaining({ name: 'kwai', licence: 'none stated' }));
    expect((await run('data', 'cards')).stdout).toMatch(/^example +A made-up log/m);
  });

  it('are imported by name; one has its data beside the card', async () => {
    expect(await json('data', 'import', 'example')).toMatchObject({ users: 4, items: 12, rows: 33 });
  });

  const kwai = sharedData('kwai');
  itIf(kwai.exists, kwai.reason)(
    'are imported and inspected by name, from the folder of the download',
    async () => {
      const counts = { users: 7010, items: 86_483, rows: 298_492 };
      expect(await json('data', 'import', 'kwai', '--from', kwai.path)).toMatchObject(counts);
      expect(await json('data', 'inspect', 'kwai', '--from', kwai.path)).toMatchObject(counts);
    },
  );
});
