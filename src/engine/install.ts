import { existsSync, statfsSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainWriteFailure, hashFile, UserError, writeFileAtomically } from '../base/index.js';
import { fetchAddon } from './addon.js';
import {
  activeFile,
  addonVersion,
  damagedPieces,
  damageOf,
  engineFolder,
  inFolder,
  type Manifest,
  manifestFile,
  readManifest,
} from './installation.js';
import { compileKernels } from './kernels.js';
import { findLibrary, type Library } from './library.js';
import { probeEngine } from './probe.js';
import { stage } from './stage.js';
import { findCompiler, ProgramFailed, runProgram } from './tools.js';
import { downloadLibrary, wheelFor } from './wheel.js';

const require = createRequire(import.meta.url);

export interface InstallOptions {
  /** With the CUDA libraries. Without a GPU this one runs on the CPU too. */
  readonly gpu: boolean;
  /** Folder of a TensorFlow that is already here; null: download one. */
  readonly tensorflow: string | null;
  /** Told what is being done. */
  say(line: string): void;
}

export interface InstallResult {
  readonly folder: string;
  readonly manifest: Manifest;
  /** False when it was complete before. */
  readonly fresh: boolean;
}

/**
 * Puts a TensorFlow and the addon that binds it to tfjs into the cache, tries it, and makes it the one in use. Each
 * piece appears whole or not at all, so that an interrupted installation goes on where it was, and several at once
 * do no harm.
 *
 * @throws UserError when a tool is missing, a download fails, the disk is full, or the result does not work
 */
export async function installEngine({ gpu, tensorflow, say }: InstallOptions): Promise<InstallResult> {
  const own = tensorflow === null ? null : findLibrary(tensorflow);
  const id = own?.id ?? wheelFor({ gpu }).id;
  const folder = join(engineFolder(), id);
  if (damageOf(folder) === null) {
    const fresh = await addKernels(say);
    await writeFileAtomically(activeFile(), `${JSON.stringify({ id })}\n`);
    return { folder, manifest: readManifest(folder)!, fresh };
  }
  const compiler = findCompiler();
  await makeRoom(folder, own ? 2e7 : wheelFor({ gpu }).space);
  await stage(join(folder, 'addon'), (into) => fetchAddon(into, say));
  const library = own ?? (await downloadLibrary(folder, wheelFor({ gpu }), say));
  await stage(join(folder, 'binding'), async (into) => {
    say('Compiling the addon');
    await compile(compiler, join(folder, 'addon'), library, into);
  });
  await addKernels(say);
  say('Trying it');
  const version = await tryOut(folder);
  const manifest = await describe({ folder, library, compiler, version });
  await writeFileAtomically(manifestFile(folder), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFileAtomically(activeFile(), `${JSON.stringify({ id })}\n`);
  return { folder, manifest, fresh: true };
}

/** The kernels only make it faster: what keeps them from being compiled is told, and that is all. */
async function addKernels(say: (line: string) => void): Promise<boolean> {
  try {
    return await compileKernels(say);
  } catch (error) {
    const known = error instanceof ProgramFailed || error instanceof UserError;
    if (!known) throw error;
    const problem = error instanceof ProgramFailed ? error.line('first') : error.problem;
    say(`The engine does without kernels: ${problem}`);
    return false;
  }
}

/** A folder on a disk with space, which may hold pieces; damaged ones are taken away. */
async function makeRoom(folder: string, bytes: number): Promise<void> {
  try {
    for (const piece of damagedPieces(folder))
      await rm(join(folder, piece), { recursive: true, force: true });
    await rm(manifestFile(folder), { force: true });
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw explainWriteFailure(error, folder);
  }
  const { bavail, bsize } = statfsSync(folder);
  const needed = existsSync(join(folder, 'tensorflow')) ? 2e7 : bytes;
  if (bavail * bsize < needed) {
    throw new UserError(
      `the TensorFlow engine needs ${(needed / 1e9).toFixed(1)} GB, and the disk of ${folder} has ${((bavail * bsize) / 1e9).toFixed(1)} GB left`,
      'Free some space, or choose a folder on another disk with MVREC_CACHE_DIR.',
    );
  }
}

async function compile(compiler: string, addon: string, library: Library, into: string): Promise<void> {
  const nodeHeaders = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const common = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', `-I${nodeHeaders}`];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(addon, 'binding', file));
  const link = [
    `-L${library.folder}`,
    ...library.files.map((file) => `-l:${file}`),
    `-Wl,-rpath,${library.rpath}`,
  ];
  const stderrSource = fileURLToPath(new URL('../../src/engine/native/addon/stderr.cc', import.meta.url));
  try {
    await runProgram(compiler, [...common, stderrSource, '-o', 'stderr.node'], { cwd: into });
    const output = ['-o', 'tfjs_binding.node'];
    await runProgram(compiler, [...common, `-I${library.include}`, ...sources, ...output, ...link], {
      cwd: into,
    });
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    throw new UserError(
      `${compiler} cannot compile the addon against the TensorFlow in ${library.folder}: ${error.line('first')}`,
      'Use a compiler that knows C++17 and a recent TensorFlow (2.15 and 2.21 are known to work).',
    );
  }
}

/** Starts the engine in a process of its own. What was compiled and does not work is taken away, lest it be kept. */
async function tryOut(folder: string): Promise<string> {
  const probe = await probeEngine({ name: 'tensorflow', threads: 'auto', measure: 0, folder });
  if (probe.available) return probe.version;
  await rm(join(folder, 'binding'), { recursive: true, force: true });
  throw new UserError(
    `the TensorFlow engine does not work here: ${probe.problem}`,
    'TensorFlow needs a processor with AVX and glibc 2.27 or later; use the engine wasm, or another TensorFlow with --tensorflow PATH.',
  );
}

async function describe(made: {
  readonly folder: string;
  readonly library: Library;
  readonly compiler: string;
  readonly version: string;
}): Promise<Manifest> {
  const { folder, library, compiler, version } = made;
  const inside = relative(folder, library.folder);
  const downloaded = !isAbsolute(inside) && !inside.startsWith('..');
  const at = downloaded ? inside : library.folder;
  const { binding, stderr } = inFolder('.');
  const compiled = [binding, stderr!];
  const files = [...library.files.map((file) => join(at, file)), ...compiled];
  const sizes = files.map((file) => [file, statSync(resolve(folder, file)).size] as const);
  const hashes = compiled.map(async (file) => [file, await hashFile(join(folder, file))] as const);
  return {
    id: library.id,
    version,
    addon: addonVersion,
    library: downloaded ? null : library.folder,
    compiler,
    installed: new Date().toISOString(),
    files: Object.fromEntries(sizes),
    sha256: Object.fromEntries(await Promise.all(hashes)),
  };
}
