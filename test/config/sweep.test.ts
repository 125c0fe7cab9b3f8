import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UserErrors } from '../../src/base/index.js';
import { type LoadedSweep, loadSweep, type SweepOutline, type SweepRequest } from '../../src/config/index.js';
import { folderWith } from './write.js';

const base = 'data:\n  source: { world: quickstart }\nmodel: { name: ncf, layers: [16] }\nseed: 7\n';

/** Loads `sweeps/s.yaml` with two files beside its folder. */
function load(text: string, request: Partial<SweepRequest> = {}): Promise<LoadedSweep> {
  const cwd = folderWith({
    'sweeps/s.yaml': text,
    'ncf.yaml': base,
    'bpr.yaml': 'data: { source: { world: quickstart } }\nmodel: { name: bpr, factors: 4 }\n',
  });
  return loadSweep({ file: 'sweeps/s.yaml', env: {}, cwd, ...request });
}

const labels = ({ cells }: LoadedSweep): string[] => cells.map(({ label }) => label);
/** An option of every cell. */
const each = <T>(
  { cells }: LoadedSweep,
  of: (experiment: LoadedSweep['cells'][0]['loaded']['experiment']) => T,
) => cells.map(({ loaded }) => of(loaded.experiment));

describe('mistakes', () => {
  const all = async (text: string, request: Partial<SweepRequest> = {}): Promise<string[]> => {
    const error = await load(text, request).then(
      () => null,
      (error: unknown) => error as UserErrors,
    );
    return (error?.all ?? [error]).map((one) => one!.message.split('\n')[0]!);
  };
  const text = `base: ../ncf.yaml
experiment: { train: { epoch: 3 } }
axes: { model.factrs: [4, 8] }
cells: [{ label: other, set: { train.batchSize: 8 } }]
when: [{ if: { train.epochs: 3 }, set: { train.patence: 1 } }]
on: { a: { title: one, set: { train.batchSze: 1 } } }
`;

  it('of axes, conditions, data, base and the caller are told at once', async () => {
    const check = ({ cells, axes, mistake }: SweepOutline): void => {
      expect(cells.map(({ label }) => label)).toEqual(['factrs=4', 'factrs=8', 'other']);
      expect(axes).toEqual([{ name: 'model.factrs', values: [4, 8] }]);
      throw mistake({ path: ['cells'], problem: 'I do not like them', fix: 'Change them.' });
    };
    expect(await all(text, { check, set: ['data.sorce=1'] })).toEqual([
      'sweeps/s.yaml:3:9: model.factrs: there is no option of that name',
      'sweeps/s.yaml:5:42: train.patence: there is no option of that name',
      'sweeps/s.yaml:6:31: train.batchSze: there is no option of that name',
      '--set data.sorce: there is no option of that name',
      'sweeps/s.yaml:2:24: unknown key train.epoch',
      'sweeps/s.yaml:4:8: I do not like them',
    ]);
  });

  it('of a file that is an experiment', async () => {
    const cwd = folderWith({ 'ncf.yaml': base });
    await expect(loadSweep({ file: 'ncf.yaml', env: {}, cwd })).rejects.toThrow(
      /^ncf.yaml is an experiment, not a sweep\n {2}Train it with mvrec train/,
    );
  });

  it('of a seed that would not count', async () => {
    expect(await all('base: ../ncf.yaml\nseeds: 2\n', { set: ['seed=9'] })).toEqual([
      '--set seed: the sweep has seeds, which count',
    ]);
    expect(each(await load('base: ../ncf.yaml\n', { set: ['seed=9'] }), ({ seed }) => seed)).toEqual([9]);
  });

  it('do not lead to others: what is wrong on an axis is not missing in its cells', async () => {
    const missing = `experiment: { data: { source: { world: quickstart } } }
axes: { model.nam: [ncf, bpr] }
`;
    expect(await all(missing)).toEqual(['sweeps/s.yaml:2:9: model.nam: there is no option of that name']);
  });

  it('name the options of the model at hand', async () => {
    const options = async (text: string, set: string[] = []) =>
      (await load(text, { set }).catch((error: UserErrors) => error.all[0]!.fix)) as string;
    const ofNcf = 'Did you mean factors? Options of model (ncf): name, variant, factors';
    expect(await options('base: ../ncf.yaml\n', ['model.factrs=3'])).toContain(ofNcf);
    expect(await options('base: ../ncf.yaml\naxes: { model.factrs: [1, 2] }\n')).toContain(ofNcf);
    expect(await options('base: ../bpr.yaml\ncells: [{ label: a, set: { model.zzz: 1 } }]\n')).toMatch(
      /^Options of model \(bpr\): name, factors/,
    );
    // The cell has a model of its own.
    expect(
      await options('base: ../bpr.yaml\ncells: [{ label: a, base: ../ncf.yaml, set: { model.zzz: 1 } }]\n'),
    ).toMatch(/^Options of model: /);
  });
});

