import { basename, isAbsolute, resolve } from 'node:path';
import type { z } from 'zod';
import { type Place, UserError, UserErrors } from '../base/index.js';
import {
  at,
  branch,
  check,
  fromValue,
  mistake,
  type Origin,
  readYamlFile,
  shapeOf,
  type Tree,
  toValue,
} from '../schema/index.js';
import { experimentFile } from './experimentFile.js';
import { defaultsLayer, presetLayers, setLayer } from './layers.js';
import { merge } from './merge.js';
import { loadProject, type Project } from './project.js';
import { type Experiment, experimentSchema } from './schema.js';
import { cut, type Remainder, takeAway } from './takeAway.js';

/** What to load. */
export interface LoadRequest {
  /** YAML files, merged left to right; relative to `cwd`. At least one. */
  readonly files: readonly string[];
  /** `path=value` each; the value is YAML. */
  readonly set?: readonly string[];
  /** Over the files, in place of the `presets` that they name. */
  readonly presets?: readonly string[];
  /** Options that have a flag of their own. */
  readonly seed?: number;
  readonly engine?: string;
  readonly name?: string;
  readonly trials?: number;
  readonly sampler?: string;
  readonly prune?: string;
  /** Default: the process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the process's own. */
  readonly cwd?: string;
  /** Default: looked for from `cwd`. */
  readonly project?: Project;
}

/** Something wrong with a value that the schema cannot know. */
export interface Finding {
  /** Dotted, for example `evaluate.metrics.1`, or key by key. */
  readonly path: Path;
  readonly problem: string;
  readonly fix: string;
}

/** Where in an experiment: dotted, or key by key where a key has dots of its own. */
type Path = string | readonly (string | number)[];

export interface LoadedExperiment {
  /** Complete: every default filled in, paths of data absolute, a name. */
  readonly experiment: Experiment & { readonly name: string };
  /**
   * Who gave each value, by dotted path: `experiments/a.yaml:12:5`, `default`, `preset thacil/released`, `--set`, ... Also who
   * took one away that has no default: `null: --set`.
   */
  readonly origins: ReadonlyMap<string, string>;
  /** Where the value at a path, or else the section around it, is written; empty when no file says. */
  place(path: Path): Place;
  /** The error for a finding of the caller's own checks, at the place of its path. */
  mistake(finding: Finding): UserError;
  /**
   * The same experiment with other values over all that was given. A mistake is shown at `from`, where in this experiment
   * the value stands.
   *
   * @throws UserError or UserErrors, as loading does
   */
  vary(values: readonly Variation[]): LoadedExperiment;
}

/** Another value of an option. */
export interface Variation {
  /** Dotted. */
  readonly path: string;
  readonly value: unknown;
  readonly from: Path;
}

/** Shape of an experiment. */
export const shape = shapeOf(experimentSchema);

/**
 * Resolves an experiment: schema defaults < project file < environment < presets of the files < files, left to right <
 * `--preset` < `--set` and its kin.
 *
 * @throws UserError or UserErrors: unreadable files, broken YAML, unknown keys, wrong values, each with its place
 */
export async function loadExperiment(request: LoadRequest): Promise<LoadedExperiment> {
  const cwd = request.cwd ?? process.cwd();
  const lower = await groundLayers(request);
  const files = await fileLayers(request.files, cwd);
  if (files.length === 0)
    throw new UserError('no experiment file is given', 'Name one, for example experiments/quickstart.yaml.');
  const given = overrideLayers(request, cwd, [...lower, ...files].reduce(over));
  // Where nothing says what to search, how to do so is no search; `mvrec tune` says what a section tune looks like.
  const searches = [...lower, ...files, ...given].some((tree) => at(tree, 'tune') !== undefined);
  const overrides = searches ? [...given, ...searchLayers(request, cwd)] : given;
  const chosen = request.presets ? presetsOf([...files, ...overrides]) : [];
  return resolved(lower, [...files, ...chosen, ...overrides], nameOf(request.files), files[0]!.origin);
}

