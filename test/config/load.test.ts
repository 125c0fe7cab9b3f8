import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { formatExperiment, loadExperiment } from '../../src/config/index.js';
import { folderWith, load, smallest } from './write.js';

describe('who gives a value', () => {
  const config = 'defaults: { train: { epochs: 2, patience: 2 }, engine: { name: cpu, threads: 3 } }\n';

  it('goes from defaults over project, environment, presets and files to the options of the command', async () => {
    const folder = folderWith({
      'mvrec.config.yaml': config,
      'a.yaml': `presets: [released]\n${smallest}train: { batchSize: 64, clipNorm: 1 }\n`,
      'b.yaml': 'train:\n  clipNorm: 2\n  patience: 9\n',
    });
    const { experiment, origins } = await loadExperiment({
      files: ['a.yaml', 'b.yaml'],
      set: ['train.patience=4', 'train.optimizer.beta1=0.5'],
      seed: 12,
      env: { MVREC_ENGINE: 'wasm' },
      cwd: folder,
    });
    expect(experiment.engine).toEqual({ name: 'wasm', threads: 3 });
    expect(experiment.seed).toBe(12);
    expect(experiment.train).toMatchObject({ epochs: 20, batchSize: 64, clipNorm: 2, patience: 4 });
    expect(Object.fromEntries(origins)).toMatchObject({
      name: 'file name',
      seed: '--seed',
      'data.label': 'default',
      'data.source.world': 'a.yaml:3:20',
      'data.split.kind': 'default',
      'train.epochs': 'preset thacil/released',
      'train.batchSize': 'a.yaml:6:21',
      'train.clipNorm': 'b.yaml:2:13',
      'train.patience': '--set',
      'train.optimizer.beta1': '--set',
      'engine.name': 'MVREC_ENGINE',
      'engine.threads': 'mvrec.config.yaml:1:78',
    });
  });

  it('names an experiment after its files, unless it has a name', async () => {
    const files = { 'my base.yaml': smallest, 'more.yml': 'seed: 2\n' };
    expect((await load(files)).experiment.name).toBe('my_base-more');
    expect((await load(files, { name: 'x' })).experiment.name).toBe('x');
  });

  it('takes presets of the command in place of those of the file, and over what it says', async () => {
    const files = {
      'a.yaml': `presets: [paper]\n${smallest}train: { clipNorm: 1, batchSize: 64, patience: 3 }\n`,
    };
    const { experiment, origins } = await load(files, { presets: ['released'], set: ['train.batchSize=32'] });
    expect(experiment.presets).toEqual(['released']);
    expect(origins.get('train.selectOn')).toBe('preset thacil/released');
    expect(experiment.train).toMatchObject({ clipNorm: 5, patience: null, batchSize: 32 });
    await expect(load(files, { presets: ['relased'] })).rejects.toThrow(
      'thacil has no preset relased (from --preset)\n  Did you mean released? Presets: paper, released.',
    );
    await expect(load(files, { set: ['model.name=ncf'] })).rejects.toThrow(
      'a.yaml:1:11: ncf has no preset paper',
    );
  });

  it('ignores an empty MVREC_ENGINE and refuses an unknown one', async () => {
    const files = { 'a.yaml': smallest };
    expect((await load(files, { env: { MVREC_ENGINE: '' } })).experiment.engine.name).toBe('auto');
    await expect(load(files, { env: { MVREC_ENGINE: 'gpu' } })).rejects.toThrow(
      'engine.name is the text "gpu" (from MVREC_ENGINE)',
    );
  });
});

describe('merging', () => {
  it('merges maps, replaces lists, and lets go of the options of a variant that is left', async () => {
    const { experiment } = await load({
      'a.yaml': `${smallest}  historyLength: 40\n  l2Weight: 0.5\n  visual: [cover, text]\n`,
      'b.yaml': 'model: { visual: [audio] }\n',
    });
    expect(experiment.model).toMatchObject({ historyLength: 40, visual: ['audio'] });
    const other = await load({
      'a.yaml': `${smallest}  historyLength: 40\n  l2Weight: 0.5\n`,
      'b.yaml': 'model: { name: bpr, factors: 4 }\n',
    });
    expect(other.experiment.model).toEqual({
      name: 'bpr',
      factors: 4,
      item: ['id'],
      itemBias: true,
      head: 'product',
      hidden: 128,
      l2Weight: 5e-5,
      update: 'step',
    });
  });

  it('lets a flag change the variant', async () => {
    const files = { 'a.yaml': `${smallest}train: { negatives: { kind: logged, ratio: 3 } }\n` };
    const set = ['train.negatives.kind=uniform', 'train.negatives.count=4'];
    const { experiment } = await load(files, { set });
    expect(experiment.train.negatives).toEqual({ kind: 'uniform', count: 4 });
  });

  it('lets another kind of source replace the first', async () => {
    const files = {
      'a.yaml': 'data: { source: { world: quickstart, scale: 2 } }\nmodel: { name: random }\n',
    };
    const { experiment } = await load(files, { set: ['data.source.store=mine'] });
    expect(experiment.data.source).toEqual({ store: 'mine' });
  });

  it('keeps a slip of the keys in a section that is replaced, to report it', async () => {
    const files = { 'a.yaml': `${smallest}  hedas: 3\n` };
    await expect(load(files, { set: ['model.name=bpr'] })).rejects.toThrow(
      'a.yaml:5:3: unknown key model.hedas',
    );
  });

  it('knows the kind of a section by its default', async () => {
    const { experiment } = await load({ 'a.yaml': `${smallest}train: { negatives: { ratio: 2 } }\n` });
    expect(experiment.train.negatives).toEqual({ kind: 'logged', ratio: 2 });
  });
});

