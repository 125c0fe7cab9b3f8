import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { emulation, startWebgpu } from '../../src/engine/webgpu.js';
import { describeIf, projectRoot } from '../support/index.js';
import { describeConformance } from './conformance.js';
import { webgpu } from './graphics.js';

const { exists, reason } = webgpu();

describeIf(exists, reason)('webgpu', () => {
  describeConformance(startWebgpu);

  // WebGPU itself would go on with zeros.
  it('gives no values after the GPU refused something', () => {
    const script = join(projectRoot, 'test', 'engine', 'child.mjs');
    const { NODE_OPTIONS: _, ...env } = process.env;
    const args = [script, 'webgpu', '1', 'misuse'];
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    expect(stderr).toMatch(/Error: the GPU refused an operation: GPUValidationError/);
    expect(status).toBe(1);
  });
});

it('is passed over by auto where its GPU is emulated', () => {
  const gpu = { device: 'SwiftShader driver 5.0.0', threads: 1, version: 'WebGPU' };
  expect(emulation({ ...gpu, emulated: true })).toMatch(/emulated on the processor \(SwiftShader/);
  expect(emulation({ ...gpu, emulated: false })).toBeNull();
  expect(emulation(gpu)).toBeNull();
});
