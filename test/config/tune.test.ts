import { describe, expect, it } from '@jest/globals';
import { UserError, UserErrors } from '../../src/base/index.js';
import { load, smallest } from './write.js';

const searched = `${smallest}tune:
  space:
    model.heads: { values: [2, 4] }
    train.optimizer.learningRate: { low: 0.001, high: 0.1, log: true }
`;

describe('the section tune', () => {
  it('is absent where nobody writes it', async () => {
    const { experiment, origins } = await load({ 'a.yaml': smallest });
    expect(experiment.tune).toBeUndefined();
    expect([...origins.keys()].filter((path) => path.startsWith('tune'))).toEqual([]);
  });

  it('is filled in, with the origin of every value', async () => {
    const { experiment, origins } = await load({ 'a.yaml': searched });
    expect(experiment.tune).toEqual({
      space: {
        'model.heads': { values: [2, 4] },
        'train.optimizer.learningRate': { low: 0.001, high: 0.1, log: true, integer: false },
      },
      sampler: 'tpe',
      seed: 1,
      prune: { kind: 'none' },
    });
    expect(origins.get('tune.space.model.heads.values')).toBe('a.yaml:7:28');
    expect(origins.get('tune.space.train.optimizer.learningRate.integer')).toBe('default');
  });

  it('takes options of the command, and names with dots in --set', async () => {
    const set = [
      'tune.space.model.heads={low: 1, high: 8, integer: true}',
      'tune.prune={kind: asha, eta: 4}',
    ];
    const { experiment } = await load({ 'a.yaml': searched }, { set, trials: 7, sampler: 'random' });
    expect(experiment.tune).toMatchObject({
      space: { 'model.heads': { low: 1, high: 8, log: false, integer: true } },
      trials: 7,
      sampler: 'random',
      prune: { kind: 'asha', eta: 4, minEpochs: 1 },
    });
    expect(Object.keys(experiment.tune!.space['model.heads']!)).not.toContain('values');
  });

  it('takes a domain of another kind from a later file', async () => {
    const later = 'tune: { space: { train.optimizer.learningRate: { values: [0.1] } } }\n';
    const { experiment } = await load({ 'a.yaml': searched, 'b.yaml': later });
    expect(experiment.tune!.space['train.optimizer.learningRate']).toEqual({ values: [0.1] });
    expect(experiment.tune!.space['model.heads']).toEqual({ values: [2, 4] });
  });

  it('evaluate.test: false does not go with an epoch chosen on test', async () => {
    const text = `${smallest}train: { selectOn: test }\nevaluate: { test: false }\n`;
    const error = await load({ 'a.yaml': text }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/^a\.yaml:6:19: evaluate\.test is false, and train/);
  });
});

describe('variations', () => {
  it('lie over files and options of the command, and take a section whole', async () => {
    const loaded = await load({ 'a.yaml': searched }, { set: ['model.heads=8', 'train.epochs=3'] });
    const values = [
      { path: 'model.heads', value: 4, from: ['tune', 'space', 'model.heads', 'values', 1] },
      { path: 'train.negatives', value: { kind: 'uniform', count: 4 }, from: [] },
    ];
    const { experiment, origins } = loaded.vary(values);
    expect(experiment).toMatchObject({
      model: { heads: 4 },
      train: { epochs: 3, negatives: { kind: 'uniform', count: 4 } },
    });
    expect(origins.get('model.heads')).toBe('a.yaml:7:32');
    expect(loaded.experiment.model).toMatchObject({ heads: 8 });
    expect(loaded.vary([]).experiment).toEqual(loaded.experiment);
  });

  it('bring the presets of another model', async () => {
    const text = 'presets: [paper]\ndata:\n  source: { world: quickstart }\nmodel: { name: bpr }\n';
    const loaded = await load({ 'a.yaml': text });
    expect(loaded.experiment.train.optimizer.name).toBe('sgd');
    const other = loaded.vary([{ path: 'model', value: { name: 'thacil' }, from: [] }]).experiment;
    expect([other.model.name, other.train.optimizer.name]).toEqual(['thacil', 'adam']);
  });

  it('that are wrong are shown where they are written', async () => {
    const loaded = await load({ 'a.yaml': searched });
    const from = ['tune', 'space', 'model.heads', 'values', 0];
    const wrong = (path: string, value: unknown): string => {
      try {
        loaded.vary([{ path, value, from }]);
      } catch (error) {
        if (error instanceof UserErrors) return error.message;
        throw error;
      }
      return 'nothing wrong';
    };
    expect(wrong('model.heads', 0)).toMatch(/^a\.yaml:7:29: model\.heads is 0/);
    expect(wrong('model.haeds', 2)).toMatch(/^a\.yaml:7:29: unknown key model\.haeds\n.*heads/);
    expect(wrong('model.blockSize', 7)).toMatch(
      /^a\.yaml:7:29: model\.blockSize is 7, which does not divide historyLength, 160/,
    );
  });
});
