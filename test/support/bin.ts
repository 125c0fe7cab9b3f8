import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './paths.js';

export interface BinResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BinOptions {
  readonly cwd?: string;
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Milliseconds until it is killed. */
  readonly timeout?: number;
  /** Sees standard error and output as they come, for example to kill the process at some moment. */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export const binFile = join(projectRoot, 'bin', 'mvrec.js');

/** Runs the built `mvrec`, as a user would, without a terminal. */
export function runBin(args: readonly string[], options: BinOptions = {}): Promise<BinResult> {
  const { cwd = projectRoot, env = {}, input = '', timeout = 60_000, onOutput } = options;
  const environment = { ...process.env, ...env };
  if (!('NODE_OPTIONS' in env)) delete environment.NODE_OPTIONS;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binFile, ...args], { cwd, env: environment });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        onOutput?.(text, (signal) => child.kill(signal));
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...output });
    });
    child.stdin.on('error', () => {}).end(input); // it may end without reading
  });
}

/** Acts once, when the process has said the words; a second Ctrl-C, say, would end it at once. */
export function whenSaid(
  words: RegExp,
  act: (kill: (signal: NodeJS.Signals) => void) => void,
): Required<Pick<BinOptions, 'onOutput'>> {
  let said = '';
  let done = false;
  return {
    onOutput: (text, kill) => {
      said += text;
      if (done || !words.test(said)) return;
      done = true;
      act(kill);
    },
  };
}
