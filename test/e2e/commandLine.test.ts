import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { commands } from '../../src/cli/commands/index.js';
import { binFile, itIf, projectRoot, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

const folder = temporaryFolder();
const smallest = 'data:\n  source: { world: quickstart }\nmodel:\n  name: thacil\n';
const files: Readonly<Record<string, string>> = {
  'good.yaml': smallest,
  'empty.yaml': '',
  'broken.yaml': 'data: [1,\nmodel: 2\n',
  'tab.yaml': 'data:\n\tsource: 1\n',
  'twice.yaml': `${smallest}seed: 1\nseed: 2\n`,
  'type.yaml': `${smallest}train:\n  epochs: many\n`,
  'key.yaml': `${smallest}  hedas: 3\n`,
  'model.yaml': 'data:\n  source: { world: quickstart }\nmodel:\n  name: tacil\n',
  'metric.yaml': `${smallest}evaluate:\n  metrics: [auc, guac]\n`,
  'monitor.yaml': `${smallest}train: { monitor: aux }\n`,
  'rule.yaml': `${smallest}  blockSize: 7\n`,
};

beforeAll(() => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'secret.yaml'), smallest);
  chmodSync(join(folder, 'secret.yaml'), 0);
});

/** Arguments, where the message must point, what it must say. */
const mistakes: [args: string, place: string, part: string][] = [
  ['config missing.yaml', '', 'there is no file missing.yaml'],
  ['config goood.yaml', '', 'Did you mean good.yaml?'],
  ['config folder', '', 'folder is a folder, not an experiment file'],
  ['config empty.yaml', 'empty.yaml', 'the file is empty'],
  ['config broken.yaml', 'broken.yaml:2:1', 'not valid YAML'],
  ['config tab.yaml', 'tab.yaml:2:1', 'a tab indents this line'],
  ['config twice.yaml', 'twice.yaml:6:1', 'this key is given twice'],
  ['config type.yaml', 'type.yaml:6:11', 'train.epochs is the text "many"'],
  ['config key.yaml', 'key.yaml:5:3', 'Did you mean heads?'],
  ['config model.yaml', 'model.yaml:4:9', 'Did you mean thacil?'],
  ['config metric.yaml', 'metric.yaml:6:18', 'guac'],
  ['config monitor.yaml', 'monitor.yaml:5:19', 'aux'],
  ['config rule.yaml', 'rule.yaml:5:14', 'model.blockSize is 7, which does not divide historyLength'],
  ['config good.yaml --set train.epoch=3', '', 'Did you mean epochs?'],
  ['config good.yaml --set train.epochs=x', '', 'train.epochs is the text "x" (from --set)'],
  ['config good.yaml --preset relesed', '', 'Did you mean released?'],
  ['config good.yaml --engine gpu', '', 'engine.name is the text "gpu" (from --engine)'],
  ['config good.yaml --seed x', '', '--seed is not a number'],
  ['config good.yaml --seed 1.5', '', 'seed is 1.5 (from --seed)'],
  ['config good.yaml --sed 1', '', 'unknown option --sed'],
  ['config', '', '<experiment> is missing'],
  ['train key.yaml', 'key.yaml:5:3', 'unknown key model.hedas'],
  ['models tacil', '', 'Did you mean thacil?'],
  ['modles', '', 'Did you mean models?'],
  ['', '', 'no command is given'],
];

/** A process ends as its command line does, whatever that is; so a few show it for all. */
const asProcesses = new Set(['config key.yaml', 'train key.yaml', 'modles', '']);

