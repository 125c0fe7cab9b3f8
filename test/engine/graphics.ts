import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Probe, ProbeRequest } from '../../src/engine/index.js';
import { projectRoot } from '../support/index.js';

/**
 * Whether a GPU answers to WebGPU, and whether it is one of silicon. Its driver is asked in another process, which may
 * print what it likes.
 */
export function webgpu(): { exists: boolean; real: boolean; reason: string } {
  const script = join(projectRoot, 'dist', 'engine', 'probeScript.js');
  const request: ProbeRequest = { name: 'webgpu', threads: 'auto', measure: 0 };
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, [script, JSON.stringify(request)], {
    env,
    encoding: 'utf8',
  });
  const probe = JSON.parse(stdout) as Probe;
  return probe.available
    ? { exists: true, real: !probe.emulated, reason: '' }
    : { exists: false, real: false, reason: probe.problem };
}
