import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { sha256 } from '../base/index.js';
import { engineFolder } from './installation.js';
import type { Kernels, NativeFunctions } from './nativeFunctions.js';
import { stage } from './stage.js';
import { findCompiler, runProgram } from './tools.js';
import type { Started } from './types.js';

const require = createRequire(import.meta.url);

let loaded: Kernels | null = null;

/**
 * The kernels, where they may run: the engine in use is tensorflow, on a CPU, and they were compiled. Null: take the
 * portable twin.
 */
export function nativeKernels(): Kernels | null {
  return tf.getBackend() === 'tensorflow' ? loaded : null;
}

/**
 * Loads them for an engine tensorflow that runs on the CPU. Where they cannot be loaded their twins run, and it is told
 * why; where they were never compiled nothing is wrong.
 */
export function loadKernels(threads: number): Pick<Started, 'kernels' | 'kernelsProblem'> {
  const state = kernelsState();
  if (state === 'missing') return {};
  if (state === 'damaged') return { kernelsProblem: 'are not what was compiled' };
  const { functions, problem } = readKernels();
  if (!functions) return { kernelsProblem: `do not load: ${problem}` };
  loaded = { ...functions, threads };
  return { kernels: kernelsVersion() };
}

/** From now on their twins run, for comparisons of the two. */
export function leaveKernels(): void {
  loaded = null;
}

/** What it means that kernels which were compiled do not run, for people. */
export const kernelsNote = (problem: string): string =>
  `tensorflow runs without its kernels, which is slower: they ${problem}; mvrec engine install compiles them anew`;

function readKernels(): { functions: NativeFunctions | null; problem: string } {
  try {
    return { functions: require(kernelsFile()) as NativeFunctions, problem: '' };
  } catch (error) {
    const [problem] = String((error as Error).message ?? error).split('\n');
    return { functions: null, problem: problem! };
  }
}

/**
 * Compiles the kernels into the cache and tries them. Nothing happens when they are there.
 *
 * @returns whether they were compiled now
 * @throws ProgramFailed when the compiler cannot, or its result does not load
 */
export async function compileKernels(say: (line: string) => void): Promise<boolean> {
  const state = kernelsState();
  if (state === 'compiled') return false;
  const compiler = findCompiler();
  if (state !== 'missing') await rm(kernelsFolder(), { recursive: true, force: true });
  say('Compiling the kernels');
  await stage(kernelsFolder(), async (into) => {
    const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
    const call = (...rest: string[]) =>
      runProgram(compiler, [...flags, `-I${headers}`, ...rest], { cwd: into });
    const exact: string[] = [];
    const sources: string[] = [];
    for (const file of sourceFiles().filter((file) => file.endsWith('.cc'))) {
      const name = basename(file, '.cc');
      if (!sameBits.includes(name)) sources.push(file);
      else {
        await call('-ffp-contract=off', '-c', file, '-o', `${name}.o`);
        exact.push(`${name}.o`);
      }
    }
    await call('-ffp-contract=fast', '-shared', ...sources, ...exact, '-o', FILE);
    for (const file of exact) await rm(join(into, file));
    const made = join(into, FILE);
    await runProgram(process.execPath, ['-e', `require(${JSON.stringify(made)})`]);
    await writeFile(join(into, HASH), `${sha256(readFileSync(made))}\n`);
  });
  return true;
}

/** Whether the kernels of this version of mvrec are in the cache, as they were compiled, and can be loaded here. */
export function kernelsState(): 'compiled' | 'missing' | 'damaged' | 'unloadable' {
  if (!existsSync(kernelsFolder())) return 'missing';
  try {
    const expected = readFileSync(join(kernelsFolder(), HASH), 'utf8').trim();
    if (sha256(readFileSync(kernelsFile())) !== expected) return 'damaged';
  } catch {
    return 'damaged';
  }
  return readKernels().functions ? 'compiled' : 'unloadable';
}

/** Tells the kernels of this version of mvrec from others': the beginning of the SHA-256 of their sources. */
export function kernelsVersion(): string {
  const texts = sourceFiles().map((file) => readFileSync(file, 'utf8'));
  return sha256([...flags, ...sameBits, ...texts].join('\0')).slice(0, 8);
}

const FILE = 'kernels.node';
const HASH = `${FILE}.sha256`;

/** They need no TensorFlow, so that one compilation serves all installations of it. */
const kernelsFolder = (): string => join(engineFolder(), '..', 'kernels', kernelsVersion());
const kernelsFile = (): string => join(kernelsFolder(), FILE);

/**
 * Portable across processors: the kernels choose an instruction set when they run. Nothing that changes results is on
 * but what `sameBits` speaks of; square roots report no errors and operations no traps, which nobody reads.
 */
const flags = [
  '-std=c++17',
  '-O3',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-Wno-psabi',
  '-fPIC',
  '-pthread',
  '-DNAPI_VERSION=8',
];

/**
 * Sources whose kernels round every operation, as their twins do (`-ffp-contract=off`). In the others products and sums
 * may be fused (`-ffp-contract=fast`): faster and rounded once less, at the price of last bits that differ between
 * processors with and without fused multiply-add, as TensorFlow's do. By an option, since compilers differ in which
 * pragmas they heed.
 */
const sameBits = ['bpr', 'rows'];

/** C++ of the kernels with its headers. */
function sourceFiles(): string[] {
  const folder = fileURLToPath(new URL('../../src/engine/native/', import.meta.url));
  if (!existsSync(folder)) return []; // a copy of mvrec without its sources has no kernels
  return readdirSync(folder)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}
