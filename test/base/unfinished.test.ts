import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { isAlive, moveFolder, removeUnfinished, unfinishedPath } from '../../src/base/index.js';
import { temporaryFolder } from '../support/index.js';

it('names what is unfinished after its process and host, each time differently', () => {
  const path = unfinishedPath(join('stores', 'mine'));
  expect(dirname(path)).toBe('stores');
  expect(basename(path).startsWith(`.mine.${process.pid}@${hostname()}.`)).toBe(true);
  expect(unfinishedPath(join('stores', 'mine'))).not.toBe(path);
});

it('removes what dead processes of this host left, and nothing else', async () => {
  const folder = temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const stays = [
    basename(unfinishedPath(join(folder, 'x'))), // ours
    `.x.${pid}@another.${hostname()}.0a1b2c3d.tmp`, // another host's
    `.x.${pid}.0a1b2c3d.tmp`,
    '.config',
    'x.tmp',
  ].sort();
  const goes = [`.x.${pid}@${hostname()}.0a1b2c3d.tmp`, `.a@b.1.${pid}@${hostname()}.0a1b2c3d.tmp`];
  for (const name of [...stays, ...goes]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'file'), '');
  }
  await removeUnfinished(folder);
  expect(readdirSync(folder).sort()).toEqual(stays);
});

it('knows which processes live', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(1)).toBe(true); // perhaps not ours to signal
  expect(isAlive(spawnSync(process.execPath, ['-e', '']).pid)).toBe(false);
});

it('moves a folder to a place that is free or an empty folder, and not onto a full one', async () => {
  const folder = temporaryFolder();
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  mkdirSync(from);
  writeFileSync(join(from, 'file'), '');
  mkdirSync(to);
  expect(await moveFolder(from, to)).toBe(true);
  expect([existsSync(from), readdirSync(to)]).toEqual([false, ['file']]);
  mkdirSync(from);
  expect(await moveFolder(from, to)).toBe(false);
  expect(existsSync(from)).toBe(true);
  await expect(moveFolder(join(folder, 'none'), to)).rejects.toThrow('ENOENT');
});
