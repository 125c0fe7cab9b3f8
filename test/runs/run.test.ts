import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { openRun, type Run } from '../../src/runs/index.js';
import { describeIf, python, temporaryFolder } from '../support/index.js';
import { checkpointAt, experiment, newRun, provenance, readBack } from './fixture.js';

const read = (run: Run, ...parts: string[]): string => readFileSync(join(run.directory, ...parts), 'utf8');

it('makes a folder that says what the run is', async () => {
  const results = temporaryFolder();
  const run = await newRun(results);
  expect(run.id).toMatch(/^\d{8}T\d{6}Z-bpr-s1-[0-9a-f]{8}$/);
  expect(run.directory).toBe(join(results, 'quickstart', run.id));
  expect(readdirSync(run.directory).sort()).toEqual(
    ['checkpoints', 'experiment.yaml', 'origins.json', 'run.json', 'status.json'].sort(),
  );
  expect(readdirSync(join(results, 'quickstart'))).toEqual([run.id]);

  const opened = await openRun(results, run.id);
  expect(opened.record).toMatchObject({ name: 'quickstart', model: 'bpr', seed: 1, provenance });
  expect(await opened.experiment()).toEqual(experiment);
  expect(await opened.origins()).toEqual({ seed: 'default' });
  expect(await opened.status()).toMatchObject({ state: 'created', reason: null, epochs: 0, seconds: 0 });
  expect(await opened.readEvaluation()).toBeNull();
  expect(await opened.loadCheckpoint('last', readBack)).toBeNull();
  expect(opened.readMetrics()).toEqual([]);
});

it('writes under its lock only', async () => {
  const run = await newRun(temporaryFolder());
  const record = { epoch: 1, step: 1, metrics: {} };
  expect(() => run.appendMetrics(record)).toThrow('not locked');
  expect(() => run.log).toThrow('not locked');
  await expect(run.setStatus('running')).rejects.toThrow('not locked');
  await expect(run.saveEvaluation({ metrics: {} })).rejects.toThrow('not locked');
  await expect(run.saveCheckpoint('last', checkpointAt(1))).rejects.toThrow('not locked');
});

it('keeps status, evaluation and log', async () => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  await run.setStatus('running', { epochs: 1, seconds: 2.5 });
  expect(await run.status()).toMatchObject({ state: 'running', epochs: 1, seconds: 2.5 });
  await run.setStatus('diverged', { reason: 'loss is NaN at step 3' });
  expect(await run.status()).toMatchObject({ state: 'diverged', reason: 'loss is NaN at step 3', epochs: 1 });
  await run.setStatus('finished', { epochs: 2 });
  expect(await run.status()).toMatchObject({ state: 'finished', reason: null, epochs: 2, seconds: 2.5 });

  const evaluation = { metrics: { test: { auc: 0.7, gauc: null } }, checkpoint: 'best' };
  await run.saveEvaluation(evaluation);
  expect(await run.readEvaluation()).toEqual(evaluation);

  run.log.info({ epoch: 1 }, 'epoch done');
  const line = JSON.parse(read(run, 'log.jsonl')) as Record<string, unknown>;
  expect(line).toMatchObject({ level: 30, epoch: 1, msg: 'epoch done' });
  expect(line).not.toHaveProperty('hostname');
  await run.unlock();
});

/** As training does: metrics after every step, `last` after every other one. */
async function work(run: Run, from: number, to: number): Promise<void> {
  for (let step = from; step <= to; step++) {
    const metrics = { train: { loss: 1 / step }, validation: { auc: step % 3 ? 0.5 + step / 100 : null } };
    run.appendMetrics({ epoch: 1, step, metrics });
    if (step % 2 === 0) await run.saveCheckpoint('last', checkpointAt(step));
  }
}

it('cuts its streams back to the checkpoint that it goes on from', async () => {
  const results = temporaryFolder();
  const whole = await newRun(results);
  await whole.lock();
  await work(whole, 1, 8);

  const broken = await newRun(results);
  await broken.lock();
  await work(broken, 1, 5);
  writeFileSync(join(broken.directory, 'metrics.jsonl'), '{"epoch":1,"st', { flag: 'a' }); // torn by the kill
  await broken.unlock();

  const resumed = await openRun(results, broken.directory);
  await resumed.lock();
  const last = await resumed.restore(readBack);
  expect(last?.meta).toEqual({ step: 4 });
  expect([...(last?.tensors.get('weight')?.data ?? [])]).toEqual([4, 4.125, 4.25, 4.375, 4.5, 4.625]);
  await work(resumed, 5, 8);

  expect(read(resumed, 'metrics.jsonl')).toBe(read(whole, 'metrics.jsonl'));
  expect(read(whole, 'metrics.jsonl').split('\n')[2]).toBe(
    '{"epoch":1,"step":3,"metrics":{"train":{"loss":0.3333333333333333},"validation":{"auc":null}}}',
  );
  expect(statSync(join(resumed.directory, 'events.out.tfevents.mvrec')).size).toBe(
    statSync(join(whole.directory, 'events.out.tfevents.mvrec')).size,
  );
});

it('keeps its streams when the checkpoint cannot be used', async () => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  await work(run, 1, 5);
  const before = ['metrics.jsonl', 'events.out.tfevents.mvrec'].map((file) => read(run, file));
  const useless = run.restore(async () => {
    throw new RangeError('weight is [2,3] instead of [4,3]');
  });
  await expect(useless).rejects.toThrow('instead of [4,3]');
  expect(['metrics.jsonl', 'events.out.tfevents.mvrec'].map((file) => read(run, file))).toEqual(before);
});

