import { afterEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type Diagnosis, type EngineName, engineNames, openEngine } from '../../src/engine/index.js';
import { ownInstallation } from '../../src/engine/installation.js';
import { tensorflow } from '../support/engines.js';
import { restoreEnvironment } from '../support/environment.js';
import { describeIf, itIf, runBin, temporaryFolder } from '../support/index.js';
import { webgpu } from './graphics.js';

const variables = { ...process.env };
afterEach(() => restoreEnvironment(variables));

const gpu = webgpu();

describe('openEngine', () => {
  it.each(['wasm', 'cpu'] as const)('starts %s, on one thread whatever is asked', async (name) => {
    const engine = await openEngine({ name, threads: 4 });
    expect(engine).toMatchObject({ name, threads: 1, passedOver: [], version: 'tfjs 4.22.0' });
    expect(tf.getBackend()).toBe(name);
    const before = engine.memory();
    const kept = tf.zeros([10]);
    expect(engine.memory()).toEqual({ tensors: before.tensors + 1, bytes: before.bytes + 40 });
    kept.dispose();
  });

  itIf(
    ownInstallation() === null && !gpu.real,
    'the addon package installed itself, or a GPU answers to WebGPU',
  )('takes wasm for auto where there is neither TensorFlow nor a GPU, and says why', async () => {
    process.env.MVREC_CACHE_DIR = temporaryFolder();
    const engine = await openEngine({ name: 'auto', threads: 'auto' });
    expect(engine.name).toBe('wasm');
    expect(engine.passedOver).toEqual([
      { name: 'tensorflow', reason: 'the TensorFlow engine is not installed' },
      { name: 'webgpu', reason: gpu.exists ? expect.stringMatching(/emulated/) : gpu.reason },
    ]);
    await expect(openEngine({ name: 'tensorflow', threads: 'auto' })).rejects.toThrow(
      'the TensorFlow engine is not installed\n  Run mvrec engine install.',
    );
  });

  it('says what is wrong with a number of threads', async () => {
    for (const threads of [0, 1.5, 100_000]) {
      await expect(openEngine({ name: 'wasm', threads })).rejects.toThrow(
        `an engine cannot run on ${threads} threads\n  Use auto, or a whole number in 1..1024.`,
      );
    }
  });
});

const [installed, reason] = tensorflow();

describeIf(installed, reason)('openEngine with TensorFlow', () => {
  it('takes it for auto, keeps its threads for the process, and can leave it and come back', async () => {
    const engine = await openEngine({ name: 'auto', threads: 1 });
    expect(engine).toMatchObject({ name: 'tensorflow', threads: 1, passedOver: [] });
    expect(engine.version).toMatch(/^TensorFlow \d+\.\d+\.\d+.*, tfjs 4\.22\.0(, kernels [0-9a-f]{8})?$/);
    await expect(openEngine({ name: 'tensorflow', threads: 2 })).rejects.toThrow(/already runs on 1 threads/);
    expect(await openEngine({ name: 'tensorflow', threads: 'auto' })).toMatchObject({ threads: 1 });
    await openEngine({ name: 'cpu', threads: 'auto' });
    expect(tf.getBackend()).toBe('cpu');
    await openEngine({ name: 'tensorflow', threads: 1 });
    expect(tf.getBackend()).toBe('tensorflow');
  });
});

describe('mvrec doctor', () => {
  it('tells engines, what auto takes and how fast they are', async () => {
    const { code, stdout, stderr } = await runBin(['doctor', '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const found = JSON.parse(stdout) as Diagnosis;
    expect(Object.keys(found.engines)).toEqual([...engineNames]);
    expect(found).toMatchObject({ node: process.version, tfjs: 'tfjs 4.22.0' });
    expect(found.auto.name).toBe(installed ? 'tensorflow' : gpu.real ? 'webgpu' : 'wasm');
    const here = engineNames.filter((name) => found.engines[name].available);
    expect(here).toEqual(expect.arrayContaining(['wasm', 'cpu'] satisfies EngineName[]));
    for (const name of here) expect(found.engines[name]).toMatchObject({ gflops: expect.any(Number) });
    process.stderr.write(`conformance suite: ${here.length} of 4 engines (${here.join(', ')})\n`);
  });
});
