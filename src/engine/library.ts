import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256, UserError } from '../base/index.js';
import { stage } from './stage.js';
import { findPython, ProgramFailed, runProgram } from './tools.js';

/** A TensorFlow C library to link with. */
export interface Library {
  /** Folder of the installation within the engine's cache. */
  readonly id: string;
  /** Folder of the shared libraries. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Folder of the headers `tensorflow/c/c_api.h` and so on. */
  readonly include: string;
  /** Where the addon looks for them when it loads. */
  readonly rpath: string;
}

/** TensorFlow from the Python package index: the libraries do not depend on the version of Python. */
export const tensorflowVersion = '2.21.0';

const wheels = {
  cpu: {
    project: 'tensorflow-cpu',
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    size: '274 MB',
    space: 1.5e9,
  },
  gpu: {
    project: 'tensorflow',
    sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
    size: '572 MB, then 2.8 GB of CUDA',
    space: 12e9,
  },
} as const;

export type Wheel = (typeof wheels)[keyof typeof wheels];

export function wheelFor({ gpu }: { readonly gpu: boolean }): Wheel & { readonly id: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new UserError(
      `mvrec engine install works on Linux on x64 only, this is ${process.platform} on ${process.arch}`,
      'Use the engine wasm, or webgpu where there is a GPU; elsewhere the package @tensorflow/tfjs-node-gpu may install itself with npm.',
    );
  }
  return { ...wheels[gpu ? 'gpu' : 'cpu'], id: `tensorflow-${tensorflowVersion}-${gpu ? 'gpu' : 'cpu'}` };
}

const libraryFiles = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** All that the addon's sources include. */
const headers = [
  ...['c_api', 'c_api_macros', 'tf_attrtype', 'tf_buffer', 'tf_datatype', 'tf_status', 'tf_tensor'].map(
    (name) => `tensorflow/c/${name}.h`,
  ),
  'tensorflow/c/tf_tstring.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
];

/**
 * Downloads a wheel with pip, which checks its hash, and takes out the libraries and headers: `folder`/tensorflow.
 *
 * @throws UserError when Python or pip is missing or the download fails
 */
export async function downloadLibrary(
  folder: string,
  { gpu, say }: { readonly gpu: boolean; say(line: string): void },
): Promise<Library> {
  const wheel = wheelFor({ gpu });
  const target = join(folder, 'tensorflow');
  const python = existsSync(target) && !gpu ? null : await findPython();
  if (python && !existsSync(target)) {
    const downloads = join(folder, 'download');
    await stage(downloads, (into) => {
      say(`Downloading TensorFlow ${tensorflowVersion} (${wheel.size}) with pip`);
      return downloadWheel(python, wheel, into);
    });
    await stage(target, (into) => {
      say('Unpacking it');
      return unpackWheel(python, downloads, into);
    });
    await rm(downloads, { recursive: true, force: true });
  }
  if (python && gpu) {
    await stage(join(folder, 'nvidia'), (into) => {
      say('Downloading the CUDA libraries (2.8 GB) with pip');
      return downloadCuda(python, join(target, 'METADATA'), into);
    });
  }
  const include = join(target, 'include');
  return { id: wheel.id, folder: target, files: libraryFiles, include, rpath: '$ORIGIN/../tensorflow' };
}

async function downloadWheel(python: string, { project, sha256 }: Wheel, into: string): Promise<void> {
  // The wheel of one fixed Python, whichever runs pip: what we take out of it knows nothing of Python.
  const wanted = ['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312'];
  const platform = ['--platform', 'manylinux_2_27_x86_64', '--only-binary=:all:', '--no-deps'];
  const requirements = `${project}==${tensorflowVersion} --hash=sha256:${sha256}\n`;
  const list = join(into, 'requirements.txt');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(list, requirements);
  await pip(python, `TensorFlow ${tensorflowVersion}`, into, [
    ...['download', '--require-hashes', '-r', list, '-d', into],
    ...wanted,
    ...platform,
  ]);
}

const unpackScript = `
import os, sys, zipfile
wheel, target, metadata, *names = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in names:
        inside = 'tensorflow/' + name
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(inside) as source, open(path, 'wb') as sink:
            while chunk := source.read(1 << 22):
                sink.write(chunk)
    with open(os.path.join(target, 'METADATA'), 'wb') as sink:
        sink.write(archive.read(metadata))
`;