it('a sweep knows what the command line changes of its file', async () => {
  const text = `base: ../ncf.yaml
on:
  a: { title: one, set: { train.epochs: 1 } }
  b: { title: two, control: true, set: { train.epochs: 2 } }
`;
  expect((await load(text)).changes).toEqual([]);
  expect((await load(text, { on: 'a' })).changes).toEqual([]); // what it runs on anyway
  const set = ['train.batchSize=8', 'model.factors=2'];
  expect((await load(text, { on: 'b', set, engine: 'cpu' })).changes).toEqual([
    '--on b',
    '--set train.batchSize=8',
    '--set model.factors=2',
    '--engine cpu',
  ]);
});

describe('cells', () => {
  it('are all combinations of the axes, the last changing first', async () => {
    const sweep = await load(`base: ../ncf.yaml
axes:
  train.epochs: [1, 2]
  size:
    small: { model.factors: 4, model.layers: [8] }
    large: { model.factors: 32 }
`);
    expect(labels(sweep)).toEqual([
      'epochs=1, small',
      'epochs=1, large',
      'epochs=2, small',
      'epochs=2, large',
    ]);
    expect(each(sweep, ({ train, model }) => [train.epochs, model.name === 'ncf' && model.factors])).toEqual([
      [1, 4],
      [1, 32],
      [2, 4],
      [2, 32],
    ]);
    expect(sweep.cells[1]!.coordinates).toEqual({ 'train.epochs': 1, size: 'large' });
    expect(sweep.axes).toEqual([
      { name: 'train.epochs', values: [1, 2] },
      { name: 'size', values: ['small', 'large'] },
    ]);
    expect(sweep.cells[0]!.loaded.origins.get('model.layers')).toBe('sweeps/s.yaml:5:46');
    expect(sweep.cells[0]!.loaded.origins.get('seed')).toBe('ncf.yaml:4:7');
  });

  it('go together point by point where axes are zipped', async () => {
    const sweep = await load(`base: ../ncf.yaml
axes: { model.factors: [4, 8], train.epochs: [1, 2], train.batchSize: [64, 128] }
zip: [[model.factors, train.batchSize]]
`);
    expect(sweep.cells.map(({ coordinates }) => Object.values(coordinates))).toEqual([
      [4, 64, 1],
      [4, 64, 2],
      [8, 128, 1],
      [8, 128, 2],
    ]);
  });

  it('follow conditions on axes and on options, the first before the second', async () => {
    const sweep = await load(`base: ../ncf.yaml
axes: { model.factors: [4, 8, 16], depth: { one: { model.layers: [8] }, two: { model.layers: [16, 8] } } }
when:
  - { if: { depth: two, model.factors: [8, 16] }, skip: true }
  - { if: { model.factors: 8 }, set: { train.epochs: 3 } }
  - { if: { train.epochs: 3, model.layers: [8] }, set: { train.batchSize: 32 } }
  - { if: { train.patience: 3 }, set: { train.clipNorm: 5 } }
`);
    expect(labels(sweep)).toEqual(['factors=4, one', 'factors=4, two', 'factors=8, one', 'factors=16, one']);
    expect(each(sweep, ({ train }) => [train.epochs, train.batchSize, train.clipNorm])).toEqual([
      [10, 128, 5],
      [10, 128, 5],
      [3, 32, 5],
      [10, 128, 5],
    ]);
  });

  it('may be listed, beside a grid, with files of their own', async () => {
    const sweep = await load(`base: ../ncf.yaml
experiment: { train: { epochs: 2 } }
axes: { model: { A: {}, B: { base: ../bpr.yaml, model.factors: 6 } } }
cells: [{ label: C, base: [../bpr.yaml], set: { model.factors: 5 } }, { label: D, set: { train.epochs: 3 } }]
`);
    expect(labels(sweep)).toEqual(['A', 'B', 'C', 'D']);
    expect(each(sweep, ({ model, train, seed }) => [model.name, train.epochs, seed])).toEqual([
      ['ncf', 2, 7],
      ['bpr', 2, 1],
      ['bpr', 2, 1],
      ['ncf', 3, 7],
    ]);
    expect(sweep.cells[2]!.coordinates).toEqual({});
  });

  it('may have files by data, and data that are not named the first of them', async () => {
    const text = `base: { all: ../ncf.yaml, half: [../ncf.yaml, ../bpr.yaml] }
cells: [{ label: A }, { label: B, base: { half: ../ncf.yaml, all: ../bpr.yaml } }]
on: { all: { title: all, set: {} }, half: { title: half, set: {} }, other: { title: other, set: {} } }
`;
    const models = async (on: string) => each(await load(text, { on }), ({ model }) => model.name);
    expect(await models('all')).toEqual(['ncf', 'bpr']);
    expect(await models('half')).toEqual(['bpr', 'ncf']);
    expect(await models('other')).toEqual(['ncf', 'ncf']);
  });

  it('are one, called after the sweep, where nothing varies', async () => {
    const sweep = await load('base: [../ncf.yaml, ../bpr.yaml]\nseeds: 2\n');
    expect(labels(sweep)).toEqual(['s']);
    expect(sweep.seeds).toEqual([1, 2]);
    expect(each(sweep, ({ model }) => model.name)).toEqual(['bpr']);
  });
});

