import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UserError } from '../base/index.js';

/** A program that ended with something else than 0. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
  constructor(
    readonly program: string,
    /** Standard output and error, in the order in which they came. */
    readonly output: string,
  ) {
    super(`${program} failed:\n${output}`);
  }

  /** The line that says most: the first or the last that speaks of an error, else the last. */
  line(which: 'first' | 'last'): string {
    const lines = this.output.split('\n').filter((line) => line.trim() !== '');
    const errors = lines.filter((line) => /error/i.test(line));
    return ((which === 'first' ? errors[0] : errors.at(-1)) ?? lines.at(-1) ?? 'it said nothing').trim();
  }
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * @throws ProgramFailed when it does not end with 0
 * @throws UserError when its folder's disk is full
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { cwd, env = {} } = options;
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, LC_ALL: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    all += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code === 0) return stdout;
  if (/No space left on device|ENOSPC|Errno 28\b/.test(all)) {
    throw new UserError(
      `no space left on the disk of ${cwd ?? process.cwd()}`,
      'Free some space, or choose a folder on another disk with MVREC_CACHE_DIR, and run the command again.',
    );
  }
  throw new ProgramFailed(program, all);
}

/** Where the first of these programs is in the search path, or null. */
export function findProgram(...names: readonly string[]): string | null {
  for (const name of names) {
    const folders = name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
    for (const folder of folders) {
      const path = folder === '' ? name : join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The C++ compiler: that of the variable CXX, else the system's. */
export function findCompiler(): string {
  const { CXX } = process.env;
  const found = CXX ? findProgram(CXX) : findProgram('c++', 'g++', 'clang++');
  if (found) return found;
  throw new UserError(
    CXX ? `the C++ compiler ${CXX} (from CXX) is not there` : 'there is no C++ compiler',
    'Install one (Debian and Ubuntu: apt install g++; Fedora: dnf install gcc-c++) or name it in CXX; mvrec runs without TensorFlow too, on the engine wasm.',
  );
}

/** A Python with pip. Its own version does not matter. */
export async function findPython(): Promise<string> {
  const python = findProgram('python3', 'python');
  if (!python) {
    throw new UserError(
      'there is no Python to fetch TensorFlow with',
      'Install Python 3 with pip, or name a TensorFlow that is already here with --tensorflow PATH.',
    );
  }
  try {
    await runProgram(python, ['-m', 'pip', '--version']);
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    throw new UserError(
      `${python} has no pip to fetch TensorFlow with`,
      'Install it (Debian and Ubuntu: apt install python3-pip; elsewhere: python3 -m ensurepip), or name a TensorFlow that is already here with --tensorflow PATH.',
    );
  }
  return python;
}
