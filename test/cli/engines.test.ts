import { expect, it } from '@jest/globals';
import { diagnosisText, engineStatusText } from '../../src/cli/engines.js';
import type { Diagnosis } from '../../src/engine/index.js';

const probe = { available: true, device: 'A processor', threads: 1, gflops: 25, memory: 1e8 } as const;
const machine: Diagnosis = {
  node: 'v20.19.0',
  tfjs: 'tfjs 4.22.0',
  platform: 'linux-x64',
  processor: 'A processor',
  cores: 2,
  memory: { total: 8e9, free: 5.25e9 },
  engines: {
    tensorflow: { available: false, problem: 'it is not installed', fix: 'Run mvrec engine install.' },
    webgpu: { available: false, problem: 'no GPU answers', fix: null },
    wasm: { ...probe, version: 'tfjs 4.22.0' },
    cpu: { ...probe, version: 'tfjs 4.22.0', gflops: 0.5 },
  },
  auto: {
    name: 'wasm',
    passedOver: [
      { name: 'tensorflow', reason: 'it is not installed' },
      { name: 'webgpu', reason: 'no GPU answers' },
    ],
  },
};

it('doctor says what is here, what auto takes and why, and how to have the rest', () => {
  expect(diagnosisText({ mvrec: '0.1.0', ...machine }).split('\n')).toEqual([
    'mvrec 0.1.0, node v20.19.0, tfjs 4.22.0, linux-x64',
    'A processor, 2 cores, 8.0 GB of memory, 5.3 GB free',
    '',
    expect.stringMatching(/^engine +version +device +threads +GFLOPS$/),
    expect.stringMatching(/^tensorflow +not here: it is not installed$/),
    expect.stringMatching(/^webgpu +not here: no GPU answers$/),
    expect.stringMatching(/^wasm +tfjs 4\.22\.0 +A processor +1 +25\.0$/),
    expect.stringMatching(/^cpu +tfjs 4\.22\.0 +A processor +1 +0\.5$/),
    '',
    'auto takes wasm, because the engines before it are not to be had:',
    '  tensorflow: it is not installed',
    '  webgpu: no GPU answers',
    '',
    'To have the others:',
    '  tensorflow: Run mvrec engine install.',
  ]);
});

it('doctor says why kernels that were compiled do not run', () => {
  const kernelsProblem = 'do not load: invalid ELF header';
  const tensorflow = { ...probe, version: 'TensorFlow 2.21.0', kernelsProblem };
  const text = diagnosisText({ mvrec: '0.1.0', ...machine, engines: { ...machine.engines, tensorflow } });
  expect(text).toContain(
    'without its kernels, which is slower: they do not load: invalid ELF header; mvrec engine install',
  );
});

it('engine status says which one is used and which are unfinished', () => {
  const manifest = {
    id: 'one',
    version: 'TensorFlow 2.21.0, tfjs 4.22.0',
    addon: '4.22.0',
    library: null,
    compiler: 'c++',
    installed: '2026-01-02T03:04:05.678Z',
    files: {},
    sha256: {},
  };
  const installations = [
    { id: 'one', active: true, damage: null, manifest },
    { id: 'two', active: false, damage: 'a file is missing', manifest },
    { id: 'three', active: false, damage: 'no manifest', manifest: null },
  ];
  expect(
    engineStatusText({ folder: '/cache/engine', installations, ownPackage: null, kernels: 'missing' }).split(
      '\n',
    ),
  ).toEqual([
    '/cache/engine',
    '* one  TensorFlow 2.21.0, tfjs 4.22.0, installed 2026-01-02',
    '  two  TensorFlow 2.21.0, tfjs 4.22.0, installed 2026-01-02, damaged: a file is missing',
    '  three  unfinished',
    'kernels: none, which is slower; mvrec engine install compiles them',
  ]);
});