async function unpackWheel(python: string, downloads: string, into: string): Promise<void> {
  const wheel = readdirSync(downloads).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new UserError(`there is no wheel in ${downloads}`, `Remove ${downloads} and run again.`);
  const [project, version] = wheel.split('-');
  const names = [...libraryFiles, ...headers.map((name) => `include/${name}`)];
  const metadata = `${project}-${version}.dist-info/METADATA`;
  await runProgram(python, ['-c', unpackScript, join(downloads, wheel), into, metadata, ...names], {
    cwd: into,
  });
}

/** The CUDA libraries that the wheel itself asks for, laid out so that TensorFlow finds them beside it. */
async function downloadCuda(python: string, metadata: string, into: string): Promise<void> {
  const lines = (await readFile(metadata, 'utf8')).split('\n');
  const wanted = lines
    .filter((line) => line.startsWith('Requires-Dist: nvidia') && line.includes('and-cuda'))
    .map((line) => line.slice('Requires-Dist: '.length).split(';')[0]!.trim());
  const args = ['install', '--no-deps', '--only-binary=:all:', '--target', join(into, 'all')];
  await pip(python, 'the CUDA libraries', into, [...args, ...wanted]);
  const { rename } = await import('node:fs/promises');
  for (const name of readdirSync(join(into, 'all', 'nvidia'))) {
    await rename(join(into, 'all', 'nvidia', name), join(into, name));
  }
  await rm(join(into, 'all'), { recursive: true });
}

/** pip's temporary files go where there is known to be space. */
async function pip(python: string, what: string, folder: string, args: readonly string[]): Promise<void> {
  const settings = ['--disable-pip-version-check', '--no-input', '--quiet', '--progress-bar', 'off'];
  const [command, ...rest] = args;
  try {
    await runProgram(python, ['-m', 'pip', command!, ...settings, ...rest], {
      cwd: folder,
      env: { TMPDIR: folder },
    });
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    const said = error.line('last').replace(/^ERROR: /, '');
    throw new UserError(
      `pip cannot download ${what}: ${said}`,
      "Check the network and pip's own settings (index, proxy) and run the command again: what is done is kept.",
    );
  }
}

/**
 * A TensorFlow that the user already has: the folder of an installed Python package, one that contains it
 * (a virtual environment, site-packages), or an unpacked C library (`lib/libtensorflow.so.2`, `include/`).
 *
 * @throws UserError when there is none
 */
export function findLibrary(path: string): Library {
  if (!existsSync(path))
    throw new UserError(`there is no folder ${path}`, 'Name the folder of a TensorFlow.');
  const root = realpathSync(path);
  const packages = [
    root,
    join(root, 'tensorflow'),
    ...sitePackages(root).map((at) => join(at, 'tensorflow')),
  ];
  const candidates = [
    ...packages.map((at) => ({ folder: at, files: libraryFiles, include: join(at, 'include') })),
    {
      folder: join(root, 'lib'),
      files: ['libtensorflow.so.2', 'libtensorflow_framework.so.2'],
      include: join(root, 'include'),
    },
  ];
  const found = candidates.find(({ folder, files }) => files.every((file) => existsSync(join(folder, file))));
  if (!found) {
    throw new UserError(
      `there is no TensorFlow in ${path}: looked for libtensorflow_cc.so.2 as in the Python package and for lib/libtensorflow.so.2 as in the C library`,
      'Name the folder of an installed Python package tensorflow, its environment, or an unpacked TensorFlow C library.',
    );
  }
  const header = join(found.include, 'tensorflow', 'c', 'eager', 'c_api.h');
  if (!existsSync(header)) {
    throw new UserError(
      `the TensorFlow in ${path} comes without its headers: ${header} is missing`,
      'Install it anew, with headers.',
    );
  }
  return { id: `own-${basename(root)}-${sha256(found.folder).slice(0, 8)}`, rpath: found.folder, ...found };
}

/** Where an environment's Python packages lie, for each Python in it. */
function sitePackages(environment: string): string[] {
  const lib = join(environment, 'lib');
  const pythons = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith('python3')) : [];
  return pythons.map((name) => join(lib, name, 'site-packages'));
}
