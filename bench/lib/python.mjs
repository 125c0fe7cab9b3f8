// @ts-check
/**
 * Python environments of the other sides, made once from pinned requirements and kept in the cache folder. Torch is
 * large, so it lives in one environment, which the others see behind their own packages.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemCacheFolder } from '../../dist/base/index.js';
import { AbsentError } from './side.mjs';

const requirements = fileURLToPath(new URL('../theirs/', import.meta.url));
const python = process.env.MVREC_BENCH_PYTHON ?? 'python3';
const BASE = 'torch';

/** What benchmarks keep from one call to the next. */
export const benchFolder = () => join(process.env.MVREC_CACHE_DIR ?? systemCacheFolder(), 'bench');

/**
 * The interpreter of the environment of that name, which is made when it is not there yet.
 *
 * @param {string} name of `requirements-NAME.txt`
 * @param {{ install: boolean, onInstall: (text: string) => void }} options
 * @returns {Promise<string>}
 * @throws {AbsentError} without Python, or where the packages cannot be installed
 */
export async function interpreterOf(name, options) {
  const behind = name === BASE ? null : await interpreterOf(BASE, options);
  const wanted = await readFile(join(requirements, `requirements-${name}.txt`), 'utf8');
  const key = createHash('sha256').update(`${python}\n${behind}\n${wanted}`).digest('hex').slice(0, 12);
  const folder = join(benchFolder(), `${name}-${key}`);
  const interpreter = join(
    folder,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  const mark = join(folder, 'complete');
  if (existsSync(mark)) return interpreter;
  if (!options.install)
    throw new AbsentError(`the Python environment ${name} is not installed (--no-install)`);
  requirePython();
  options.onInstall(`installing the Python environment ${name} (once)`);
  await rm(folder, { recursive: true, force: true }); // what an interrupted installation left
  await mkdir(folder, { recursive: true });
  try {
    await must(python, ['-m', 'venv', folder]);
    if (behind) await seeThrough(interpreter, behind);
    await must(interpreter, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '-r',
      join(requirements, `requirements-${name}.txt`),
    ]);
  } catch (error) {
    options.onInstall(`${name}: ${/** @type {Error} */ (error).message}`); // names paths, so it stays out of results
    await rm(folder, { recursive: true, force: true });
    throw new AbsentError(`the Python environment ${name} could not be installed`);
  }
  await writeFile(mark, '');
  return interpreter;
}

function requirePython() {
  const { status } = spawnSync(python, ['-c', 'import venv, ensurepip']);
  if (status !== 0) throw new AbsentError('no Python with venv here (see MVREC_BENCH_PYTHON)');
}

/**
 * Puts the packages of another environment at the end of this one's search path.
 *
 * @param {string} interpreter
 * @param {string} behind
 */
async function seeThrough(interpreter, behind) {
  const packages = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const [own, theirs] = [await must(interpreter, ['-c', packages]), await must(behind, ['-c', packages])];
  await writeFile(join(own.trim(), 'zz-behind.pth'), theirs);
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const installing = new Set();

/** Ends installations that still run. */
export function endInstallations() {
  for (const child of installing) child.kill('SIGKILL');
}

/**
 * Output of a command; an Error with the last line of its complaints when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string>}
 */
function must(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  installing.add(child);
  let output = '';
  let words = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    words += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      installing.delete(child);
      if (code === 0) resolve(output);
      else
        reject(
          new Error(
            words
              .trim()
              .split('\n')
              .findLast((line) => /error/i.test(line)) ?? `exit code ${code}`,
          ),
        );
    });
  });
}
