import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { sha256, systemCacheFolder, UserError } from '../base/index.js';

const require = createRequire(import.meta.url);

/** The addon whose JavaScript and C++ are used; its version goes with that of tfjs. */
export const addonPackage = '@tensorflow/tfjs-node-gpu';
export const addonVersion = '4.22.0';

/** A TensorFlow library with the addon that makes it a tfjs engine. */
export interface Installation {
  /** `cache`: by `mvrec engine install`; `package`: by the addon package's own installer. */
  readonly kind: 'cache' | 'package';
  readonly folder: string;
  /** Folder of the addon package. */
  readonly addon: string;
  /** The compiled addon, `tfjs_binding.node`. */
  readonly binding: string;
  /** The compiled `stderr.cc`; null for the package's own, whose older TensorFlow keeps quiet when told to. */
  readonly stderr: string | null;
}

/** `manifest.json` of a complete installation in the cache; written last. */
export interface Manifest {
  /** What was asked for, see `Library.id`. */
  readonly id: string;
  /** Of TensorFlow and tfjs, in words. */
  readonly version: string;
  /** Version of the addon package. */
  readonly addon: string;
  /** Folder of the user's own TensorFlow; null when it was downloaded. */
  readonly library: string | null;
  readonly compiler: string;
  readonly installed: string;
  /** Files that have to be there, with their sizes; relative to the installation or absolute. */
  readonly files: Readonly<Record<string, number>>;
  /** Of these also the SHA-256: what was compiled here. The libraries, near a gigabyte, are told by their sizes. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** Everything of the engine in the cache; MVREC_CACHE_DIR chooses another. One serves all projects of a machine. */
export function engineFolder(): string {
  const { MVREC_CACHE_DIR } = process.env;
  return join(MVREC_CACHE_DIR ? resolve(MVREC_CACHE_DIR) : systemCacheFolder(), 'engine');
}

export const manifestFile = (folder: string): string => join(folder, 'manifest.json');
/** Names the installation in use: the one that was asked for last. */
export const activeFile = (): string => join(engineFolder(), 'active.json');
export const activeId = (): string | undefined => readJson<{ id: string }>(activeFile())?.id;

export function inFolder(folder: string): Installation {
  return {
    kind: 'cache',
    folder,
    addon: join(folder, 'addon'),
    binding: join(folder, 'binding', 'tfjs_binding.node'),
    stderr: join(folder, 'binding', 'stderr.node'),
  };
}

/**
 * The installation that this process should load: the one in the cache, else the package's own.
 *
 * @throws UserError when there is none or when files of it are missing
 */
export function findInstallation(): Installation {
  const active = activeId();
  if (active) {
    const folder = join(engineFolder(), active);
    const damage = damageOf(folder);
    if (damage) throw new UserError(`the TensorFlow engine is damaged: ${damage}`, `Run ${repair(folder)}.`);
    return inFolder(folder);
  }
  const own = ownInstallation();
  if (own) return own;
  throw new UserError('the TensorFlow engine is not installed', 'Run mvrec engine install.');
}

/** What is wrong with an installation in the cache, in words; null: nothing. */
export function damageOf(folder: string): string | null {
  const manifest = readManifest(folder);
  if (!manifest) return `${manifestFile(folder)} is missing or broken`;
  if (manifest.addon !== addonVersion) return `it was made for tfjs ${manifest.addon}, not ${addonVersion}`;
  const [wrong] = wrongFiles(folder, manifest);
  return wrong ? `${resolve(folder, wrong.file)} ${wrong.what}` : null;
}

/** The pieces (folders) of an installation that have to be made anew; the addon where the user's library changed. */
export function damagedPieces(folder: string): string[] {
  const manifest = readManifest(folder);
  if (!manifest) return [];
  if (manifest.addon !== addonVersion) return ['addon', 'binding'];
  const files = wrongFiles(folder, manifest).map(({ file }) => file);
  return files.map((file) => (isAbsolute(file) ? 'binding' : file.split('/')[0]!));
}

function wrongFiles(folder: string, manifest: Manifest): { file: string; what: string }[] {
  return Object.entries(manifest.files).flatMap(([file, size]) => {
    const path = resolve(folder, file);
    if (!existsSync(path)) return [{ file, what: 'is missing' }];
    const actual = statSync(path).size;
    if (actual !== size) return [{ file, what: `has ${actual} bytes instead of ${size}` }];
    const hash = manifest.sha256[file];
    return hash === undefined || hash === sha256(readFileSync(path))
      ? []
      : [{ file, what: 'is not what was compiled: its SHA-256 differs' }];
  });
}

export function readManifest(folder: string): Manifest | null {
  return readJson<Manifest>(manifestFile(folder));
}

/** The command that makes a damaged installation anew. */
function repair(folder: string): string {
  const library = readManifest(folder)?.library;
  const gpu = folder.endsWith('-gpu') ? ' --gpu' : '';
  return `mvrec engine install${library ? ` --tensorflow ${library}` : gpu}`;
}

/** The package in `node_modules`, where its own install script brought a binding; else null. */
export function ownInstallation(): Installation | null {
  const addon = ownPackage();
  if (!addon) return null;
  const binding = join(addon, 'lib', 'napi-v8', 'tfjs_binding.node');
  return existsSync(binding) ? { kind: 'package', folder: addon, addon, binding, stderr: null } : null;
}

/** Folder of the addon package in `node_modules`, with or without a binding; null where npm left it out. */
export function ownPackage(): string | null {
  try {
    const file = require.resolve(`${addonPackage}/package.json`);
    return readJson<{ version: string }>(file)?.version === addonVersion ? dirname(file) : null;
  } catch {
    return null;
  }
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return null;
  }
}
