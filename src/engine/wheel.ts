import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/index.js';
import { type Library, packageFiles } from './library.js';
import { stage } from './stage.js';
import { findPython, ProgramFailed, runProgram } from './tools.js';

/** The release of TensorFlow on the Python package index that is installed. */
const version = '2.21.0';

/** A wheel holds the C library of that release; which Python it is for does not matter to us. */
export interface Wheel {
  /** Folder of the installation within the engine's cache. */
  readonly id: string;
  readonly project: string;
  readonly sha256: string;
  /** Bytes on disk that installing takes at most. */
  readonly space: number;
  readonly cuda: boolean;
}

const wheels = {
  cpu: {
    id: `tensorflow-${version}-cpu`,
    project: 'tensorflow-cpu',
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    space: 1.5e9,
    cuda: false,
  },
  gpu: {
    id: `tensorflow-${version}-gpu`,
    project: 'tensorflow',
    sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
    space: 10e9,
    cuda: true,
  },
} as const satisfies Record<string, Wheel>;

export function wheelFor({ gpu }: { readonly gpu: boolean }): Wheel {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new UserError(
      `mvrec engine install works on Linux on x64 only, this is ${process.platform} on ${process.arch}`,
      'Use the engine wasm; the package @tensorflow/tfjs-node-gpu may also install itself with npm there.',
    );
  }
  return wheels[gpu ? 'gpu' : 'cpu'];
}

/** All that the addon's sources include. */
const headers = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/c_api_macros.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/c/tf_attrtype.h',
  'tensorflow/c/tf_buffer.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/c/tf_tstring.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
];

/**
 * Downloads a wheel with pip, which checks it against our hash, and takes out libraries and headers:
 * `folder`/tensorflow. With CUDA its libraries go to `folder`/nvidia, where TensorFlow looks for them.
 *
 * @throws UserError when Python or pip is missing or a download fails
 */
export async function downloadLibrary(
  folder: string,
  wheel: Wheel,
  say: (line: string) => void,
): Promise<Library> {
  const target = join(folder, 'tensorflow');
  const downloads = join(folder, 'download');
  if (!existsSync(target)) {
    const python = await findPython();
    await stage(downloads, (into) => downloadWheel(python, wheel, into, say));
    await stage(target, (into) => {
      say('Unpacking it');
      return unpackWheel(python, downloads, into);
    });
    await rm(downloads, { recursive: true, force: true });
  }
  if (wheel.cuda) {
    await stage(join(folder, 'nvidia'), async (into) => {
      await downloadCuda(await findPython(), join(target, 'METADATA'), into, say);
    });
  }
  const include = join(target, 'include');
  return { id: wheel.id, folder: target, files: packageFiles, include, rpath: '$ORIGIN/../tensorflow' };
}

async function downloadWheel(
  python: string,
  { project, sha256 }: Wheel,
  into: string,
  say: (line: string) => void,
): Promise<void> {
  say(`Downloading TensorFlow ${version} with pip`);
  const list = join(into, 'requirements.txt');
  await writeFile(list, `${project}==${version} --hash=sha256:${sha256}\n`);
  await pip(python, `TensorFlow ${version}`, into, say, [
    ...['download', '--no-deps', '--only-binary=:all:', '--require-hashes', '-r', list, '-d', into],
    // One fixed Python, whichever runs pip.
    ...['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312'],
    ...['--platform', 'manylinux_2_27_x86_64'],
  ]);
}

const unpackScript = `
import os, sys, zipfile
wheel, target, *names = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    metadata = next(name for name in archive.namelist() if name.endswith('.dist-info/METADATA'))
    for inside, name in [(metadata, 'METADATA'), *(('tensorflow/' + name, name) for name in names)]:
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(inside) as source, open(path, 'wb') as sink:
            while chunk := source.read(1 << 22):
                sink.write(chunk)
`;

async function unpackWheel(python: string, downloads: string, into: string): Promise<void> {
  const wheel = (await readdir(downloads)).find((name) => name.endsWith('.whl'))!;
  const names = [...packageFiles, ...headers.map((name) => `include/${name}`)];
  await runProgram(python, ['-c', unpackScript, join(downloads, wheel), into, ...names], { cwd: into });
}

/**
 * The CUDA libraries that the wheel itself asks for, by ranges of versions: the newest of each. Hence we know no
 * hashes of theirs; pip checks them against the index's own.
 */
async function downloadCuda(
  python: string,
  metadata: string,
  into: string,
  say: (line: string) => void,
): Promise<void> {
  say('Downloading the CUDA libraries with pip (2.8 GB)');
  const wanted = (await readFile(metadata, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('Requires-Dist: nvidia') && line.includes('and-cuda'))
    .map((line) => line.slice('Requires-Dist: '.length).split(';')[0]!.trim());
  const all = join(into, 'all');
  const args = ['install', '--no-deps', '--only-binary=:all:', '--target', all, ...wanted];
  await pip(python, 'the CUDA libraries', into, say, args);
  for (const name of await readdir(join(all, 'nvidia'))) {
    await rename(join(all, 'nvidia', name), join(into, name));
  }
  await rm(all, { recursive: true });
}

/** Runs pip in a folder that also takes its temporary files, because that is where there is known to be space. */
async function pip(
  python: string,
  what: string,
  folder: string,
  say: (line: string) => void,
  [command, ...args]: readonly string[],
): Promise<void> {
  const settings = ['--disable-pip-version-check', '--no-input', '--quiet', '--progress-bar', 'off'];
  const progress = setInterval(() => {
    void bytesIn(folder).then((bytes) => say(`  ${Math.round(bytes / 1e6)} MB so far`));
  }, 10_000);
  try {
    await runProgram(python, ['-m', 'pip', command!, ...settings, ...args], {
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
  } finally {
    clearInterval(progress);
  }
}

/** What a folder's files take, some of which may vanish meanwhile. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
  return sizes.reduce((sum, size) => sum + (size?.isFile() ? size.size : 0), 0);
}
