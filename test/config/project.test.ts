import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadProject, settings } from '../../src/config/index.js';
import { folderWith, load, smallest } from './write.js';

describe('the project file', () => {
  it.each([
    ['mvrec.config.yaml', 'resultsDir: out\ndefaults: { seed: 5 }\n', 'mvrec.config.yaml:2:19'],
    [
      'mvrec.config.json',
      '{ "resultsDir": "out",\n\t"defaults": { "seed": 5 } }\n',
      'mvrec.config.json:2:24',
    ],
    [
      'package.json',
      '{ "name": "x",\n  "mvrec": { "resultsDir": "out", "defaults": { "seed": 5 } } }',
      'package.json:2:57',
    ],
    [
      'mvrec.config.mjs',
      'export default { resultsDir: "out", defaults: { seed: 5 } };\n',
      'mvrec.config.mjs',
    ],
  ])('may be %s', async (name, text, origin) => {
    const folder = folderWith({ [name]: text, 'in/a.yaml': smallest });
    const project = await loadProject(folder);
    expect(settings({}, project, '/elsewhere').resultsDir).toBe(join(folder, 'out'));
    const { experiment, origins } = await load({ 'a.yaml': smallest }, { project });
    expect(experiment.seed).toBe(5);
    expect(origins.get('seed')).toBe(origin);
  });

  it('is looked for up to the nearest package.json', async () => {
    const folder = folderWith({
      'mvrec.config.yaml': 'resultsDir: outer\n',
      'package.json': '{}',
      'a/b/x': '',
      'c/package.json': '{}',
    });
    expect((await loadProject(join(folder, 'a/b'))).values.resultsDir).toBe('outer');
    expect((await loadProject(join(folder, 'c'))).values).toEqual({});
  });

  it.each([
    ['resultDir: out\n', 'mvrec.config.yaml:1:1: unknown key resultDir\n  Did you mean resultsDir?'],
    ['resultsDir: 3\n', 'mvrec.config.yaml:1:13: resultsDir is 3'],
    ['defaults: 3\n', 'mvrec.config.yaml:1:11: defaults is not a map'],
    ['a: [1\n', 'not valid YAML'],
    ['- 1\n', 'mvrec.config.yaml:1:1: expected a map'],
  ])('is checked: %j', async (text, message) => {
    await expect(loadProject(folderWith({ 'mvrec.config.yaml': text }))).rejects.toThrow(message);
  });

  it('may be empty', async () => {
    expect((await loadProject(folderWith({ 'mvrec.config.yaml': '' }))).values).toEqual({});
  });

  it('is checked within an experiment', async () => {
    const files = { 'mvrec.config.yaml': 'defaults: { train: { epoch: 3 } }\n', 'a.yaml': smallest };
    await expect(load(files)).rejects.toThrow('mvrec.config.yaml:1:22: unknown key train.epoch');
  });

  it('may be a package.json that has nothing for mvrec, even in loose JSON', async () => {
    expect((await loadProject(folderWith({ 'package.json': '{ "name": "x", }' }))).values).toEqual({});
    await expect(loadProject(folderWith({ 'package.json': '{ "mvrec": 3 }' }))).rejects.toThrow(
      'package.json:1:12: expected a map of options',
    );
  });

  it('explains a broken package.json and a script that throws', async () => {
    await expect(loadProject(folderWith({ 'package.json': '{ "mvrec": ' }))).rejects.toThrow(
      'not valid YAML',
    );
    const script = folderWith({ 'mvrec.config.mjs': 'throw new Error("oh");\n' });
    await expect(loadProject(script)).rejects.toThrow('the project file cannot be read: oh');
  });
});

describe('settings', () => {
  const none = { values: {}, defaults: null, origin: null };

  it('come from the environment, then the project file, then defaults', () => {
    const project = {
      values: { resultsDir: 'r', cacheDir: '/c' },
      defaults: null,
      origin: { words: 'x', folder: '/project' },
    };
    expect(settings({ MVREC_RESULTS_DIR: 'mine' }, project, '/here')).toEqual({
      resultsDir: '/here/mine',
      dataDir: '/c/data',
      cacheDir: '/c',
    });
    expect(settings({ MVREC_RESULTS_DIR: '' }, project, '/here').resultsDir).toBe('/project/r');
    expect(settings({ MVREC_DATA_DIR: '/d', MVREC_CACHE_DIR: 'k' }, none, '/here')).toEqual({
      resultsDir: '/here/results',
      dataDir: '/d',
      cacheDir: '/here/k',
    });
  });

  it("put the cache where the system's caches are", () => {
    expect(settings({ XDG_CACHE_HOME: '/x' }, none, '/here').cacheDir).toBe('/x/mvrec');
    expect(settings({}, none, '/here').cacheDir.startsWith(homedir())).toBe(true);
  });
});
