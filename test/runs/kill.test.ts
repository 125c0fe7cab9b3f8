import { spawn } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import { openRun, type SavedCheckpoint } from '../../src/runs/index.js';
import { effort, projectRoot, temporaryFolder } from '../support/index.js';
import { newRun } from './fixture.js';

/** Goes on with a run for ever: a line of metrics and a checkpoint of 2 MB a step. */
const program = `
  import { openRun } from '${new URL('../../dist/runs/index.js', import.meta.url)}';
  const run = await openRun('', process.argv[1]);
  await run.lock();
  await run.setStatus('running');
  let step = (await run.restore(async ({ meta }) => meta.step)) ?? 0;
  console.log('begin');
  for (;;) {
    step++;
    run.appendMetrics({ epoch: 1, step, metrics: { train: { loss: step } } });
    const tensors = new Map([['weight', { shape: [500000], data: new Float32Array(500000).fill(step) }]]);
    await run.saveCheckpoint('best', { tensors, meta: { step } });
    await run.saveCheckpoint('last', { tensors, meta: { step } });
  }`;

async function readWeight({
  meta,
  readInto,
}: SavedCheckpoint): Promise<{ step: number; weight: Float32Array }> {
  const weight = new Float32Array(500000);
  await readInto(new Map([['weight', { shape: [500000], data: weight }]]));
  return { step: meta.step as number, weight };
}

function workUntilKilled(directory: string, milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, directory], {
    cwd: projectRoot,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  child.stderr.pipe(process.stderr);
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), milliseconds));
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

it('can be resumed after a kill -9 at any moment', async () => {
  const { directory } = await newRun(temporaryFolder());
  const random = randomStream('kill');
  let before = 0;
  for (let kill = 0; kill < 2 + 2 * effort; kill++) {
    await workUntilKilled(directory, random.int(150));
    const run = await openRun('', directory);
    expect(await run.status()).toMatchObject({ state: 'interrupted', reason: 'the process was killed' });
    await run.lock();
    const last = await run.restore(readWeight);
    const step = last?.step ?? 0;
    expect(step).toBeGreaterThanOrEqual(before);
    const weights = last?.weight ?? [];
    expect(new Set(weights)).toEqual(new Set(step ? [step] : []));
    expect(run.readMetrics().map((record) => record.step)).toEqual(
      Array.from({ length: step }, (_, i) => i + 1),
    );
    const best = await run.loadCheckpoint('best', readWeight);
    expect([step, step + 1]).toContain(best?.step ?? 0);
    await run.unlock();
    before = step;
  }
  expect(before).toBeGreaterThan(0);
});
