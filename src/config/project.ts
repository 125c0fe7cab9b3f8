import { statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { systemCacheFolder, UserError, UserErrors } from '../base/index.js';
import {
  check,
  fromValue,
  type MapTree,
  type Origin,
  readYamlFile,
  shapeOf,
  type Tree,
  toValue,
} from '../schema/index.js';
import { experimentFile } from './experimentFile.js';
import { slurmSchema } from './slurm.js';
import { type MlflowSettings, mlflowSettings, trackingSchema } from './tracking.js';

/** `mvrec.config.*` or `package.json#mvrec`: what holds for every command in a project. */
export const projectSchema = z.strictObject({
  resultsDir: z
    .string()
    .optional()
    .describe('Folder of the runs; relative to this file. Default: results in the working folder.'),
  dataDir: z.string().optional().describe('Folder of the imported data sets. Default: data in the cache.'),
  cacheDir: z
    .string()
    .optional()
    .describe("Folder of what can be made again. Default: mvrec in the system's cache."),
  executor: z
    .enum(['local', 'slurm'])
    .optional()
    .describe(
      'Where `mvrec sweep` trains cells: on this machine, or as jobs of Slurm. `--executor` is stronger. Default: local.',
    ),
  tracking: trackingSchema.describe(
    'Where runs are shown besides TensorBoard: `mlflow`, or a map with it. See [runs.md](runs.md#mlflow).',
  ),
  slurm: slurmSchema.optional().describe('What is asked of Slurm for each cell.'),
});

/** The project file, read and checked. */
export interface Project {
  readonly values: z.output<typeof projectSchema>;
  /** Experiment options beneath every experiment: the key `defaults`. */
  readonly defaults: Tree | null;
  readonly origin: Origin | null;
}

const none: Project = { values: {}, defaults: null, origin: null };

const places = [
  'mvrec.config.yaml',
  'mvrec.config.yml',
  'mvrec.config.json',
  'mvrec.config.js',
  'mvrec.config.mjs',
  'mvrec.config.cjs',
  'package.json',
];

/**
 * Looks for the project file in `cwd` and its parents up to the nearest package.json.
 *
 * @throws UserError when it is broken or has unknown keys
 */
export async function loadProject(cwd: string): Promise<Project> {
  const { cosmiconfig } = await import('cosmiconfig');
  // The parser with positions reads what it finds; cosmiconfig only has to find it, and to run scripts.
  const search = async () =>
    cosmiconfig('mvrec', {
      searchPlaces: places,
      searchStrategy: 'project',
      loaders: { '.json': looseJson, '.yaml': () => ({}), '.yml': () => ({}) },
    }).search(cwd);
  const found = await search().catch((error: Error) => {
    const [file, ...problem] = error.message
      .split(/\s*\n\s*/)
      .filter((line) => !/^>?\s*(\d+)?\s*\|/.test(line));
    throw new UserError(
      `the project file cannot be read: ${file} ${problem[0] ?? ''}`,
      'Correct or remove it.',
    );
  });
  if (!found) return none;
  const file = relative(cwd, found.filepath) || found.filepath;
  const scripted = /\.[cm]?js$/.test(found.filepath);
  const origin: Origin = { words: file, place: { file }, folder: dirname(found.filepath) };
  const tree = scripted ? fromValue(found.config, origin) : await readProjectFile(file, cwd);
  if (tree.kind === 'map') return checked(tree);
  const keys = 'Keys: resultsDir, dataDir, cacheDir, executor, tracking, slurm, defaults.';
  throw new UserError('expected a map of options', keys, tree.origin.place);
}

/** For finding `mvrec` in package.json; a broken file is explained by the parser with positions. */
function looseJson(_path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return { mvrec: {} };
  }
}

async function readProjectFile(file: string, cwd: string): Promise<Tree> {
  const { tree } = await readYamlFile(file, cwd, experimentFile);
  if (basename(file) !== 'package.json') return tree;
  return tree.entries.get('mvrec')?.tree ?? { ...tree, entries: new Map() };
}

function checked(tree: MapTree): Project {
  const defaults = tree.entries.get('defaults')?.tree ?? null;
  const entries = new Map([...tree.entries].filter(([key]) => key !== 'defaults'));
  const problems = check(shapeOf(projectSchema), { ...tree, entries });
  if (defaults && defaults.kind !== 'map') {
    problems.push(
      new UserError('defaults is not a map', 'Give it options of experiments.', defaults.origin.place),
    );
  }
  if (problems.length > 0) throw new UserErrors(problems);
  const values = projectSchema.parse(toValue({ ...tree, entries }));
  return { values, defaults, origin: tree.origin };
}

/** Folders that a process works in, absolute, and who else is told of its runs. */
export interface Settings {
  readonly resultsDir: string;
  readonly dataDir: string;
  readonly cacheDir: string;
  /** Absent or null: nobody. */
  readonly mlflow?: MlflowSettings | null;
}

/** Environment over project file over defaults (`./results`, `data` in the cache, the system's cache folder). */
export function settings(env: NodeJS.ProcessEnv, project: Project, cwd: string): Settings {
  const pick = (variable: string, own: string | undefined, fallback: string): string => {
    if (env[variable]) return resolve(cwd, env[variable]);
    return own === undefined ? fallback : resolve(project.origin!.folder, own);
  };
  const { values } = project;
  const cacheDir = pick('MVREC_CACHE_DIR', values.cacheDir, systemCacheFolder(env));
  return {
    resultsDir: pick('MVREC_RESULTS_DIR', values.resultsDir, resolve(cwd, 'results')),
    dataDir: pick('MVREC_DATA_DIR', values.dataDir, join(cacheDir, 'data')),
    cacheDir,
  };
}

/**
 * The settings of this process.
 *
 * @throws UserError when one of the folders is a file
 */
export async function loadSettings(): Promise<Settings> {
  const cwd = process.cwd();
  const project = await loadProject(cwd);
  const mlflow = mlflowSettings(project.values.tracking, process.env);
  const found = { ...settings(process.env, project, cwd), mlflow };
  const variables = { cacheDir: 'CACHE', dataDir: 'DATA', resultsDir: 'RESULTS' } as const;
  for (const [key, variable] of Object.entries(variables)) {
    const path = found[key as keyof typeof variables];
    if (isFile(path)) {
      throw new UserError(`${path} is not a folder`, `Name another with MVREC_${variable}_DIR.`);
    }
  }
  return found;
}

/** Whether the path, or what should be a folder above it, is a file. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}
