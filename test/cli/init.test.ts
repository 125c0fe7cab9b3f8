import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { programInFolder } from '../support/program.js';

const { folder, run } = programInFolder();
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

describe('mvrec init', () => {
  it('on a file writes a card and an experiment beside each other, and nothing over them', async () => {
    const lines = Array.from({ length: 120 }, (_, i) => `${i % 8},${(i * 7) % 30},${(i >> 2) % 2}\n`);
    writeFileSync(join(folder, 'my.csv'), `uid,vid,click\n${lines.join('')}`);
    const made = await run('init', '--data', 'my.csv', '--out', 'mine');
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    expect(made.stdout).toMatch(/\nwrote mine\/card\.yaml: .*\nwrote mine\/experiment\.yaml: ncf on click\n/);
    expect(made.stdout).toMatch(
      /\nNext:\n {2}mvrec data inspect mine\/card\.yaml --from \.\n {2}mvrec train mine\/experiment\.yaml\n/,
    );
    expect(read('mine/experiment.yaml')).toContain('source: { card: card.yaml, from: .. }');

    writeFileSync(join(folder, 'mine', 'card.yaml'), `${read('mine/card.yaml')}# mine\n`);
    const again = await run('init', '--data', 'my.csv', '--out', 'mine');
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      'mine/experiment.yaml is there already\n  --force writes it anew, --out FOLDER writes somewhere else.\n',
    ]);
    expect(read('mine/card.yaml')).toMatch(/# mine\n$/);
    // An experiment on the card as it was edited.
    const onCard = ['init', '--data', 'mine/card.yaml', '--from', '.', '--out', 'onCard', '--json'];
    expect(JSON.parse((await run(...onCard)).stdout)).toMatchObject({ files: { card: null } });
    expect(read('onCard/experiment.yaml')).toContain('source: { card: ../mine/card.yaml, from: .. }');
    expect((await run('init', '--data', 'my.csv', '--out', 'mine', '--force')).exitCode).toBe(0);
    expect(read('mine/card.yaml')).not.toMatch(/# mine/);
  });

  it('after a mistake in the data starts over', async () => {
    // No video in line 3: seen while importing.
    writeFileSync(join(folder, 'gap.csv'), 'uid,vid\n1,2\n1,\n2,3\n');
    expect((await run('init', '--data', 'gap.csv', '--out', 'gap')).stderr).toMatch(
      /^.*gap\.csv:3: column vid/,
    );
    expect(readdirSync(join(folder, 'gap'))).toEqual([]);
    expect((await run('init', '--data', 'gap.csv', '--out', 'gap')).stderr).toMatch(/gap\.csv:3/);
  });

  it('where nothing can be predicted leaves the card to be edited, and says so', async () => {
    writeFileSync(join(folder, 'watched.csv'), 'uid,vid,play_time\n1,2,10\n1,3,20\n2,3,30\n');
    const args = ['init', '--data', 'watched.csv', '--out', 'the watched', '--user', 'uid', '--item', 'vid'];
    const { exitCode, stderr } = await run(...args, '--label', 'play_time');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^no column holds 0 and 1.*\n.*once it is edited: mvrec init --data 'the watched\/card\.yaml' --from \.\n$/,
      ),
    ]);
    expect(read('the watched/card.yaml')).toContain('play_time');
  });

  it('names a packed file as an import does, and quotes what a shell would cut', async () => {
    const lines = Array.from({ length: 120 }, (_, i) => `${i % 8},${(i * 7) % 30},${(i >> 2) % 2}\n`);
    writeFileSync(join(folder, 'packed.csv.gz'), gzipSync(`uid,vid,click\n${lines.join('')}`));
    const { stdout } = await run('init', '--data', 'packed.csv.gz', '--out', 'two words');
    expect(stdout).toContain("\n  mvrec train 'two words/experiment.yaml'\n");
    expect(stdout).toContain("\n  mvrec data inspect 'two words/card.yaml' --from .\n");
    expect(read('two words/card.yaml')).toMatch(/^name: packed$/m);
  });

  it('without a log writes an experiment on the simulated one', async () => {
    const { stdout } = await run('init', '--out', 'world');
    expect(stdout).toMatch(/^wrote world\/experiment\.yaml: thacil on is_click\n\nNext:\n/);
    expect(existsSync(join(folder, 'world', 'card.yaml'))).toBe(false);
    const config = JSON.parse((await run('config', 'world/experiment.yaml', '--json')).stdout);
    expect(config.experiment.data.source).toEqual({ world: 'quickstart', scale: 1, seed: 1 });
  });

  it('takes what was imported before, by its name or folder', async () => {
    await run('data', 'import', 'example');
    expect((await run('init', '--data', 'example', '--out', 'named')).exitCode).toBe(0);
    expect(read('named/experiment.yaml')).toContain('source: { store: example }');
    expect((await run('init', '--data', 'data/example')).exitCode).toBe(0);
    expect(read('experiment.yaml')).toContain('source: { store: data/example }');
  });

  it.each([
    [['--user', 'user_id'], '--user goes with the file of a log'],
    [['--data', 'nowhere'], 'there is no data set nowhere'],
    [['--data', 'nowhere.csv'], 'there is no such file'],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await run('init', '--out', 'refused', ...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });
});
