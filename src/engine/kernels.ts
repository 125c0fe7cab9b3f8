import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { sha256 } from '../base/index.js';
import { engineFolder } from './installation.js';
import { stage } from './stage.js';
import { findCompiler, runProgram } from './tools.js';

const require = createRequire(import.meta.url);

/**
 * C++ of our own (`native/*.cc`) for the engine tensorflow on a CPU. Every kernel has a portable twin in TypeScript
 * and works in place on the typed arrays that it is given. They throw a RangeError, with nothing touched, for arrays
 * of wrong lengths, positions out of range and the like.
 */
export interface NativeFunctions {
  /**
   * States of an LSTM with one cell, or with a starred one that reads an earlier, linked position: fills `h`, and the
   * cells' gates and memories. Twin: `layers/recurrenceSteps.ts`. Definition: `native/recurrence.h`.
   *
   * @param lanes floats a vector, 16, 8 or 4; 0: the most that the processor has
   */
  recurrentForward(threads: number, lanes: number, ...recurrence: RecurrenceArrays): void;

  /**
   * The way back from the gradient `dh` of `h`: fills `dx` and the gradients of the weights. The gates are used up:
   * they hold their own gradients then.
   */
  recurrentBackward(
    threads: number,
    lanes: number,
    ...recurrence: [...RecurrenceArrays, dh: Float32Array, dx: Float32Array, ...gradients: Float32Array[]]
  ): void;

  /**
   * For each target of each user: how many items of the catalogue score higher (`above`), how many the same, itself
   * included (`tied`), and its score, the inner product of the two vectors. Items in `seen` do not count.
   *
   * @param panels item i is column i % 32 of matrix floor(i / 32): [ceil(items / 32), width, 32], zeros at the end
   * @param users [users, width]
   * @param seen items, ascending within a user; those of user u are `seen[seenOffsets[u] .. seenOffsets[u+1]-1]`
   * @param targets likewise, in any order, none of them seen
   */
  rankTargets(
    threads: number,
    width: number,
    items: number,
    panels: Float32Array,
    users: Float32Array,
    seenOffsets: Int32Array,
    seen: Int32Array,
    targetOffsets: Int32Array,
    targets: Int32Array,
    above: Int32Array,
    tied: Int32Array,
    scores: Float32Array,
  ): void;

  /**
   * The `length` items that score highest for each user, best first and equal ones by their number, and the scores;
   * where there are fewer, -1 and -Infinity. [users, length]
   */
  topItems(
    threads: number,
    width: number,
    items: number,
    panels: Float32Array,
    users: Float32Array,
    seenOffsets: Int32Array,
    seen: Int32Array,
    length: number,
    topItems: Int32Array,
    topScores: Float32Array,
  ): void;

  /** values[i] = data[rows[i]]; where the row is -1 they are left as they are. [R, width], [N] -> [N, width] */
  takeRows(threads: number, width: number, data: Float32Array, rows: Int32Array, values: Float32Array): void;

  /**
   * Stochastic gradient descent on BPR-Opt, see `bprSgd`: the same bits as the twin, on one thread.
   *
   * @param bias empty: none
   * @param decay learning rate times L2 weight
   * @param loss becomes [x, n]: the sum of the couples' losses is log(x) + n log(2^512)
   */
  bprSgd(
    width: number,
    users: Float32Array,
    items: Float32Array,
    bias: Float32Array,
    user: Int32Array,
    positive: Int32Array,
    negative: Int32Array,
    learningRate: number,
    decay: number,
    loss: Float64Array,
  ): void;

  /** Adam on distinct rows; the same bits as the twin, whatever the number of threads. */
  adamRows(
    threads: number,
    width: number,
    data: Float32Array,
    m: Float32Array,
    v: Float32Array,
    rows: Int32Array,
    values: Float32Array,
    rates: Float64Array,
    corrections: Float64Array,
    beta1: number,
    beta2: number,
    epsilon: number,
    scale: number,
  ): void;
}

/**
 * lengths [S], x [S, T, I], h [S, T, H]; for the main cell, then for the starred one: weights [I, 4H], [H, 4H], [4H]
 * with gates i, f, g, o, and what is kept for the way back, gates [S, T, 4H] and memory [S, T, H]. The starred cell's
 * come with edges [S, T], each to an earlier position from position 1 on. Their gradients come in the same order.
 */