describe('null', () => {
  const scaa =
    'data:\n  source: { world: kuaishou }\n  filter: { usersWithAll: [is_like, is_follow], kCore: 2 }\nmodel: { name: scaa }\n';
  const filterOf = async (files: Record<string, string>, set: string[] = []) =>
    (await load(files, { set })).experiment.data.filter;

  it('takes away what weaker files say, in a later file and in --set alike', async () => {
    const any = { usersWithAny: ['is_like'], kCore: 2 };
    const set = ['data.filter.usersWithAll=null', 'data.filter.usersWithAny=[is_like]'];
    expect(await filterOf({ 'a.yaml': scaa }, set)).toEqual(any);
    const later = 'data:\n  filter: { usersWithAll: ~, usersWithAny: [is_like] }\n';
    expect(await filterOf({ 'a.yaml': scaa, 'b.yaml': later })).toEqual(any);
    expect(await filterOf({ 'a.yaml': scaa, 'b.yaml': 'data: { filter: null }\n' })).toBeUndefined();
    expect(await filterOf({ 'a.yaml': scaa }, ['data.filter=null'])).toBeUndefined();
  });

  it('leaves what stronger sources say', async () => {
    const set = ['data.filter=null', 'data.filter.minUserRows=3'];
    expect(await filterOf({ 'a.yaml': scaa }, set)).toEqual({ minUserRows: 3 });
    const between = { 'a.yaml': scaa, 'b.yaml': 'data: { filter: null }\n', 'c.yaml': scaa };
    expect(await filterOf(between)).toEqual({ usersWithAll: ['is_like', 'is_follow'], kCore: 2 });
  });

  it('takes away what project, environment and presets say, so that defaults hold', async () => {
    const folder = folderWith({
      'mvrec.config.yaml': 'defaults: { train: { epochs: 2 } }\n',
      'a.yaml': `presets: [released]\n${smallest}`,
    });
    const { experiment, origins } = await loadExperiment({
      files: ['a.yaml'],
      set: ['train=null', 'engine.name=null'],
      env: { MVREC_ENGINE: 'cpu' },
      cwd: folder,
    });
    expect(experiment.train).toMatchObject({ epochs: 10, patience: 3, negatives: { ratio: 'all' } });
    expect(experiment.engine.name).toBe('auto');
    expect(origins.get('train.epochs')).toBe('default (null: --set)');
    expect(origins.get('train.negatives.kind')).toBe('default (null: --set)');
    expect(origins.get('engine.threads')).toBe('default');
  });

  it('takes away a knob of a world', async () => {
    const world = smallest.replace('quickstart', 'kuaishou, knobs: { activitySpread: 0, clips: 2 }');
    const { experiment } = await load(
      { 'a.yaml': world },
      { set: ['data.source.knobs.activitySpread=null'] },
    );
    expect(experiment.data.source).toEqual({ world: 'kuaishou', scale: 1, seed: 1, knobs: { clips: 2 } });
  });

  it('is told by the printed experiment, which reads back to the same', async () => {
    const loaded = await load(
      { 'a.yaml': scaa, 'b.yaml': 'data:\n  filter:\n    kCore: null\n' },
      { set: ['data.filter.usersWithAll=null', 'seed=null'] },
    );
    const printed = formatExperiment(loaded);
    expect(printed).toMatch(/^# data\.filter\.usersWithAll: null: --set$/m);
    expect(printed).toMatch(/^# data\.filter\.kCore: null: b\.yaml:3:12$/m);
    expect(printed).toMatch(/^seed: 1 +# default \(null: --set\)$/m);
    expect((await load({ 'c.yaml': printed })).experiment).toEqual(loaded.experiment);
  });

  it.each([
    ['data.source=null', 'data.source is empty (from --set)'],
    ['model=null', 'model is empty (from --set)'],
    ['data.source.world=null', 'data.source.world is empty (from --set)'],
    ['data.filter=', 'data.filter is empty (from --set)'],
  ])('does not go for %s', async (set, message) => {
    await expect(load({ 'a.yaml': scaa }, { set: [set] })).rejects.toThrow(message);
  });

  it('must be written: a key with nothing behind it is a slip', async () => {
    const later = 'data:\n  filter:\n';
    await expect(load({ 'a.yaml': scaa, 'b.yaml': later })).rejects.toThrow('data.filter is empty');
  });
});

describe('a file of candidates', () => {
  const candidates = 'evaluate: { candidates: { kind: file, path: lists.csv }, metrics: [hr@10] }\n';

  it('starts from the folder of the file that names it, or from that of the command', async () => {
    const folder = folderWith({ 'sub/a.yaml': `${smallest}${candidates}` });
    const given = { files: ['sub/a.yaml'], env: {}, cwd: folder };
    const inFile = await loadExperiment(given);
    expect(inFile.experiment.evaluate.candidates).toEqual({
      kind: 'file',
      path: join(folder, 'sub', 'lists.csv'),
    });
    const set = ['evaluate.candidates.path=other.csv'];
    const inCommand = await loadExperiment({ ...given, set });
    expect(inCommand.experiment.evaluate.candidates).toMatchObject({ path: join(folder, 'other.csv') });
  });
});

describe('--set', () => {
  const files = { 'a.yaml': smallest };

  it('reads values as YAML', async () => {
    const set = [
      'train.patience=null',
      'evaluate.metrics=[auc, "ndcg@10"]',
      'train.optimizer={name: sgd}',
      'name="7"',
    ];
    const { experiment } = await load(files, { set });
    expect(experiment.train).toMatchObject({ patience: null, optimizer: { name: 'sgd', beta1: 0.9 } });
    expect(experiment.evaluate.metrics).toEqual(['auc', 'ndcg@10']);
    expect(experiment.name).toBe('7');
  });

  it.each([
    ['train.epochs', '--set train.epochs: no value'],
    ['=3', '--set =3: no value'],
    ['train.epoch=3', '--set train.epoch: there is no option of that name\n  Did you mean epochs?'],
    ['epochs=3', 'Did you mean train.epochs?'],
    [
      'evaluate.candidates.count=3',
      'no option of that name\n  Options of evaluate.candidates: kind, negatives, by, among, seed, path. There is train.negatives.count too.',
    ],
    ['__proto__.x=1', '--set __proto__.x: there is no option'],
    ['seed.x=1', '--set seed.x: there is no option of that name\n  seed holds a single value.'],
    ['train.epochs=', 'train.epochs is empty (from --set)'],
    ['train.epochs=many', 'train.epochs is the text "many" (from --set)'],
    ['train.epochs=[1', '--set train.epochs=[1: not valid YAML'],
    ['train.optimizer={nam: sgd}', 'unknown key train.optimizer.nam (from --set)'],
    [
      'model.factors=3',
      'model.factors belongs to bpr, ncf, uvcan, wmf, lightgcn, din, sasrec, gru4rec, not to thacil (from --set)',
    ],
  ])('refuses %s', async (set, message) => {
    const failure = load(files, { set: [set] });
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(load(files, { set: [set] })).rejects.toThrow(message);
  });
});

describe('paths', () => {
  it('start from the folder of the file that names them', async () => {
    const folder = folderWith({
      'deep/base.yaml': 'data: { source: { card: cards/k.yaml, from: ../raw } }\nmodel: { name: random }\n',
      'top.yaml': 'data: { source: { from: elsewhere } }\n',
    });
    const load = (files: string[], set: string[] = []) =>
      loadExperiment({ files, set, env: {}, cwd: folder });
    expect((await load(['deep/base.yaml'])).experiment.data.source).toEqual({
      card: join(folder, 'deep/cards/k.yaml'),
      from: join(folder, 'raw'),
    });
    expect((await load(['deep/base.yaml', 'top.yaml'])).experiment.data.source).toEqual({
      card: join(folder, 'deep/cards/k.yaml'),
      from: join(folder, 'elsewhere'),
    });
    expect((await load(['deep/base.yaml'], ['data.source.store=./s'])).experiment.data.source).toEqual({
      store: join(folder, 's'),
    });
    expect((await load(['deep/base.yaml'], ['data.source.store=kuai'])).experiment.data.source).toEqual({
      store: 'kuai',
    });
  });
});
