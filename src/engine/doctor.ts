import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Probe, ProbeRequest } from './probe.js';

/**
 * Starts an engine in a process of its own, because one process can load only one TensorFlow, and a library that
 * does not fit the processor ends the process that loads it.
 */
export async function probeEngine(request: ProbeRequest): Promise<Probe> {
  // The built file, also when these sources are run by the tests.
  const script = fileURLToPath(new URL('../../dist/engine/probe.js', import.meta.url));
  const { NODE_OPTIONS: _, ...env } = process.env; // flags of a debugger or a test runner are not for it
  const child = spawn(process.execPath, [script, JSON.stringify(request)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return JSON.parse(output.stdout) as Probe;
  const how = signal ? `ended by ${signal}` : `exit code ${code}`;
  const last = output.stderr
    .trim()
    .split('\n')
    .find((line) => /error/i.test(line));
  return {
    available: false,
    problem: `its process failed (${how})${last ? `: ${last.trim()}` : ''}`,
    fix: null,
  };
}