describe('data', () => {
  const on = `base: ../ncf.yaml
axes: { train.epochs: [1, 2] }
on:
  half: { title: half of it, set: { data.source: { world: quickstart, scale: 0.5 }, train.epochs: 9 } }
  all: { title: all of it, set: { train.batchSize: 8 } }
`;
  it('are the first that are named, or those of --on, beneath the axes', async () => {
    const first = await load(on);
    expect(first.on).toEqual({ name: 'half', title: 'half of it', control: false });
    expect(each(first, ({ data, train }) => [data.source, train.epochs])).toEqual([
      [{ world: 'quickstart', scale: 0.5, seed: 1 }, 1],
      [{ world: 'quickstart', scale: 0.5, seed: 1 }, 2],
    ]);
    const second = await load(on, { on: 'all', set: ['train.epochs=4', 'model.factors=3'] });
    expect(each(second, ({ train }) => [train.batchSize, train.epochs])).toEqual([
      [8, 4],
      [8, 4],
    ]);
    await expect(load(on, { on: 'al' })).rejects.toThrow('--on al: the sweep names no such data');
  });
});

/** A sweep, the place of the first mistake, and what is said. */
const mistakes: [text: string, place: string, words: string][] = [
  ['{}', '1:1', 'neither base nor experiment'],
  ['bas: ../ncf.yaml', '1:1', 'unknown key bas'],
  ['base: ../ncg.yaml', '1:7', 'Did you mean ncf.yaml?'],
  ['base: { real: ../ncf.yaml }', '1:9', 'base names the data real, which the sweep does not have'],
  ['base: ../ncf.yaml\nseeds: [1, 2, 1]', '2:15', 'seeds has 1 twice'],
  ['base: ../ncf.yaml\nseeds: 0', '2:8', 'seeds is 0'],
  ['base: ../ncf.yaml\naxes: {}', '2:1', 'axes is empty'],
  ['base: ../ncf.yaml\naxes: { train.epochs: [] }', '2:23', 'is an empty list'],
  ['base: ../ncf.yaml\naxes: { size: {} }', '2:15', 'axes.size has no points'],
  ['base: ../ncf.yaml\naxes: { train.epoch: [1] }', '2:9', 'Did you mean epochs?'],
  [
    'base: ../ncf.yaml\naxes: { size: { a: { model.factor: 1 } } }',
    '2:22',
    'model.factor: there is no option of that name\n  Did you mean factors?',
  ],
  ['base: ../ncf.yaml\naxes: { train.epochs: [1, 0] }', '2:27', 'train.epochs is 0'],
  ['base: ../ncf.yaml\naxes: { seed: [1, 2] }', '2:9', 'Use seeds'],
  ['base: ../ncf.yaml\naxes: { tune.trials: [1, 2] }', '2:9', 'A sweep searches nothing'],
  ['base: ../ncf.yaml\naxes: { a: { x: { train.epochs: 1 }, "\\e[1m": {} } }', '2:38', 'cannot be a name'],
  ['base: ../ncf.yaml\nzip: [[a, b]]', '2:8', 'zip names a, which is no axis'],
  ['base: ../ncf.yaml\nexperiment: { name: x, seed: 2 }', '2:15', 'a sweep cannot set name'],
  [
    'base: ../ncf.yaml\naxes: { train.epochs: [1], model.factors: [1, 2] }\nzip: [[train.epochs, model.factors]]',
    '3:7',
    'zipped axes differ in length: train.epochs has 1, model.factors has 2',
  ],
  ['base: ../ncf.yaml\nwhen: [{ if: { train.epochs: 1 } }]', '2:8', 'leads to nothing'],
  ['base: ../ncf.yaml\nwhen: [{ if: { train.epoch: 1 }, skip: true }]', '2:16', 'Did you mean epochs?'],
  ['base: ../ncf.yaml\nwhen: [{ if: { seed: 7 }, skip: true }]', '2:16', 'a sweep cannot set seed'],
  [
    'base: ../ncf.yaml\nwhen: [{ if: { model.name: ncf }, skip: true }]',
    '2:7',
    'the conditions leave no cell',
  ],
  [
    'base: ../ncf.yaml\naxes: { d: { one: {} } }\nwhen: [{ if: { d: ones }, skip: true }]',
    '3:19',
    'the axis d has no point ones',
  ],
  ['base: ../ncf.yaml\naxes: { train.epochs: [1, 1] }', '2:27', 'two cells are called epochs=1'],
  ['base: ../ncf.yaml\ncells: [{ set: {} }]', '2:9', 'cells[0].label is missing'],
  ['base: ../ncf.yaml\non: { a: { set: {} } }', '2:10', 'on.a.title is missing'],
  ['experiment: { model: { name: ncf } }\naxes: { train.epochs: [1] }', '2:9', 'data.source is missing'],
];

