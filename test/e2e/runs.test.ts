import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import type { Run } from '../../src/runs/index.js';
import { newRun } from '../runs/fixture.js';
import { type BinResult, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

const results = join(temporaryFolder(), 'results');
let first: Run;
let second: Run;

const mvrec = (...args: readonly string[]): Promise<BinResult> =>
  runHere(args, { env: { MVREC_RESULTS_DIR: results } });

beforeAll(async () => {
  first = await newRun(results);
  await first.lock();
  await first.setStatus('finished', { epochs: 3, seconds: 12.5 });
  await first.saveEvaluation({ metrics: { validation: { auc: 0.6 }, test: { auc: 0.61234, gauc: null } } });
  await first.unlock();
  second = await newRun(results, { seed: 2 });
});

it('lists runs', async () => {
  const { code, stdout, stderr } = await runBin(['runs', 'list', '--json'], {
    env: { MVREC_RESULTS_DIR: results },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({
    runs: [
      { run: second.id, status: 'created', epochs: 0, test: null },
      {
        run: first.id,
        model: 'bpr',
        status: 'finished',
        epochs: 3,
        seconds: 12.5,
        test: { metric: 'auc', value: 0.61234 },
      },
    ],
    unreadable: [],
  });
  const { stdout: text } = await mvrec('runs', 'list');
  expect(text.split('\n')[2]).toMatch(/bpr-s1-\S+\s+quickstart\s+finished\s+3\s+auc 0\.6123\s+12\.5$/);
});

it('shows a run', async () => {
  const { code, stdout } = await mvrec('runs', 'show', first.id);
  expect(code).toBe(0);
  expect(stdout).toContain('wasm 4.22.0 on cpu, 2 threads, linux-x64');
  expect(stdout).toMatch(/auc\s+0\.6000\s+0\.6123\n *gauc\s+-\s+-/);
  expect(stdout).toContain('factors: 16');
});

it('compares runs', async () => {
  const { stdout } = await mvrec('runs', 'compare', first.id, second.id, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ runs: [first.id, second.id], config: { seed: [1, 2] } });
});

it.each([
  [['runs', 'show', 'nothing'], 'there is no run nothing'],
  [['runs', 'rm', 'quickstart/latest'], 'there is no terminal to ask on\n  Say --yes.'],
  [['runs', 'list'], 'there is no folder', { MVREC_RESULTS_DIR: join(results, 'none') }],
  [['train', '--resume', 'nothing'], 'there is no run nothing'],
  [['eval', 'nothing'], 'there is no run nothing'],
])('explains %j', async (args, words, env: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await runHere(args, { env: { MVREC_RESULTS_DIR: results, ...env } });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
  expect(stderr).not.toContain('    at ');
});

it('deletes a run, though not one that a process writes', async () => {
  const doomed = await newRun(results);
  await doomed.lock();
  const refused = await mvrec('runs', 'rm', doomed.id, '--yes');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`in use by process ${process.pid}`);
  expect(existsSync(doomed.directory)).toBe(true);
  await doomed.unlock();
  const { code, stdout } = await mvrec('runs', 'rm', doomed.id, '--yes', '--json');
  expect({ code, json: JSON.parse(stdout) }).toEqual({ code: 0, json: { removed: [doomed.directory] } });
  expect(existsSync(doomed.directory)).toBe(false);
});

it('opens a results folder only where there is one', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'empty'));
  const inFolder = (name: string): Promise<BinResult> =>
    runHere(['runs', 'list'], { env: { MVREC_RESULTS_DIR: join(folder, name) } });
  expect((await inFolder('empty')).stdout).toBe('no runs\n');
  expect(await inFolder('file')).toMatchObject({ code: 2, stdout: '' });
});
