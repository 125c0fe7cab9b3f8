import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { projectRoot } from '../support/index.js';
import { operations } from './operations.js';

/** Which operations of tfjs the sources use: those that the conformance suite covers, and none that is wrong. */

const root = join(projectRoot, 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
  .filter(({ text }) => text.includes("from '@tensorflow/tfjs'"));

const calls = files.flatMap(({ file, text }) => [
  ...[...text.matchAll(/\btf\.((?:fused\.)?\w+)(?:<[^()]*>)?\(/g)].map((match) => ({
    file,
    name: match[1]!,
  })),
]);
const methods = files.flatMap(({ file, text }) =>
  [
    ...text.matchAll(/(?<!\b(?:tf|Math|Promise|Object|Array|Number|JSON|Reflect))\.(\w+)(?:<[^()]*>)?\(/g),
  ].map((match) => ({ file, name: match[1]! })),
);

/** Makes, keeps, reads and records tensors, but computes nothing. */
const machinery = new Set(
  [
    ['tensor', 'tensor1d', 'tensor2d', 'tensor3d', 'tensor4d', 'scalar', 'zeros', 'ones', 'fill'],
    ['tidy', 'keep', 'dispose', 'memory', 'engine', 'customGrad', 'env'],
    ['backend', 'getBackend', 'setBackend', 'findBackend', 'registerBackend'],
    ['getKernel', 'registerKernel', 'unregisterKernel'],
  ].flat(),
);

/** Why not, for those whose gradient is wrong, missing or fails: seen by trying them, on every engine. */
const forbidden: Readonly<Record<string, string>> = {
  cumsum: 'wrong gradient along any axis but the last',
  mirrorPad: 'wrong gradient',
  cumprod: 'no gradient',
  einsum: 'no gradient',
  topk: 'no gradient of the values',
  gatherND: 'no gradient',
  scatterND: 'no gradient',
  tensorScatterUpdate: 'no gradient',
  sparseToDense: 'no gradient',
  stridedSlice: 'no gradient',
  prod: 'gradient fails along the last axis',
  maximum: 'gradient fails unless the shapes are equal',
  minimum: 'gradient fails unless the shapes are equal',
  squaredDifference: 'gradient fails unless the shapes are equal',
};

const covered = new Set(Object.keys(operations).map((name) => name.split(' ')[0]!));
/** `x.name()` may be any object's method; those that a tensor has are taken for operations. */
const chained = new Set(Object.getOwnPropertyNames(tf.Tensor.prototype));
/** What reads, keeps and frees tensors. */
const chainedMachinery = new Set(['data', 'dataSync', 'clone', 'dispose']);

/** Files that read values within a computation, and what keeps WebGPU from it. */
const readers = new Set(
  [
    ['engine', 'ops.ts'], // asks which engine it is
    ['engine', 'tensorflow.ts'],
    ['engine', 'tensorMemory.ts'],
    ['layers', 'sparse.ts'], // on a processor only: computesOnGpu()
    ['models', 'mtin', 'groups.ts'], // polarity.ts takes groupsByTensors.ts where readsAtOnce() is false
    ['evaluation', 'forward', 'probe.ts'], // callers start the engine wasm for it
  ].map((parts) => join(...parts)),
);

describe('operations in use', () => {
  it('are seen by this test', () => {
    expect(calls.map(({ name }) => name)).toEqual(expect.arrayContaining(['matMul', 'softplus', 'tidy']));
    expect(methods.map(({ name }) => name)).toEqual(expect.arrayContaining(['reshape', 'square']));
  });

  it('are covered by the conformance suite', () => {
    const missing = calls.filter(({ name }) => !machinery.has(name) && !covered.has(name));
    expect(missing).toEqual([]);
    const missingChained = methods.filter(
      ({ name }) => chained.has(name) && !chainedMachinery.has(name) && !covered.has(name),
    );
    expect(missingChained).toEqual([]);
  });

  it('have a right gradient', () => {
    const wrong = [...calls, ...methods].filter(({ name }) => Object.hasOwn(forbidden, name));
    expect(wrong).toEqual([]);
  });

  it.each(['dataSync', 'arraySync'])('%s, which WebGPU in Node lacks, only where it has no part', (name) => {
    const elsewhere = [...calls, ...methods].filter((call) => call.name === name).map(({ file }) => file);
    // The doors of kernels, which run beside tensorflow on a CPU only.
    const allowed = (file: string): boolean => readers.has(file) || file.endsWith('Native.ts');
    expect(elsewhere.filter((file) => !allowed(file))).toEqual([]);
  });

  it.each(['gather', 'unsortedSegmentSum'])(
    '%s, which wasm cannot differentiate, only in gatherRows',
    (name) => {
      const elsewhere = [...calls, ...methods].filter((call) => call.name === name);
      expect(elsewhere.filter(({ file }) => file !== join('engine', 'ops.ts'))).toEqual([]);
    },
  );
});