export type RecurrenceArrays = [
  count: number,
  steps: number,
  inputs: number,
  units: number,
  /** Without starred cell 0; its memory goes on from its own of the step before 1, or of the link main's 2, its own 3. */
  link: 0 | 1 | 2 | 3,
  lengths: Int32Array,
  x: Float32Array,
  h: Float32Array,
  ...main: CellArrays,
  ...star: [] | [edges: Int32Array, ...CellArrays],
];

export type CellArrays = [
  input: Float32Array,
  state: Float32Array,
  bias: Float32Array,
  gates: Float32Array,
  memory: Float32Array,
];

export interface Kernels extends NativeFunctions {
  /** Threads to call them with: those of the engine. Results are a function of it and of the processor. */
  readonly threads: number;
}

let loaded: Kernels | null = null;

/**
 * The kernels, where they may run: the engine in use is tensorflow, on a CPU, and they were compiled. Null: take the
 * portable twin.
 */
export function nativeKernels(): Kernels | null {
  return tf.getBackend() === 'tensorflow' ? loaded : null;
}

/** Loads them for an engine tensorflow that runs on the CPU. Returns whether they are there. */
export function loadKernels(threads: number): boolean {
  if (kernelsState() !== 'compiled') return false;
  loaded = { ...(require(kernelsFile()) as NativeFunctions), threads };
  return true;
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
  if (state === 'damaged') await rm(kernelsFolder(), { recursive: true, force: true });
  say('Compiling the kernels');
  await stage(kernelsFolder(), async (into) => {
    const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
    const sources = sourceFiles().filter((file) => file.endsWith('.cc'));
    await runProgram(compiler, [...flags, `-I${headers}`, ...sources, '-o', FILE], { cwd: into });
    const made = join(into, FILE);
    await runProgram(process.execPath, ['-e', `require(${JSON.stringify(made)})`]);
    await writeFile(join(into, HASH), `${sha256(readFileSync(made))}\n`);
  });
  return true;
}

/** Whether the kernels of this version of mvrec are in the cache, as they were compiled. */
export function kernelsState(): 'compiled' | 'missing' | 'damaged' {
  if (!existsSync(kernelsFolder())) return 'missing';
  try {
    const expected = readFileSync(join(kernelsFolder(), HASH), 'utf8').trim();
    return sha256(readFileSync(kernelsFile())) === expected ? 'compiled' : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** Tells the kernels of this version of mvrec from others': the beginning of the SHA-256 of their sources. */
export function kernelsVersion(): string {
  const texts = sourceFiles().map((file) => readFileSync(file, 'utf8'));
  return sha256([...flags, ...texts].join('\0')).slice(0, 8);
}

const FILE = 'kernels.node';
const HASH = `${FILE}.sha256`;

/** They need no TensorFlow, so that one compilation serves all installations of it. */
const kernelsFolder = (): string => join(engineFolder(), '..', 'kernels', kernelsVersion());
const kernelsFile = (): string => join(kernelsFolder(), FILE);

/**
 * Portable across processors: the kernels choose an instruction set when they run. Products and sums may be fused
 * (`-ffp-contract=fast`): faster and rounded once less, at the price of last bits that differ between processors with
 * and without fused multiply-add, as TensorFlow's do. Nothing else that changes results is on; square roots report no
 * errors and operations no traps, which nobody reads.
 */
const flags = [
  '-std=c++17',
  '-O3',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-Wno-psabi',
  '-fPIC',
  '-shared',
  '-pthread',
  '-DNAPI_VERSION=8',
];

/** C++ of the kernels with its headers; `stderr.cc` belongs to the addon. */
function sourceFiles(): string[] {
  const folder = fileURLToPath(new URL('../../src/engine/native/', import.meta.url));
  if (!existsSync(folder)) return []; // a copy of mvrec without its sources has no kernels
  return readdirSync(folder)
    .filter((name) => /\.(cc|h)$/.test(name) && name !== 'stderr.cc')
    .sort()
    .map((name) => join(folder, name));
}
