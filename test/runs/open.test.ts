import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { createRun, listRuns, openRun, removeRuns } from '../../src/runs/index.js';
import { temporaryFolder } from '../support/index.js';
import { experiment, newRun, provenance } from './fixture.js';

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

it('finds a run by path, id, parts of the id and as the latest', async () => {
  const results = temporaryFolder();
  const first = await newRun(results);
  await later();
  const second = await createRun({ resultsDir: results, name: 'other', experiment, origins: {}, provenance });
  const found = async (words: string): Promise<string> => (await openRun(results, words)).id;

  expect(await found(first.directory)).toBe(first.id);
  expect(await found(relative(process.cwd(), first.directory))).toBe(first.id);
  expect(await found(first.id)).toBe(first.id);
  expect(await found(`quickstart/${first.id}`)).toBe(first.id);
  expect(await found(first.id.slice(-8))).toBe(first.id);
  expect(await found('latest')).toBe(second.id);
  expect(await found('quickstart/latest')).toBe(first.id);
  await expect(found('20')).rejects.toThrow('there is no run 20');
  await expect(found(first.id.slice(0, 4))).rejects.toThrow('2 runs answer to');
});

it('names the nearest run where there is no such', async () => {
  const results = temporaryFolder();
  await expect(openRun(results, 'latest')).rejects.toThrow('mvrec train');
  const run = await newRun(results);
  const typo = run.id.replace('bpr', 'brp');
  await expect(openRun(results, typo)).rejects.toThrow(`Did you mean ${run.id}?`);
  await expect(openRun(results, 'other/latest')).rejects.toThrow('there is no run other/latest');
  await expect(openRun(results, results)).rejects.toThrow('not the folder of a run');
  await expect(openRun(join(results, 'none'), run.id)).rejects.toThrow(/there is no folder .*none/);
});

it('lists the newest first, and what it cannot read', async () => {
  const results = temporaryFolder();
  const runs = [];
  for (let i = 0; i < 3; i++) {
    runs.push(await newRun(results));
    await later();
  }
  const broken = join(results, 'quickstart', 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'run.json'), '{"layout": 1');
  mkdirSync(join(results, 'quickstart', 'not-a-run'));
  writeFileSync(join(results, 'notes.txt'), 'mine');
  const listed = await listRuns(results);
  expect(listed.runs.map(({ id }) => id)).toEqual(runs.map(({ id }) => id).reverse());
  expect(listed.unreadable).toEqual([{ directory: broken, problem: 'the file is damaged: it is not JSON' }]);
});

it('refuses the folder of a newer version', async () => {
  const run = await newRun(temporaryFolder());
  const file = join(run.directory, 'run.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as { provenance: { versions: { mvrec: string } } };
  record.provenance.versions.mvrec = '9.1.0';
  writeFileSync(file, JSON.stringify({ ...record, layout: 99 }));
  const error = await openRun('', run.directory).catch((error: Error) => error);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(/newer mvrec \(layout 99.*Install mvrec 9\.1\.0\./s);
});

it('refuses an experiment that this version does not know', async () => {
  const run = await newRun(temporaryFolder());
  writeFileSync(join(run.directory, 'experiment.yaml'), 'data: {}\nmodel: {name: other}\n');
  await expect(run.experiment()).rejects.toThrow(/experiment\.yaml.*mvrec 0\.1\.0/s);
});

it('says that the results folder is a file', async () => {
  const file = join(temporaryFolder(), 'results');
  writeFileSync(file, '');
  await expect(newRun(file)).rejects.toBeInstanceOf(UserError);
  await expect(listRuns(file)).rejects.toThrow('is not a folder');
  expect(readFileSync(file, 'utf8')).toBe('');
});

it('moves with its folder', async () => {
  const results = temporaryFolder();
  const run = await newRun(results);
  renameSync(join(results, 'quickstart'), join(results, 'renamed'));
  expect((await openRun(results, 'renamed/latest')).id).toBe(run.id);
});

it('removes runs, though not from under its writer', async () => {
  const results = temporaryFolder();
  const run = await newRun(results);
  await run.lock();
  const other = await newRun(results);
  const both = [await openRun(results, other.id), await openRun(results, run.id)];
  await expect(removeRuns(both)).rejects.toThrow(`process ${process.pid}`);
  expect((await listRuns(results)).runs).toHaveLength(2);
  await run.unlock();
  await removeRuns(both);
  expect(readdirSync(join(results, 'quickstart'))).toEqual([]);
});
