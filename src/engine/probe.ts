import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EngineName, Started } from './types.js';

export interface ProbeRequest {
  readonly name: EngineName;
  readonly threads: 'auto' | number;
  /** Milliseconds for measuring the speed; 0: it is not measured. */
  readonly measure: number;
  /** A TensorFlow installation other than the one in use. */
  readonly folder?: string;
}

/** What it answers: an engine that works, or why there is none. */
export type Probe =
  | (Started & {
      readonly available: true;
      /** 10⁹ floating-point operations a second in products of 512 x 512 matrices; null: not measured. */
      readonly gflops: number | null;
      /** Bytes of memory that the process took at most. */
      readonly memory: number;
    })
  | { readonly available: false; readonly problem: string; readonly fix: string | null };

/**
 * Starts an engine in a process of its own, because one process can load only one TensorFlow, and a library that
 * does not fit the processor ends the process that loads it.
 */
export async function probeEngine(request: ProbeRequest): Promise<Probe> {
  // The built file, also when these sources are run by the tests.
  const script = fileURLToPath(new URL('../../dist/engine/probeScript.js', import.meta.url));
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
  const said = output.stderr
    .trim()
    .split('\n')
    .find((line) => /error/i.test(line));
  return {
    available: false,
    problem: `its process failed (${how})${said ? `: ${said.trim()}` : ''}`,
    fix: null,
  };
}
