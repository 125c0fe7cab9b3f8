import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { tensorflow } from '../support/engines.js';
import { describeIf, projectRoot, temporaryFolder } from '../support/index.js';

/** What an engine does to the process that it runs in: its exit code, its streams, its threads. */

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const script = join(projectRoot, 'test', 'engine', 'child.mjs');
const { NODE_OPTIONS: _, ...env } = process.env;

function run(args: readonly string[], stderr: 'pipe' | number = 'pipe'): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', stderr] });
  const ended = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      ended[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...ended }));
  });
}

const [installed, reason] = tensorflow();

// The engines that bring native code into the process.
describe.each(['tensorflow', 'wasm'] as const)('a process with %s', (name) => {
  describeIf(name !== 'tensorflow' || installed, reason)('of its own', () => {
    it('keeps its exit codes, and says nothing of its own', async () => {
      const [exit, thrown, rejected, spoke] = await Promise.all(
        ['exit', 'throw', 'reject', 'speak'].map((program) => run([name, '1', program])),
      );
      expect(exit).toEqual({ code: 7, stdout: '', stderr: '' });
      expect(thrown).toMatchObject({ code: 1, stdout: '' });
      expect(thrown!.stderr).toMatch(/child\.mjs[\s\S]*Error: thrown on purpose/);
      expect(rejected).toMatchObject({ code: 1, stdout: '' });
      expect(rejected!.stderr).toMatch(/Error: rejected on purpose/);
      expect(spoke).toEqual({ code: 0, stdout: '', stderr: 'still here\n' });
    });

    it('trains to the same bits each time, on the threads that it says', async () => {
      const runs = await Promise.all([run([name, '2', 'train']), run([name, '2', 'train'])]);
      expect(runs[0]).toMatchObject({ code: 0, stderr: '' });
      const { threads, hash } = JSON.parse(runs[0]!.stdout) as Record<string, unknown>;
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(threads).toBe(name === 'tensorflow' ? 2 : 1);
      expect(runs[1]).toEqual(runs[0]);
    });
  });
});

describeIf(installed, reason)('standard error while TensorFlow loads', () => {
  it('stays empty in a file, and what is written later arrives', async () => {
    const path = join(temporaryFolder(), 'stderr');
    await run(['tensorflow', '1', 'speak'], openSync(path, 'w'));
    expect(readFileSync(path, 'utf8')).toBe('still here\n');
  });

  it('may be closed', async () => {
    const line = `"${process.execPath}" "${script}" tensorflow 1 exit 2>&-`;
    const child = spawn('sh', ['-c', line], { env, stdio: 'ignore' });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(7);
  });
});