/**
 * What lies beneath every experiment: schema defaults < project file < environment.
 *
 * @throws UserErrors for mistakes in the project's defaults, also in what an experiment overrides: it is as wrong for the next
 */
export async function groundLayers(request: Pick<LoadRequest, 'cwd' | 'env' | 'project'>): Promise<Tree[]> {
  const cwd = request.cwd ?? process.cwd();
  const project = request.project ?? (await loadProject(cwd));
  const slips = project.defaults ? check(shape, project.defaults, 'part') : [];
  if (slips.length > 0) throw new UserErrors(slips);
  return [defaultsLayer(shape), ...projectLayers(project), ...environmentLayers(request, cwd)];
}

/** The files of an experiment, read. */
export async function fileLayers(files: readonly string[], cwd: string): Promise<Tree[]> {
  const trees: Tree[] = [];
  for (const file of files) trees.push((await readYamlFile(file, cwd, experimentFile)).tree);
  return trees;
}

/**
 * An experiment of its layers.
 *
 * @param lower below the presets
 * @param upper above them
 * @param name where the experiment has none
 * @param first what is shown for what is written nowhere
 * @throws UserError or UserErrors
 */
export function resolved(
  lower: readonly Tree[],
  upper: readonly Tree[],
  name: string,
  first: Origin,
): LoadedExperiment {
  const left = layered(lower, upper);
  const problems = check(shape, left.tree);
  if (problems.length > 0) throw new UserErrors(problems);
  return complete(left, name, first, (values) => resolved(lower, [...upper, ...values], name, first));
}

/**
 * All sources in one: presets, those of the model that the upper layers come to, between the lower layers and the upper. A null takes
 * away what is beneath it and nothing above.
 */
export function layered(lower: readonly Tree[], upper: readonly Tree[]): Remainder {
  const beneath = [...lower, ...presetsOf(upper)].reduce(over);
  return takeAway(over(upper.reduce(cut, beneath), upper.reduce(over)), shape);
}

/** Layers of the presets that an experiment names. */
function presetsOf(upper: readonly Tree[]): Tree[] {
  const own = upper.reduce(over);
  return presetLayers(valueAt(own, 'model.name'), at(own, 'presets'));
}

export const over = (lower: Tree, upper: Tree): Tree => merge(lower, upper, shape);

/**
 * `--set` and its kin, the later over the earlier.
 *
 * @param beneath what they lie over
 */
export function overrideLayers(request: Omit<LoadRequest, 'files'>, cwd: string, beneath: Tree): Tree[] {
  const { set = [], presets, seed, engine, name } = request;
  const flag = flagIn(cwd);
  return [
    ...set.map((assignment) => setLayer(assignment, shape, cwd, { beneath })),
    ...flag('--preset', ['presets'], presets),
    ...flag('--seed', ['seed'], seed),
    ...flag('--engine', ['engine', 'name'], engine),
    ...flag('--name', ['name'], name),
  ];
}

/** How to search, of the command line. */
function searchLayers({ trials, sampler, prune }: LoadRequest, cwd: string): Tree[] {
  const flag = flagIn(cwd);
  return [
    ...flag('--trials', ['tune', 'trials'], trials),
    ...flag('--sampler', ['tune', 'sampler'], sampler),
    ...flag('--prune', ['tune', 'prune', 'kind'], prune),
  ];
}

const flagIn =
  (folder: string) =>
  (words: string, path: readonly string[], value: unknown): Tree[] =>
    value === undefined ? [] : [branch(path, fromValue(value, { words, folder }))];

function projectLayers({ defaults }: Project): Tree[] {
  return defaults ? [defaults] : [];
}

function environmentLayers({ env = process.env }: Pick<LoadRequest, 'env'>, cwd: string): Tree[] {
  const engine = env.MVREC_ENGINE;
  if (!engine) return [];
  return [branch(['engine', 'name'], fromValue(engine, { words: 'MVREC_ENGINE', folder: cwd }))];
}

