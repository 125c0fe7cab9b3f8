import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { nearest, UserError } from '../base/index.js';
import type { MapTree } from './tree.js';
import { parseYaml, type Source } from './yaml.js';

const mostBytes = 1_000_000;

/** What a file should be, for messages. */
export interface FileKind {
  /** With its article. */
  readonly name: string;
  /** What it must hold, and an example to start from. */
  readonly needs: string;
}

/**
 * Reads one YAML file that holds a map.
 *
 * @param file as the user names it, relative to `cwd`
 * @throws UserError when there is no such file, it is a folder, empty, not text, too large, or not a map
 */
export async function readYamlFile(
  file: string,
  cwd: string,
  kind: FileKind,
): Promise<{ readonly tree: MapTree; readonly text: string }> {
  const path = resolve(cwd, file);
  const bytes = await readBytes(file, path, kind);
  if (bytes.length > mostBytes) {
    throw new UserError(`larger than ${mostBytes} bytes`, `That is not ${kind.name}.`, { file });
  }
  if (bytes.includes(0)) throw new UserError('not a text file', kind.needs, { file });
  const text = bytes.toString('utf8');
  return { tree: parseYamlMap(text, { file, folder: dirname(path) }, kind), text };
}

/** @throws UserError when a text is not YAML, empty, or not a map */
export function parseYamlMap(text: string, source: Source, { needs }: FileKind): MapTree {
  const tree = parseYaml(text, source);
  if (tree === null) throw new UserError('the file is empty', needs, { file: source.file });
  if (tree.kind === 'map') return tree;
  throw new UserError(
    `expected a map of options (key: value), found ${tree.kind === 'list' ? 'a list' : 'a single value'}`,
    needs,
    tree.origin.place,
  );
}

async function readBytes(file: string, path: string, kind: FileKind): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new UserError(`there is no file ${file}`, await suggestFiles(path, file));
      case 'EISDIR':
        throw new UserError(`${file} is a folder, not ${kind.name}`, await suggestFiles(path, file));
      case 'EACCES':
      case 'EPERM':
        throw new UserError(`no permission to read ${file}`, 'Change its permissions.');
      case 'ENAMETOOLONG':
      case 'ELOOP':
      case 'ERR_INVALID_ARG_VALUE':
        throw new UserError(`${file} cannot be opened`, 'Check the name.');
      default:
        throw error;
    }
  }
}

/** YAML files inside the folder that was named, or else beside the file that is not there. */
async function suggestFiles(path: string, file: string): Promise<string> {
  const inside = await yamlFiles(path);
  if (inside.length > 0) return `It holds ${list(inside.map((name) => join(file, name)))}.`;
  const beside = await yamlFiles(dirname(path));
  const near = nearest(basename(path), beside);
  if (near !== null) return `Did you mean ${join(dirname(file), near)}?`;
  if (beside.length > 0) return `Files there: ${list(beside.map((name) => join(dirname(file), name)))}.`;
  return 'Check the path; it is relative to the folder in which the command runs.';
}

async function yamlFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  } catch {
    return [];
  }
}

function list(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')}, ...` : names.join(', ');
}
