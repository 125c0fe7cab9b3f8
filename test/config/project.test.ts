import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadProject, settings } from '../../src/config/index.js';
import { mlflowSettings } from '../../src/config/tracking.js';
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

  it('says what is asked of a cluster', async () => {
    const text = 'executor: slurm\nslurm: { partition: gpu, time: 04:00:00, options: [--exclude=node7] }\n';
    expect((await loadProject(folderWith({ 'mvrec.config.yaml': text }))).values).toEqual({
      executor: 'slurm',
      slurm: { partition: 'gpu', time: '04:00:00', cpus: 1, saveSeconds: 120, options: ['--exclude=node7'] },
    });
  });

  it.each([
    [
      'tracking: mlflow\n',
      { MLFLOW_TRACKING_URI: 'http://a:5000/' },
      { uri: 'http://a:5000', experiment: null },
    ],
    [
      'tracking: { mlflow: { uri: "https://b/x", experiment: e } }\n',
      { MLFLOW_TRACKING_URI: 'http://a' },
      { uri: 'https://b/x', experiment: 'e' },
    ],
    ['', { MLFLOW_TRACKING_URI: 'http://a' }, null],
  ])('says who is shown runs: %j', async (text, env, expected) => {
    const { values } = await loadProject(folderWith({ 'mvrec.config.yaml': text }));
    expect(mlflowSettings(values.tracking, env)).toEqual(expected);
  });

  it('needs the address of a server for that', () => {
    expect(() => mlflowSettings('mlflow', {})).toThrow('nothing says where the server is');
    expect(() => mlflowSettings('mlflow', { MLFLOW_TRACKING_URI: 'sqlite:///x.db' })).toThrow(
      'Expected an address of a server',
    );
  });

  it.each([
    ['tracking: wandb\n', 'Expected mlflow or a map with mlflow.'],
    ['tracking: { mlflow: { url: http://a } }\n', 'Did you mean uri?'],
    ['executor: slrum\n', 'Did you mean slurm?'],
    ['slurm: { partitions: gpu }\n', 'Did you mean partition?'],
    ['slurm: { time: 0 }\n', 'Expected text on one line or a whole number of at least 1.'],
    ['slurm: { account: "a\\nb" }\n', 'Expected text on one line.'],
    ['slurm: { options: [exclude=a] }\n', 'Expected an option as --exclude=node7'],
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

  it.each([
    ['seed: one', 'seed is the text "one"'],
    ['train: 3', 'train is 3'],
    ['train: { batchSize: 2.5 }', 'train.batchSize is 2.5'],
    ['train: { negatives: { count: 0 } }', 'train.negatives.count is 0'],
    ['train: { negatives: { kind: uniform, ratio: 3 } }', 'train.negatives.ratio belongs to logged'],
    ['train: { negatives: { ratio: none } }', 'train.negatives.ratio is the text "none"'],
    ['data: { split: { kind: tme } }', 'data.split.kind is the text "tme"'],
    ['model: { historyLength: [3] }', 'model.historyLength is [3]'],
    ['model: { histryLength: 3 }', 'unknown key model.histryLength'],
  ])('is checked where an experiment overrides it: %s', async (defaults, problem) => {
    const overriding =
      'seed: 1\ndata: { source: { world: quickstart }, split: { kind: itemColdStart } }\n' +
      'model: { name: thacil, historyLength: 20 }\n' +
      'train: { batchSize: 2, negatives: { kind: uniform, count: 2 } }\n';
    const files = { 'mvrec.config.yaml': `defaults: { ${defaults} }\n`, 'a.yaml': overriding };
    await expect(load(files)).rejects.toThrow(/^mvrec\.config\.yaml:1:/);
    await expect(load(files)).rejects.toThrow(problem);
  });

  it('may hold parts of sections, whose kind the experiment says', async () => {
    const defaults =
      '{ train: { negatives: { count: 3 } }, model: { l2Weight: 0.5 }, data: { split: { scope: global } } }';
    const whole =
      'data: { source: { world: quickstart } }\nmodel: { name: thacil }\n' +
      'train: { negatives: { kind: uniform } }\n';
    const { experiment } = await load({ 'mvrec.config.yaml': `defaults: ${defaults}\n`, 'a.yaml': whole });
    expect(experiment.train.negatives).toEqual({ kind: 'uniform', count: 3 });
    expect(experiment.model).toMatchObject({ l2Weight: 0.5 });
    expect(experiment.data.split).toMatchObject({ kind: 'time', scope: 'global' });
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
