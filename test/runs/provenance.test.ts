import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { collectProvenance } from '../../src/runs/index.js';
import { itIf, projectRoot, temporaryFolder } from '../support/index.js';

const input = {
  engine: { name: 'wasm', device: 'cpu', threads: 2, version: '4.22.0' },
  data: { name: 'quickstart', fingerprint: 'abc', caveat: null },
  seed: 3,
  command: ['train', 'quickstart.yaml'],
};

it('records versions, engine, data, seed and command, and nothing of the host', async () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(await collectProvenance(input, temporaryFolder())).toEqual({
    git: null,
    versions: { mvrec: version, node: process.versions.node, engine: '4.22.0' },
    platform: `${process.platform}-${process.arch}`,
    engine: { name: 'wasm', device: 'cpu', threads: 2 },
    data: { name: 'quickstart', fingerprint: 'abc', caveat: null },
    seed: 3,
    command: ['mvrec', 'train', 'quickstart.yaml'],
  });
});

const hasGit = ((): boolean => {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

itIf(hasGit, 'there is no git')('records the commit and whether there were changes', async () => {
  const folder = temporaryFolder();
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e', ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
  git('init', '--quiet');
  expect((await collectProvenance(input, folder)).git).toBeNull(); // no commit yet
  writeFileSync(join(folder, 'a'), '1');
  git('add', 'a');
  git('commit', '--quiet', '-m', 'm');
  const commit = readFileSync(join(folder, '.git', git('symbolic-ref', 'HEAD').trim()), 'utf8').trim();
  expect((await collectProvenance(input, folder)).git).toEqual({ commit, dirty: false });
  writeFileSync(join(folder, 'a'), '2');
  expect((await collectProvenance(input, folder)).git).toEqual({ commit, dirty: true });
});
