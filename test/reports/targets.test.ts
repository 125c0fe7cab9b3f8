import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { gather, type Target, targetsOf } from '../../src/reports/index.js';
import { createRun } from '../../src/runs/index.js';
import { SweepFolder } from '../../src/sweeps/cell.js';
import { experiment, provenance } from '../runs/fixture.js';
import { temporaryFolder } from '../support/index.js';
import { finishedRun, sweepFolder } from './fixture.js';

const results = temporaryFolder();
const settings = { resultsDir: results, dataDir: results, cacheDir: results };
const file = { on: undefined, set: undefined, engine: undefined, name: undefined };
const targets = (...words: string[]): Promise<Target[]> => targetsOf({ words, file }, settings);
const sweep = 'depth-0123abcd';
let run = '';

beforeAll(async () => {
  await sweepFolder(results, sweep, ['A', 'B', 'C']);
  run = (await finishedRun(results, 'single', { seed: 1, metrics: { auc: 0.6 } })).id;
  await finishedRun(results, 'single', { seed: 2, metrics: { auc: 0.7 } });
});

describe('what words name', () => {
  it('is a sweep by its folder, its name, or the name in its file', async () => {
    for (const word of [join(results, sweep), `${join(results, sweep)}/`, sweep, 'depth']) {
      expect((await targets(word)).map(({ kind, id }) => [kind, id])).toEqual([['sweep', sweep]]);
    }
    expect(await targets(sweep, 'depth')).toHaveLength(1);
    const other = temporaryFolder();
    await sweepFolder(other, sweep, ['A', 'B', 'C']);
    const both = await targets(join(results, sweep), join(other, sweep), join(results, sweep));
    expect(both.map(({ id }) => id)).toEqual([sweep, `${sweep}-2`]);
  });

  it('is a run as everywhere, or all of a name; runs named one by one are one report', async () => {
    expect((await targets(run)).map(({ kind, id }) => [kind, id])).toEqual([['runs', run]]);
    expect((await targets('single')).map(({ id }) => id)).toEqual(['single']);
    const [both] = await targets(run, 'single/latest', 'depth');
    expect(both).toMatchObject({ kind: 'sweep', id: sweep });
    expect((await targets(run, 'single/latest', 'depth'))[1]).toMatchObject({ kind: 'runs', id: 'runs' });
  });

  it('is everything where there are none', async () => {
    expect((await targets()).map(({ kind, id }) => [kind, id])).toEqual([
      ['sweep', sweep],
      ['runs', 'single'],
    ]);
  });

  it('is told to be nothing', async () => {
    await expect(targets('dapth')).rejects.toThrow(
      /there is no run or sweep dapth in .*\n {2}Did you mean depth/,
    );
    await expect(targets(join(results, 'single'))).rejects.toThrow('is not the folder of a run');
    await expect(targets('none.yaml')).rejects.toThrow('none.yaml');
    await expect(targetsOf({ words: [sweep], file: { ...file, on: 'small' } }, settings)).rejects.toThrow(
      '--on: no sweep file is named',
    );
    const other = temporaryFolder();
    await sweepFolder(other, 'depth-11111111', ['A', 'B', 'C']);
    await sweepFolder(other, 'depth-22222222', ['A', 'B', 'C']);
    await expect(targetsOf({ words: ['depth'], file }, { ...settings, resultsDir: other })).rejects.toThrow(
      '2 sweeps answer to depth: depth-11111111, depth-22222222',
    );
  });
});

const material = async (...words: string[]) => gather((await targets(...words))[0]!, settings);