function complete(
  { tree, taken }: Remainder,
  unnamed: string,
  first: Origin,
  resolve: (values: readonly Tree[]) => LoadedExperiment,
): LoadedExperiment {
  const nearestOrigin = (keys: readonly (string | number)[]): Origin => {
    const own = at(tree, keys)?.origin;
    if (own && own.words !== 'default') return own;
    return keys.length === 0 ? first : nearestOrigin(keys.slice(0, -1));
  };
  const originOf = (path: Path): Origin => nearestOrigin(typeof path === 'string' ? path.split('.') : path);
  const locate = ({ path, problem, fix }: Finding) => mistake(originOf(path), problem, fix);

  const parsed = experimentSchema.safeParse(toValue(tree));
  if (!parsed.success) throw new UserErrors(parsed.error.issues.map((issue) => locate(togetherWrong(issue))));
  const { name = unnamed } = parsed.data;
  const experiment = resolvePaths({ ...parsed.data, name }, tree);
  const nullFor = (path: string): string | undefined =>
    [...taken].find(([key]) => path === key || path.startsWith(`${key}.`))?.[1].words;
  const wordsFor = (keys: readonly string[]): string => {
    const own = at(tree, keys)?.origin.words;
    const by = nullFor(keys.join('.'));
    return own ?? (by === undefined ? 'default' : `default (null: ${by})`);
  };
  const origins = new Map(leavesOf(experiment).map((keys) => [keys.join('.'), wordsFor(keys)] as const));
  const gone = [...taken].filter(([key]) => at(fromValue(experiment, first), key) === undefined);
  for (const [key, { words }] of gone) origins.set(key, `null: ${words}`);
  if (parsed.data.name === undefined) origins.set('name', 'file name');
  return {
    experiment,
    origins,
    place: (path) => originOf(path).place ?? {},
    mistake: locate,
    vary: (values) =>
      resolve(
        values.map(({ path, value, from }) => branch(path.split('.'), fromValue(value, originOf(from)))),
      ),
  };
}

/** Each value alone is fine by now; what is left are the schema's rules on several of them, which say what to do. */
export function togetherWrong(issue: z.core.$ZodIssue): Finding {
  const { fix } = (issue as z.core.$ZodIssueCustom).params as { fix: string };
  return {
    path: issue.path as (string | number)[],
    problem: `${issue.path.join('.').replace(/\.(\d+)/g, '[$1]')} ${issue.message}`,
    fix,
  };
}

/** Name after files: letters, digits and a few signs, as the schema asks. */
export const nameOf = (files: readonly string[]): string =>
  files
    .map((file) =>
      basename(file)
        .replace(/\.ya?ml$/, '')
        .replace(/^[^\w]|[^\w.-]/g, '_'),
    )
    .join('-');

/** Paths of data start from the folder of the file that names them; a store may also be a bare name. */
function resolvePaths<T extends Experiment>(experiment: T, tree: Tree): T {
  const absolute = (path: string, value: string): string =>
    isAbsolute(value) ? value : resolve(at(tree, path)!.origin.folder, value);
  const { data, evaluate } = experiment;
  const { candidates } = evaluate;
  return {
    ...experiment,
    data: {
      ...data,
      source: resolveSource(data.source, (key, value) => absolute(`data.source.${key}`, value)),
    },
    evaluate: {
      ...evaluate,
      candidates:
        candidates.kind === 'file'
          ? { ...candidates, path: absolute('evaluate.candidates.path', candidates.path) }
          : candidates,
    },
  };
}

function resolveSource(
  source: Experiment['data']['source'],
  absolute: (key: string, value: string) => string,
): Experiment['data']['source'] {
  if ('card' in source) {
    return { card: absolute('card', source.card), from: absolute('from', source.from) };
  }
  if ('store' in source && /[/\\]|^\.\.?$/.test(source.store)) {
    return { store: absolute('store', source.store) };
  }
  return source;
}

/** Paths of everything that is not a map; lists count as one value. */
function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** A single value; undefined where there is none. */
function valueAt(tree: Tree, path: string): unknown {
  const found = at(tree, path);
  return found?.kind === 'value' ? found.value : undefined;
}
