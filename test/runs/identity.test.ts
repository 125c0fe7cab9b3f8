import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Experiment, experimentSchema } from '../../src/config/index.js';
import { identityOf, RunIndex } from '../../src/runs/index.js';
import { temporaryFolder } from '../support/index.js';
import { experiment, newRun } from './fixture.js';

const grounds = { data: 'b'.repeat(64), engine: 'wasm' };
const identity = (change: object = {}, on = grounds) =>
  identityOf(experimentSchema.parse({ ...experiment, ...change }), on);
const { train, evaluate, data } = experiment;

describe('the identity of a result', () => {
  it.each<[what: string, change: object]>([
    ['the name', { name: 'x' }],
    ['the order of keys', Object.fromEntries(Object.entries(experiment).reverse())],
    ['presets, whose values count', { presets: ['any'] }],
    ['a search', { tune: { space: { 'train.epochs': { values: [1] } } } }],
    ['threads', { engine: { threads: 3 } }],
    ['where data lie', { data: { ...data, source: { store: '/elsewhere/store' } } }],
    ['when to save', { train: { ...train, checkpointSeconds: 1, checkpointSteps: 2 } }],
    ['what is measured besides', { evaluate: { ...evaluate, metrics: ['ndcg@5'], contextsPerBatch: 7 } }],
  ])('does not know %s', (_, change) => {
    expect(identity(change)).toBe(identity());
  });

  it.each<[what: string, change: object]>([
    ['the seed', { seed: 2 }],
    ['an option of the model', { model: { name: 'bpr', factors: 17 } }],
    ['an option of training', { train: { ...train, epochs: 11 } }],
    ['how data are cut', { data: { ...data, split: { kind: 'leaveOneOut' } } }],
    ['what is ranked', { evaluate: { ...evaluate, candidates: { kind: 'catalogue' } } }],
  ])('changes with %s', (_, change) => {
    expect(identity(change)).not.toBe(identity());
  });

  it('changes with the contents of the data, the engine and a file of candidates', () => {
    const lists = (path: string, candidates: string) =>
      identity({ evaluate: { candidates: { kind: 'file', path } } }, {
        ...grounds,
        candidates,
      } as typeof grounds);
    const all = [
      identity(),
      identity({}, { ...grounds, data: 'c'.repeat(64) }),
      identity({}, { ...grounds, engine: 'cpu' }),
      lists('/a.csv', '1'),
      lists('/a.csv', '2'),
    ];
    expect(new Set(all).size).toBe(5);
    expect(lists('/b.csv', '1')).toBe(lists('/a.csv', '1'));
  });
});

describe('the index of runs', () => {
  const of = (change: Partial<Experiment> = {}) => identityOf({ ...experiment, ...change }, grounds);

  it('finds runs by what they are, also after the folder was moved, and forgets those that are gone', async () => {
    const results = temporaryFolder();
    const one = await newRun(results);
    const two = await newRun(results, { seed: 2 });
    const index = new RunIndex(results, true);
    await index.refresh();
    const ids = async (from: RunIndex, own: string) => (await from.find(own)).map(({ id }) => id);
    expect(await ids(index, of())).toEqual([one.id]);
    expect(await ids(index, of({ seed: 2 }))).toEqual([two.id]);
    expect(await ids(index, of({ seed: 3 }))).toEqual([]);

    const moved = join(temporaryFolder(), 'moved');
    renameSync(results, moved);
    rmSync(join(moved, 'quickstart', two.id), { recursive: true });
    const later = await newRun(moved, { seed: 3 });
    const again = new RunIndex(moved, true);
    await again.refresh();
    expect(await ids(again, of())).toEqual([one.id]);
    expect(await ids(again, of({ seed: 2 }))).toEqual([]);
    expect(await ids(again, of({ seed: 3 }))).toEqual([later.id]);
  });

  it('is read where it is there, and made anew where it is damaged or of other options', async () => {
    const results = temporaryFolder();
    const run = await newRun(results);
    const file = join(results, '.identities.json');
    const found = async (): Promise<number> => {
      const index = new RunIndex(results, true);
      await index.refresh();
      return (await index.find(of())).length;
    };
    expect(await found()).toBe(1);
    const kept = JSON.parse(await readFile(file, 'utf8'));
    expect(kept.runs).toEqual({ [`quickstart/${run.id}`]: of() });
    // What it says is believed: the run is not read again.
    writeFileSync(file, JSON.stringify({ ...kept, runs: { [`quickstart/${run.id}`]: 'another' } }));
    expect(await found()).toBe(0);
    writeFileSync(file, JSON.stringify({ options: 'others', runs: { [`quickstart/${run.id}`]: 'another' } }));
    expect(await found()).toBe(1);
    writeFileSync(file, '{');
    expect(await found()).toBe(1);
  });

  it('leaves out what is no whole run, and writes nothing unless it may', async () => {
    const results = temporaryFolder();
    const run = await newRun(results);
    writeFileSync(join(run.directory, 'experiment.yaml'), 'model: [');
    const index = new RunIndex(results, false);
    await index.refresh();
    expect(await index.find(of())).toEqual([]);
    await expect(readFile(join(results, '.identities.json'))).rejects.toThrow('ENOENT');
    const nowhere = new RunIndex(join(results, 'none'), false);
    await nowhere.refresh();
    expect(await nowhere.find(of())).toEqual([]);
  });
});