it('fills no array of a checkpoint where one is of another type', async () => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  const updates = Int32Array.of(7);
  const { tensors, meta } = checkpointAt(1);
  const more = new Map([...tensors, ['updates', { shape: [1], data: updates }]]);
  await run.saveCheckpoint('last', { tensors: more, meta });
  const weight = new Float32Array(6);
  const wanted = new Map([
    ['weight', { shape: [2, 3], data: weight }],
    ['updates', { shape: [1], data: new Float32Array(1) }],
  ]);
  await expect(run.restore((last) => last.readInto(wanted))).rejects.toThrow('updates is I32 of 4 bytes');
  expect([...weight]).toEqual([0, 0, 0, 0, 0, 0]);
});

it('starts its streams anew where nothing was saved yet', async () => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  await work(run, 1, 1);
  expect(await run.restore(readBack)).toBeNull();
  expect(run.readMetrics()).toEqual([]);
});

it('says so when the metrics were shortened by somebody', async () => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  await work(run, 1, 2);
  truncateSync(join(run.directory, 'metrics.jsonl'), 10);
  await expect(run.restore(readBack)).rejects.toThrow(
    /metrics\.jsonl has 10 bytes where the checkpoint counts/,
  );
});

it('keeps the last checkpoint before the last, and offers it when the last is damaged', async () => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  await work(run, 1, 6);
  const last = run.checkpointFile('last');
  const previous = join(run.directory, 'checkpoints', 'previous.safetensors');
  truncateSync(last, statSync(last).size - 1);
  const damaged = readFileSync(last);
  const error = await run.restore(readBack).catch((error: Error) => error);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toContain(last);
  expect((error as Error).message).toContain(
    `cp ${previous} ${last} && mvrec train --resume ${run.directory}`,
  );
  expect(readFileSync(last)).toEqual(damaged);
  expect(run.readMetrics()).toHaveLength(6);

  rmSync(last);
  await expect(run.restore(readBack)).rejects.toThrow('the file is missing');
  expect(run.readMetrics()).toHaveLength(6);

  copyFileSync(previous, last); // as told
  expect((await run.restore(readBack))?.meta).toEqual({ step: 4 });
  expect(run.readMetrics()).toHaveLength(4);
});

it('offers it as a command that a shell takes, whatever the folder is called', async () => {
  const run = await newRun(join(temporaryFolder(), "Ada's runs $HOME"));
  await run.lock();
  await work(run, 1, 4);
  const last = run.checkpointFile('last');
  const previous = readFileSync(join(dirname(last), 'previous.safetensors'));
  writeFileSync(last, '');
  const { message } = (await run.restore(readBack).catch((error: Error) => error)) as Error;
  const [, copy] = /To go on from there: (.*) && mvrec train/.exec(message)!;
  execFileSync('sh', ['-c', copy!]);
  expect(readFileSync(last)).toEqual(previous);
});

it.each([
  ['last', 'best', /mvrec eval .* --checkpoint best/],
  ['best', 'last', /mvrec eval .* --checkpoint last/],
] as const)('offers another kind when %s is damaged', async (kind, other, remedy) => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  await run.saveCheckpoint(kind, checkpointAt(1));
  writeFileSync(run.checkpointFile(kind), '');
  await expect(run.loadCheckpoint(kind, readBack)).rejects.toThrow('start the run anew');
  await run.saveCheckpoint(other, checkpointAt(1));
  writeFileSync(run.checkpointFile(kind), '');
  await expect(run.loadCheckpoint(kind, readBack)).rejects.toThrow(remedy);
});

it('notices a changed bit anywhere in a checkpoint', async () => {
  const run = await newRun(temporaryFolder());
  await run.lock();
  await run.saveCheckpoint('last', checkpointAt(1));
  const good = readFileSync(run.checkpointFile('last'));
  for (let at = 0; at < good.length; at += 7) {
    const bad = Buffer.from(good);
    bad[at]! ^= 1 << (at % 8);
    writeFileSync(run.checkpointFile('last'), bad);
    await expect(run.loadCheckpoint('last', readBack)).rejects.toBeInstanceOf(UserError);
  }
});

it('clears what a killed writer left', async () => {
  const run = await newRun(temporaryFolder());
  const left = join(run.directory, 'checkpoints', 'next.safetensors.1234.abcd.tmp');
  writeFileSync(left, 'half');
  writeFileSync(join(run.directory, 'log.jsonl'), '{"msg":"whole"}\n{"msg":"to');
  await run.lock();
  run.log.info('next');
  expect(existsSync(left)).toBe(false);
  const messages = read(run, 'log.jsonl')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toEqual(['whole', 'next']);
});

const safetensors = python('safetensors', 'numpy');
describeIf(safetensors.exists, safetensors.reason)('a checkpoint in Python', () => {
  it('opens with the safetensors package', async () => {
    const run = await newRun(temporaryFolder());
    await run.lock();
    await run.saveCheckpoint('last', checkpointAt(3));
    const program = `
import json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework="numpy") as file:
    weight = file.get_tensor("weight")
    print(json.dumps([list(file.keys()), str(weight.dtype), weight.tolist(), json.loads(file.metadata()["meta"])]))`;
    expect(JSON.parse(safetensors.run(program, run.checkpointFile('last')))).toEqual([
      ['weight'],
      'float32',
      [
        [3, 3.125, 3.25],
        [3.375, 3.5, 3.625],
      ],
      { step: 3 },
    ]);
  });
});
