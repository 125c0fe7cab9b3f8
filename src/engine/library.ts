import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256, UserError } from '../base/index.js';

/** A TensorFlow C library to link with. */
export interface Library {
  /** Folder of the installation within the engine's cache. */
  readonly id: string;
  /** Folder of the shared libraries. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Folder of the headers `tensorflow/c/c_api.h` and so on. */
  readonly include: string;
  /** Where the addon looks for the libraries when it loads. */
  readonly rpath: string;
}

/** The shared libraries in TensorFlow's Python package. */
export const packageFiles = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

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
  const packages = [root, ...[root, ...sitePackages(root)].map((folder) => join(folder, 'tensorflow'))];
  const candidates = [
    ...packages.map((folder) => ({ folder, files: packageFiles, include: join(folder, 'include') })),
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