describe('what is gathered', () => {
  it('of a sweep is every cell with what its run tells', async () => {
    const { title, subtitle, labels, metrics, entries, published, claims, going } = await material(sweep);
    expect({ title, subtitle, labels, metrics, going }).toEqual({
      title: 'A sweep of A',
      subtitle: 'B',
      labels: ['A', 'B', 'C'],
      metrics: ['auc', 'ndcg@10'],
      going: false,
    });
    expect(
      entries.map(({ label, seed, state, epochs, cost }) => [
        label,
        seed,
        state,
        epochs.length,
        cost?.parameters,
      ]),
    ).toEqual([
      ['A', 1, 'finished', 3, 1234],
      ['A', 2, 'finished', 3, 1234],
      ['B', 1, 'finished', 3, 1234],
      ['B', 2, 'finished', 3, 1234],
      ['C', 1, 'waiting', 0, undefined],
      ['C', 2, 'waiting', 0, undefined],
    ]);
    expect(published).toEqual({ A: { auc: 0.75 } });
    expect(claims?.results.map(({ id }) => id)).toEqual(['first']);
    expect(entries[0]!.breakdown?.item?.[0]?.group).toBe('warm');
    expect(entries[0]!.protocol).toContain('split time');
  });

  it('of a sweep under way is what its cells have come to, and of a killed one too', async () => {
    const elsewhere = temporaryFolder();
    const directory = await sweepFolder(elsewhere, 'live-0', ['A', 'B', 'C']);
    const folder = new SweepFolder(directory);
    await folder.open();
    await folder.put({ ...folder.cellOf({ label: 'C', seed: 2 })!, state: 'running' });
    const cell = { sweep: 'live-0', label: 'C' };
    const own = { ...experiment, seed: 2 };
    const at = { resultsDir: elsewhere, name: 'live-0', origins: {}, provenance: { ...provenance, seed: 2 } };
    const started = await createRun({ ...at, experiment: own, cell });
    await started.lock();
    await started.setStatus('running');
    started.appendMetrics({ epoch: 1, step: 1, metrics: { train: { loss: 0.6 } } });
    const last = async () => {
      const { going, entries } = await material(directory);
      return { going, state: entries.at(-1)!.state, epochs: entries.at(-1)!.epochs.length };
    };
    expect(await last()).toEqual({ going: true, state: 'running', epochs: 1 });
    await started.unlock(); // as if it had been killed
    await folder.close();
    expect(await last()).toEqual({ going: false, state: 'interrupted', epochs: 1 });
  });

  it('of a sweep that the command line changed, or of some rows, says so', async () => {
    const elsewhere = temporaryFolder();
    const folder = await sweepFolder(elsewhere, 'changed-0', ['A', 'B', 'C']);
    const record = join(folder, 'sweep.json');
    const more = { changes: ['--on control', '--set train.epochs=1'], labels: ['A', 'B', 'C', 'D', 'E'] };
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), ...more }));
    const { subtitle, changes, labels, notes } = await material(folder);
    expect({ subtitle, changes, labels, notes }).toEqual({
      subtitle: 'B; with --on control --set train.epochs=1',
      changes: more.changes,
      labels: ['A', 'B', 'C'],
      notes: ['Rows of the sweep that were never asked for: D; E.'],
    });
  });

  it('of a sweep whose folder was moved is the same', async () => {
    const elsewhere = temporaryFolder();
    await sweepFolder(elsewhere, 'moved-0', ['A', 'B', 'C']);
    const place = join(temporaryFolder(), 'kept');
    mkdirSync(place);
    renameSync(join(elsewhere, 'moved-0'), join(place, 'moved-0'));
    const { entries } = await material(join(place, 'moved-0'));
    expect(entries.map(({ epochs }) => epochs.length)).toEqual([3, 3, 3, 3, 0, 0]);
  });

  it('of a sweep whose run was taken away is what the sweep has put down', async () => {
    const elsewhere = temporaryFolder();
    const folder = await sweepFolder(elsewhere, 'gone-0', ['A', 'B', 'C']);
    const before = await material(folder);
    rmSync(join(elsewhere, before.entries[0]!.run!), { recursive: true });
    const [first, second] = (await material(folder)).entries;
    expect(first).toMatchObject({ state: 'finished', metrics: { auc: 0.71 }, epochs: [], provenance: null });
    expect(second!.epochs).toHaveLength(3);
  });

  it('of runs is a row for those that differ in the seed alone', async () => {
    const { title, labels, entries, metrics, part } = await material('single');
    expect({ title, labels, metrics, part }).toEqual({
      title: 'Runs of single',
      labels: ['bpr'],
      metrics: ['auc'],
      part: 'test',
    });
    expect(entries.map(({ seed, metrics }) => [seed, metrics])).toEqual([
      [1, { auc: 0.6 }],
      [2, { auc: 0.7 }],
    ]);
  });

  it('of runs that differ otherwise is a row each, told apart', async () => {
    const elsewhere = temporaryFolder();
    const config = { name: 'bpr', factors: 4 } as const;
    const model = { ...experiment.model, ...config } as typeof experiment.model;
    const make = (name: string, change = {}) =>
      createRun({
        resultsDir: elsewhere,
        name,
        experiment: { ...experiment, ...change },
        origins: {},
        provenance,
      });
    await make('one');
    await make('two', { model });
    await make('two', { model }); // the same seed again
    const all = {
      kind: 'runs',
      id: 'x',
      place: 'x',
      read: async () => (await runs(elsewhere)).flat(),
    } as const;
    const { labels, entries } = await gather(all, settings);
    expect(new Set(labels).size).toBe(3);
    expect(entries.every(({ state }) => state === 'created')).toBe(true);
  });
});

async function runs(folder: string) {
  const { listRuns } = await import('../../src/runs/index.js');
  return [(await listRuns(folder)).runs];
}

it('reports of a sweep file what was never begun', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'depth.yaml');
  writeFileSync(
    path,
    `experiment: { data: { source: { world: quickstart } }, model: { name: bpr } }
axes: { model.factors: [2, 4] }
seeds: 2
metrics: [auc]
on:
  a: { title: one, set: { data.source: { world: quickstart } } }
  b: { title: two, set: { data.source: { world: toffee } } }
published: { b: { factors=2: { auc: 0.7 } } }
claims: [{ id: c, statement: more is more, type: order, rows: [factors=4, factors=2], metrics: [auc] }]
`,
  );
  const set = ['train.epochs=1'];
  const [target] = await targetsOf({ words: [path], file: { ...file, on: 'b', set } }, settings);
  const { subtitle, labels, entries, published, claims, notes } = await gather(target!, settings);
  expect({ subtitle, labels, published }).toEqual({
    subtitle: 'two; with --on b --set train.epochs=1',
    labels: ['factors=2', 'factors=4'],
    published: { 'factors=2': { auc: 0.7 } },
  });
  expect(entries.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
  expect(claims?.results.map(({ verdict }) => verdict)).toEqual(['undecided']);
  expect(notes).toEqual([`It was not run with these options and data; what was, by its name: ${sweep}.`]);
});
