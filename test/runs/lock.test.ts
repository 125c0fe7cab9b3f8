import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { holderText, Lock } from '../../src/runs/lock.js';
import { itIf, projectRoot, temporaryFolder } from '../support/index.js';

const children: ChildProcess[] = [];
const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    }
  });
// Waited for: a child that still has to end would keep the process of the test from ending.
afterEach(() => Promise.all(children.splice(0).map(ended)).then(() => {}));

/**
 * Tries to lock `path` in another process, which then sleeps. Resolves to what it says first: `held`, the error, or
 * what `before` makes it say.
 */
function lockElsewhere(path: string, before = ''): Promise<{ said: string; child: ChildProcess }> {
  const program = `
    ${before}
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

it('holds off another process and says which process holds it', async () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = new Lock(path);
  await lock.acquire();
  expect((await lockElsewhere(path)).said).toContain(`the run is in use by process ${process.pid}`);
  await lock.release();
  expect(existsSync(path)).toBe(false);
  expect((await lockElsewhere(path)).said).toBe('held');
});

it('may be asked for without an error', async () => {
  const path = join(temporaryFolder(), 'lock');
  const [mine, other] = [new Lock(path), new Lock(path)];
  expect(await mine.tryAcquire()).toBe(true);
  expect([await other.tryAcquire(), other.isHeld]).toEqual([false, false]);
  await mine.release();
  expect(await other.tryAcquire()).toBe(true);
  await expect(new Lock(join(path, 'none', 'lock')).tryAcquire()).rejects.toThrow('cannot be made');
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

/** Lays a lock that says what is given. */
function lay(path: string, contents: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '0a1b2c3d4e5f6071'), contents);
}

const holder = (change: object): string =>
  JSON.stringify({ pid: process.pid, host: hostname(), began: null, ...change });

const left = holder({ pid: 2147483646 }); // beyond the largest process id of Linux

it('goes to one only when several of one process find it left behind, every time', async () => {
  for (let round = 0; round < 30; round++) {
    const path = join(temporaryFolder(), 'lock');
    lay(path, left);
    const locks = Array.from({ length: 6 }, () => new Lock(path));
    await Promise.allSettled(locks.map((lock) => lock.acquire()));
    expect(locks.filter(({ isHeld }) => isHeld)).toHaveLength(1);
    expect(readdirSync(dirname(path))).toEqual(['lock']);
    for (const lock of locks) await lock.release();
    expect(readdirSync(dirname(path))).toEqual([]);
  }
});

it('is not taken from its new holder by one that found it left behind and then stood still', async () => {
  const path = join(temporaryFolder(), 'lock');
  lay(path, left);
  // Stands still, as a suspended process does, before it takes away what it found; goes on when it is told.
  const late = await lockElsewhere(
    path,
    `import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const { rm } = fs;
    fs.rm = async (...all) => {
      fs.rm = rm;
      syncBuiltinESMExports();
      console.log('found it');
      await new Promise((resolve) => process.stdin.once('data', resolve));
      return rm(...all);
    };
    syncBuiltinESMExports();`,
  );
  expect(late.said).toBe('found it');
  const lock = new Lock(path);
  await lock.acquire();
  const later = new Promise((resolve) => late.child.stdout!.once('data', resolve));
  late.child.stdin!.write('go on');
  expect(String(await later)).toContain(`the run is in use by process ${process.pid}`);
  expect(await lock.holder()).toMatchObject({ pid: process.pid });
});

itIf(existsSync('/proc/self/stat'), 'the system has no /proc to tell when a process began')(
  'knows a later process of the same number',
  async () => {
    const path = join(temporaryFolder(), 'lock');
    lay(path, holder({ began: 'another boot:1' }));
    const lock = new Lock(path);
    expect(await lock.holder()).toBeNull();
    await lock.acquire();
    expect(await lock.holder()).toMatchObject({ pid: process.pid });
  },
);

it('leaves the lock of another host alone and says what to do', async () => {
  const path = join(temporaryFolder(), 'lock');
  lay(path, holder({ host: 'elsewhere', pid: 17 }));
  await expect(new Lock(path).acquire()).rejects.toThrow(
    `the run is in use by process 17 on elsewhere\n  Wait for it to end. If it is no more, delete ${path}.`,
  );
});

it.each<[string, (path: string) => void]>([
  ['an empty folder', (path) => mkdirSync(path)],
  ['a file without contents, as after a loss of power', (path) => lay(path, '')],
  [
    'what another left that was killed on its way',
    (path) => mkdirSync(`${dirname(path)}/.lock.2147483646@${hostname()}.0a1b2c3d.tmp`),
  ],
])('takes over %s', async (_, leave) => {
  const path = join(temporaryFolder(), 'lock');
  leave(path);
  const lock = new Lock(path);
  await lock.acquire();
  expect(await lock.holder()).toMatchObject({ pid: process.pid });
  expect(readdirSync(dirname(path))).toEqual(['lock']);
});

it('releases only what is its own', async () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = new Lock(path);
  await lock.acquire();
  for (const name of readdirSync(path)) rmSync(join(path, name));
  lay(path, holder({ pid: 17, host: 'elsewhere' }));
  await lock.release();
  expect(await lock.holder()).toMatchObject({ pid: 17, host: 'elsewhere' });
});

it('a holder is told by its process, and on another host with what to delete if it is no more', () => {
  const own = { pid: 17, host: hostname(), began: null };
  expect(holderText(own, '/r/lock')).toBe('process 17');
  expect(holderText({ ...own, host: 'elsewhere' }, '/r/lock')).toBe(
    'process 17 on elsewhere (if it is no more, delete /r/lock)',
  );
});