describe('a sweep that cannot begin', () => {
  it.each(mistakes)('%s', async (text, place, words) => {
    const error = (await load(`${text}\n`).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toContain(words);
    expect(error.message).toMatch(new RegExp(`^sweeps/s\\.yaml:${place}: `));
  });

  it('tells of all cells at once, and of what they share once', async () => {
    const text = `base: ../ncf.yaml
experiment: { train: { batchSize: none } }
axes: { train.epochs: [0, 1, -1] }
`;
    const error = (await load(text).catch((thrown: unknown) => thrown)) as UserErrors;
    expect(error).toBeInstanceOf(UserErrors);
    expect(error.all.map(({ place, problem }) => `${place.line}:${place.column} ${problem}`)).toEqual([
      '2:35 train.batchSize is the text "none"',
      '3:24 train.epochs is 0',
      '3:30 train.epochs is -1',
    ]);
  });

  it('takes bases of bases, each from its own folder, the outer one over the inner', async () => {
    const files = {
      's.yaml': 'base: deep/b.yaml\naxes: { train.epochs: [1, 2] }\n',
      'deep/b.yaml': 'base: [../ncf.yaml, c.yaml]\nmodel: { factors: 6 }\n',
      'deep/c.yaml': 'model: { factors: 5 }\nseed: 3\n',
      'ncf.yaml': base,
    };
    const sweep = await loadSweep({ file: 's.yaml', env: {}, cwd: folderWith(files) });
    expect(each(sweep, ({ model, seed, train }) => [model, seed, train.epochs])).toEqual(
      [1, 2].map((epochs) => [expect.objectContaining({ name: 'ncf', factors: 6, layers: [16] }), 3, epochs]),
    );
    const round = folderWith({ ...files, 'deep/c.yaml': 'base: b.yaml\n' });
    await expect(loadSweep({ file: 's.yaml', env: {}, cwd: round })).rejects.toThrow(
      `${join('deep', 'c.yaml')}:1:7: ${join('deep', 'b.yaml')} is a base of itself`,
    );
  });

  it.each(['../x', '<b>', 'a/b', ''])('takes no name that is none of a folder: %j', async (name) => {
    await expect(load('base: ../ncf.yaml\n', { name })).rejects.toThrow(
      `--name ${name} is no name of a folder`,
    );
  });

  it('names the place in a base', async () => {
    const cwd = folderWith({
      's.yaml': 'base: b.yaml\naxes: { train.epochs: [1, 2] }\n',
      'b.yaml': 'modl: 1\n',
    });
    const file = join('s.yaml');
    await expect(loadSweep({ file, env: {}, cwd })).rejects.toThrow('b.yaml:1:1: unknown key modl');
  });
});