describe('bad input', () => {
  it.each(mistakes)('mvrec %s', async (line, place, part) => {
    const args = line === '' ? [] : line.split(' ');
    const run = asProcesses.has(line) ? runBin : runHere;
    const plain = await run(args, { cwd: folder });
    const json = await run([...args, '--json'], { cwd: folder });
    expect(plain).toMatchObject({ code: 2, stdout: '' });
    expect(plain.stderr).toContain(part);
    expect(plain.stderr.startsWith(place === '' ? '' : `${place}: `)).toBe(true);
    expect(plain.stderr).not.toMatch(/\n\s+at |Error:|node:/);

    expect(json).toMatchObject({ code: 2, stderr: '' });
    const { error, exitCode } = JSON.parse(json.stdout);
    expect(exitCode).toBe(2);
    expect(`${error.message}\n${error.fix}`).toContain(line === '' ? 'no command' : part);
    const where = [error.file, error.line, error.column].filter((one) => one !== undefined).join(':');
    expect(where).toBe(place);
  });

  const root = process.getuid?.() === 0;
  itIf(!root, 'this user may read every file')('a file without permission', async () => {
    const result = await runHere(['config', 'secret.yaml'], { cwd: folder });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('no permission to read secret.yaml');
  });
});

describe('help', () => {
  it('of the program and of a command', async () => {
    const [all, one] = await Promise.all([runBin(['--help']), runBin(['runs', 'show', '--help'])]);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    for (const { usage } of commands) expect(all.stdout).toContain(`mvrec ${usage}`);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toMatch(/mvrec runs show <run>[\s\S]*Examples:\n\s+mvrec runs show/);
  });
});

describe('good input', () => {
  it('prints the resolved experiment as one JSON object', async () => {
    const { code, stdout } = await runBin(['config', 'good.yaml', '--seed', '4', '--json'], { cwd: folder });
    const { experiment, origins } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(experiment).toMatchObject({ name: 'good', seed: 4, model: { name: 'thacil', heads: 8 } });
    expect(origins).toMatchObject({
      seed: '--seed',
      'model.name': 'good.yaml:4:9',
      'model.heads': 'default',
    });
  });

  it('reads back what it prints', async () => {
    const config = async (...args: string[]) => (await runHere(['config', ...args], { cwd: folder })).stdout;
    writeFileSync(join(folder, 'again.yaml'), await config('good.yaml', '--preset', 'released'));
    const first = JSON.parse(await config('good.yaml', '--preset', 'released', '--json'));
    expect(JSON.parse(await config('again.yaml', '--json')).experiment).toEqual(first.experiment);
  });

  it('takes the project file and the environment', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'good.yaml'), smallest);
    writeFileSync(join(cwd, 'mvrec.config.mjs'), 'export default { defaults: { seed: 6 } };\n');
    const { stdout } = await runBin(['config', 'good.yaml', '--json'], { cwd, env: { MVREC_ENGINE: 'cpu' } });
    expect(JSON.parse(stdout).experiment).toMatchObject({ seed: 6, engine: { name: 'cpu' } });
  });

  it('lets its reader go', async () => {
    const command = `"${process.execPath}" "${binFile}" models thacil | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command]);
    expect(stdout).toMatch(/^THACIL: .*\n0\n$/);
    expect(stderr).toBe('');
  });

  it('completes in bash', async () => {
    const script = `
      mvrec() { "${process.execPath}" "${binFile}" "$@"; }
      source <(mvrec completion bash)
      COMP_WORDS=(mvrec models tha); COMP_CWORD=2
      _mvrec_complete
      echo "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script]);
    expect(stdout).toBe('thacil\n');
  });
});

describe('completion in zsh', () => {
  const zsh = spawnSync('zsh', ['--version']).status === 0;
  itIf(zsh, 'zsh is not here')('offers words, or else files', async () => {
    const script = `
      mvrec() { "${process.execPath}" "${binFile}" "$@"; }
      compdef() { }; compadd() { print -- "$@"; }; _files() { print files; }
      source <(mvrec completion zsh)
      words=(mvrec models tha) CURRENT=3; _mvrec_complete
      words=(mvrec config ex) CURRENT=3; _mvrec_complete`;
    const { stdout } = await promisify(execFile)('zsh', ['-f', '-c', script]);
    expect(stdout).toBe('-- thacil\nfiles\n');
  });
});

describe('what is generated from the code', () => {
  it('is up to date', async () => {
    const script = join(projectRoot, 'scripts', 'generate.mjs');
    const { NODE_OPTIONS: _, ...env } = process.env;
    await promisify(execFile)(process.execPath, [script, '--check'], { env });
  });
});
