import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { clusterTask } from '../../src/runs/clusterTask.js';
import { Lock } from '../../src/runs/lock.js';
import { temporaryFolder } from '../support/index.js';

// As a task of Slurm 22.05 saw them.
const first = {
  SLURM_ARRAY_JOB_ID: '13',
  SLURM_ARRAY_TASK_ID: '0',
  SLURM_CLUSTER_NAME: 'mvrec',
  SLURM_JOB_ID: '17',
};
const variables = [...Object.keys(first), 'SLURM_RESTART_COUNT'];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

function be(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of variables) {
    if (env[name] === undefined) delete process.env[name];
    else process.env[name] = env[name];
  }
}
afterEach(() => be(before));

it('names tasks as Slurm does', () => {
  expect(clusterTask(first)).toEqual({ cluster: 'mvrec', id: '13_0', restarts: 0 });
  expect(clusterTask({ SLURM_JOB_ID: '5', SLURM_RESTART_COUNT: '2' })).toEqual({
    cluster: '',
    id: '5',
    restarts: 2,
  });
  expect(clusterTask({})).toBeNull();
});

describe('a lock that a node took along when it failed', () => {
  const task = { cluster: 'mvrec', id: '13_0', restarts: 0 };

  /** Laid by a process of another host. */
  function laid(of: object): string {
    const path = join(temporaryFolder(), 'lock');
    mkdirSync(path);
    writeFileSync(
      join(path, '0a1b2c3d4e5f6071'),
      JSON.stringify({ pid: 1, host: 'node7', began: null, ...of }),
    );
    return path;
  }

  it('goes to its task, begun anew on another node', async () => {
    be({ ...first, SLURM_RESTART_COUNT: '1' });
    const lock = new Lock(laid({ task }));
    expect(await lock.holder()).toBeNull();
    await lock.acquire();
    expect(await lock.holder()).toMatchObject({ host: hostname(), task: { ...task, restarts: 1 } });
  });

  it.each([
    ['is not begun anew: the other may be another process of the same job', first],
    ['is another task', { ...first, SLURM_ARRAY_TASK_ID: '1', SLURM_RESTART_COUNT: '1' }],
    ['is of another cluster', { ...first, SLURM_CLUSTER_NAME: 'b', SLURM_RESTART_COUNT: '1' }],
    ['is none', {}],
  ])('stays where the task %s', async (_, env) => {
    be(env);
    expect(await new Lock(laid({ task })).tryAcquire()).toBe(false);
    expect(await new Lock(laid({})).tryAcquire()).toBe(false);
  });

  it('is taken away by who knows that its task has ended', async () => {
    be({});
    const path = laid({ task });
    const lock = new Lock(path);
    await lock.abandon((holder) => holder.task?.id === '13_1');
    const [name] = readdirSync(path);
    expect(JSON.parse(readFileSync(join(path, name!), 'utf8')).task).toEqual(task);
    await lock.abandon((holder) => holder.task?.id === '13_0');
    expect(await lock.tryAcquire()).toBe(true);
  });
});
