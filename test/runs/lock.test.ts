import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { Lock } from '../../src/runs/lock.js';
import { itIf, projectRoot, temporaryFolder } from '../support/index.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Tries to lock `path` in another process, which then sleeps. Resolves to what it says: `held` or the error. */
function lockElsewhere(path: string): Promise<{ said: string; child: ChildProcess }> {
  const program = `
    import { Lock } from '${new URL('../../dist/runs/lock.js', import.meta.url)}';
    try {
      await new Lock(process.argv[1]).acquire();
      console.log('held');
    } catch (error) {
      console.log(error.message);
    }
    setTimeout(() => {}, 60000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
    cwd: projectRoot,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  children.push(child);
  child.stderr.pipe(process.stderr);
  return new Promise((resolve) => {
    child.stdout.once('data', (data) => resolve({ said: String(data).trim(), child }));
  });
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });

it('holds off another process and says which process holds it', async () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = new Lock(path);
  await lock.acquire();
  expect((await lockElsewhere(path)).said).toContain(`the run is in use by process ${process.pid}`);
  await lock.release();
  expect(existsSync(path)).toBe(false);
  expect((await lockElsewhere(path)).said).toBe('held');
});

it('is free at once after a kill -9', async () => {
  const path = join(temporaryFolder(), 'lock');
  const { said, child } = await lockElsewhere(path);
  expect(said).toBe('held');
  const lock = new Lock(path);
  expect(await lock.holder()).toMatchObject({ pid: child.pid, host: hostname() });
  await expect(lock.acquire()).rejects.toThrow(`process ${child.pid}`);
  await ended(child);
  expect(await lock.holder()).toBeNull();
  await lock.acquire();
  expect(await lock.holder()).toMatchObject({ pid: process.pid });
});

it('goes to one process only when several find it left behind', async () => {
  const path = join(temporaryFolder(), 'lock');
  await ended((await lockElsewhere(path)).child);
  const said = await Promise.all(Array.from({ length: 4 }, () => lockElsewhere(path)));
  const winners = said.filter((one) => one.said === 'held');
  expect(winners).toHaveLength(1);
  for (const { said: words } of said) {
    if (words !== 'held') expect(words).toContain(`process ${winners[0]!.child.pid}`);
  }
});

const holder = (change: object): string =>
  JSON.stringify({ pid: process.pid, host: hostname(), began: null, token: 'x', ...change });

itIf(existsSync('/proc/self/stat'), 'the system has no /proc to tell when a process began')(
  'knows a later process of the same number',
  async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, holder({ began: 'another boot:1' }));
    await new Lock(path).acquire();
    expect((JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid).toBe(process.pid);
  },
);

it('leaves the lock of another host alone and says what to do', async () => {
  const path = join(temporaryFolder(), 'lock');
  writeFileSync(path, holder({ host: 'elsewhere', pid: 17 }));
  await expect(new Lock(path).acquire()).rejects.toThrow(
    `the run is in use by process 17 on elsewhere\n  Wait for it to end. If it is no more, delete ${path}.`,
  );
});

it('takes over a lock that a kill left empty, and a takeover that a kill left half-way', async () => {
  const path = join(temporaryFolder(), 'lock');
  const longAgo = new Date(Date.now() - 60_000);
  for (const file of [path, `${path}.takeover`]) {
    writeFileSync(file, '');
    utimesSync(file, longAgo, longAgo);
  }
  const lock = new Lock(path);
  await lock.acquire();
  expect(await lock.holder()).toMatchObject({ pid: process.pid });
  expect(existsSync(`${path}.takeover`)).toBe(false);
});

it('releases only what is its own', async () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = new Lock(path);
  await lock.acquire();
  writeFileSync(path, holder({ pid: 17, host: 'elsewhere' }));
  await lock.release();
  expect(existsSync(path)).toBe(true);
});
