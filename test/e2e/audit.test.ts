import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type BinResult, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

const experiment = `
name: small
data:
  source: { world: quickstart, scale: 0.05 }
model: { name: thacil, visual: [cover], visualSize: 4, categorySize: 4, historyLength: 8, blockSize: 4, heads: 2 }
train: { epochs: 1, batchSize: 512, selectOn: test }
engine: { name: wasm }
`;

let folder: string;
/** In this process, and as one of its own. */
let mvrec: (...args: readonly string[]) => Promise<BinResult>;
let mvrecAlone: typeof mvrec;
beforeAll(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder, 'small.yaml'), experiment);
  const env = { MVREC_DATA_DIR: join(folder, 'data'), MVREC_RESULTS_DIR: join(folder, 'results') };
  mvrec = (...args) => runHere(args, { cwd: folder, env });
  mvrecAlone = (...args) => runBin(args, { cwd: folder, env, timeout: 120_000 });
});

describe('mvrec data audit', () => {
  it('ends with 0 for an honest experiment', async () => {
    const { code, stdout } = await mvrec('data', 'audit', 'small.yaml', '--set', 'train.selectOn=validation');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\naudit of small: clean, \d notes?\n {2}quickstart [0-9a-f]{12}, [\d,]+ rows in/);
  });

  it('ends with 3 for a leak, and with 0 for one that is accepted', async () => {
    const leaks = ['data', 'audit', 'small.yaml', '--set', 'model.historyTarget=include'];
    const found = await mvrecAlone(...leaks, '--quiet');
    expect({ code: found.code, stderr: found.stderr }).toEqual({ code: 3, stderr: '' });
    expect(found.stdout).toMatch(/^leak +target-in-history +[\d,]+ of [\d,]+ rows +train [\d,]+$/m);
    expect(found.stdout).toContain('By the setting model.historyTarget: include.');
    expect(found.stdout).toMatch(/For example row \d+ \(train\): user u\d+, item v\d+, time \d+, label 1/);
    expect(found.stdout).toContain('3 leaks (target-in-history, history-after-impression, selected-on-test)');
    const known = 'target-in-history,history-after-impression';
    expect((await mvrec(...leaks, '--accept', known)).code).toBe(3);
    const accepted = await mvrec(...leaks, '--accept', `${known},selected-on-test`);
    expect(accepted.code).toBe(0);
    expect(accepted.stdout).toMatch(/^leak \(known\) +target-in-history/m);
  });

  it('speaks JSON, also with a leak', async () => {
    const { code, stdout } = await mvrec('data', 'audit', 'small.yaml', '--json');
    expect(code).toBe(3);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      experiment: 'small',
      data: { name: 'quickstart' },
      accepted: [],
      leaks: 1,
      warnings: 0,
    });
    expect(found.findings[0]).toMatchObject({
      code: 'selected-on-test',
      severity: 'leak',
      unit: 'rows',
      example: { part: 'test' },
      setting: 'train.selectOn: test',
    });
    expect(found.findings[0].count).toBe(found.findings[0].of);
  });

  it.each([
    [['--accept', 'target-in-histroy'], 'Did you mean target-in-history?'],
    [['--set', 'model.visual=[covr]'], 'no item feature covr (model.visual)'],
  ])('explains %j', async (more, words) => {
    const { code, stdout, stderr } = await mvrec('data', 'audit', 'small.yaml', ...more);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  });
});

it('a run begins with its audit in a line, keeps it, and is reminded of leaks', async () => {
  const trained = await mvrecAlone('train', 'small.yaml', '--seed', '2', '--set', 'model.dropout=none');
  expect(trained.code).toBe(0);
  const line = /^audit: (1 leak \(selected-on-test\), \d notes?) \((mvrec data audit .*)\)$/m.exec(
    trained.stderr,
  );
  expect(line![2]).toBe('mvrec data audit small.yaml --seed 2 --set model.dropout=none');
  expect(trained.stdout).toContain(`Audit: ${line![1]}: see docs/audit.md.`);

  const directory = /^ {2}(\S+)$/m.exec(trained.stdout)![1]!;
  const { audit } = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')).provenance;
  expect(audit).toMatchObject({ leaks: 1, warnings: 0 });
  const [leak] = audit.findings;
  expect(Object.keys(leak)).toEqual(['code', 'severity', 'count', 'unit']);
  expect(leak.code).toBe('selected-on-test');
  expect((await mvrec('runs', 'show', 'latest')).stdout).toContain(`audit      ${line![1]}`);

  const evaluated = await mvrec('eval', 'latest', '--json', '--split', 'test');
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ audit, rows: leak.count });
});
