import { relative, resolve } from 'node:path';
import { didYouMean, UserError, UserErrors } from '../base/index.js';
import {
  at,
  check,
  type FileKind,
  type MapTree,
  mistake,
  originAt,
  readYamlFile,
  shapeOf,
  type Tree,
  toValue,
} from '../schema/index.js';
import {
  type Finding,
  fileLayers,
  groundLayers,
  type LoadedExperiment,
  type LoadRequest,
  nameOf,
  overrideLayers,
  resolved,
  togetherWrong,
} from './load.js';
import { assigned, axesOf, entriesOf, groupsOf, notSet } from './sweepAxes.js';
import { collecting, conditioned, conditionsOf, type Draft, gridCells, listedCells } from './sweepCells.js';
import { type SweepConfig, sweepSchema } from './sweepSchema.js';

/** Which sweep to load, and what the command line says beside it. */
export interface SweepRequest
  extends Pick<LoadRequest, 'set' | 'engine' | 'name' | 'env' | 'cwd' | 'project'> {
  readonly file: string;
  /** Name of the stand-in; default: the first. */
  readonly on?: string | undefined;
}

/** A row of a sweep's table. */
export interface SweepCell {
  /** Unique. */
  readonly label: string;
  /** The cell's value on each axis; empty for a listed cell. */
  readonly coordinates: Readonly<Record<string, unknown>>;
  readonly loaded: LoadedExperiment;
}

export interface LoadedSweep {
  readonly sweep: SweepConfig & { readonly name: string };
  /** Folder of the file. */
  readonly folder: string;
  /** The data it runs on, where the file names some. */
  readonly on: { readonly name: string; readonly title: string; readonly control: boolean } | null;
  /** What the command line changes of the file: `--on control`, `--set train.epochs=1`. */
  readonly changes: readonly string[];
  /** In the order of the file. */
  readonly axes: readonly { readonly name: string; readonly values: readonly unknown[] }[];
  /** Null: each cell's own. */
  readonly seeds: readonly number[] | null;
  /** At least one, in the order of the table. */
  readonly cells: readonly SweepCell[];
  /** The error for a finding of the caller's own checks, at the place of its path in the file. */
  mistake(finding: Finding): UserError;
}

const sweepFile: FileKind = {
  name: 'a sweep file',
  needs: 'A sweep needs a base or an experiment; start from experiments/sweep.yaml.',
};
export const sweepShape = shapeOf(sweepSchema);

/**
 * Reads a sweep file and resolves all its cells: base < experiment < stand-in < axes or the cell's own options < conditions <
 * `--set` and its kin, over all that lies beneath any experiment.
 *
 * @throws UserErrors: all that is wrong with the file and its cells, each with its place
 */
export async function loadSweep(request: SweepRequest): Promise<LoadedSweep> {
  const cwd = request.cwd ?? process.cwd();
  const { tree } = await readYamlFile(request.file, cwd, sweepFile);
  const config = parsed(tree);
  const folder = tree.origin.folder;
  const problems: UserError[] = [];

  const axes = axesOf(tree, problems);
  const groups = groupsOf(config, axes, tree, problems);
  const conditions = conditionsOf(tree, axes, problems);
  const on = standIn(tree, request.on, problems);
  const listed = listedCells(tree, problems);
  const overrides = collecting(problems, () =>
    overrideLayers({ set: request.set, engine: request.engine }, cwd),
  );
  if (config.axes && axes.length === 0) {
    problems.push(
      mistake(originAt(tree, ['axes']), 'axes is empty', 'Name an option with its values, or remove it.'),
    );
  }
  problems.push(...useless(tree));
  if (problems.length > 0) throw new UserErrors(problems);

  const name = request.name ?? config.name ?? nameOf([request.file]);
  const own: Draft = { label: name, coordinates: {}, base: null, layers: [], origin: tree.origin };
  const drafts = [...gridCells(groups, tree), ...listed];
  const ground = await groundLayers(request);
  const names = entriesOf(tree, 'on').map(([name]) => name);
  const bases = new Bases(folder, cwd, at(tree, 'base') ?? null, { names, chosen: on?.name ?? null });
  const cells: SweepCell[] = [];
  for (const draft of drafts.length > 0 ? drafts : [own]) {
    const base = await bases.of(draft.base, problems);
    if (base === null) continue;
    const upper = [...base, ...inline(tree), ...(on?.set ? [on.set] : []), ...draft.layers];
    if (upper.length === 0)
      throw mistake(tree.origin, 'the sweep has neither base nor experiment', sweepFile.needs);
    collecting(problems, () => {
      const whole = conditioned(upper, draft.coordinates, conditions, ground);
      if (!whole) return;
      const loaded = resolved(ground, [...whole, ...overrides!], name, draft.origin);
      cells.push({ label: draft.label, coordinates: draft.coordinates, loaded });
    });
  }
  problems.push(...sameLabels(cells, drafts));
  if (problems.length > 0) throw new UserErrors(unique(problems));
  if (cells.length === 0) {
    throw mistake(originAt(tree, ['when']), 'the conditions leave no cell', 'Remove one that skips.');
  }
  const { seeds } = config;
  return {
    sweep: { ...config, name },
    folder,
    on: on && { name: on.name, title: on.title, control: on.control },
    changes: changesOf(request, names),
    axes: axes.map(({ name, points }) => ({ name, values: points.map(({ value }) => value) })),
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : (seeds ?? null),
    cells,
    mistake: ({ path, problem, fix }) =>
      mistake(originAt(tree, typeof path === 'string' ? path.split('.') : path), problem, fix),
  };
}

/** @param names data of the file, the first of which nobody has to ask for */
function changesOf({ on, set = [], engine }: SweepRequest, names: readonly string[]): string[] {
  return [
    ...(on === undefined || on === names[0] ? [] : [`--on ${on}`]),
    ...set.map((assignment) => `--set ${assignment}`),
    ...(engine === undefined ? [] : [`--engine ${engine}`]),
  ];
}

function parsed(tree: MapTree): SweepConfig {
  const problems = check(sweepShape, tree);
  if (problems.length > 0) throw new UserErrors(problems);
  const config = sweepSchema.safeParse(toValue(tree));
  if (!config.success) {
    throw new UserErrors(
      config.error.issues.map((issue) => {
        const { path, problem, fix } = togetherWrong(issue);
        return mistake(originAt(tree, path as string[]), problem, fix);
      }),
    );
  }
  const { seeds } = config.data;
  const twice = Array.isArray(seeds) ? seeds.findIndex((seed, i) => seeds.indexOf(seed) !== i) : -1;
  if (twice < 0) return config.data;
  const [place, seed] = [originAt(tree, ['seeds', twice]), (seeds as number[])[twice]];
  throw mistake(place, `seeds has ${seed} twice`, 'Keep one of the two.');
}

/** What is written in the section `experiment` and would count for nothing. */
function useless(tree: MapTree): UserError[] {
  return entriesOf(tree, 'experiment').flatMap(([key, { key: origin }]) => {
    const why = notSet[key];
    return key !== 'seed' && why !== undefined ? [mistake(origin, `a sweep cannot set ${key}`, why)] : [];
  });
}

/** The section `experiment`, which holds options section by section, as experiments do. */
function inline(tree: MapTree): Tree[] {
  const section = at(tree, 'experiment');
  return section ? [section] : [];
}

function standIn(tree: Tree, wanted: string | undefined, problems: UserError[]) {
  const entries = entriesOf(tree, 'on');
  const names = entries.map(([name]) => name);
  // All are checked, whichever is chosen.
  const all = entries.map(([name, { tree: stand }]) => ({
    name,
    title: String(toValue(at(stand, 'title')!)),
    set: assigned(at(stand, 'set') as MapTree | undefined, problems),
    control: at(stand, 'control') !== undefined,
  }));
  if (wanted === undefined) return all[0] ?? null;
  const found = all.find(({ name }) => name === wanted);
  if (found) return found;
  const fix = names.length > 0 ? didYouMean(wanted, names, 'There are') : 'The file has no section on.';
  problems.push(new UserError(`--on ${wanted}: the sweep names no such data`, fix));
  return null;
}

/** Files of experiments, each read once. */
class Bases {
  private readonly read = new Map<string, Promise<Tree[] | null>>();

  constructor(
    private readonly folder: string,
    private readonly cwd: string,
    private readonly common: Tree | null,
    private readonly data: { readonly names: readonly string[]; readonly chosen: string | null },
  ) {}

  /** The layers of a base; null, and a problem, where a file cannot be read. */
  async of(own: Tree | null, problems: UserError[]): Promise<Tree[] | null> {
    const named = this.ofData(own ?? this.common, problems);
    const items = named === null ? [] : named.kind === 'list' ? named.items : [named];
    const layers: Tree[] = [];
    for (const item of items) {
      const file = this.file(item);
      const found = this.read.get(file) ?? this.readFile(file, item, problems);
      this.read.set(file, found);
      const trees = await found;
      if (trees === null) return null;
      layers.push(...trees);
    }
    return layers;
  }

  /** Where files are named by data, those of the chosen data, or else the first. */
  private ofData(base: Tree | null, problems: UserError[]): Tree | null {
    if (base?.kind !== 'map') return base;
    const { names, chosen } = this.data;
    for (const [name, { key }] of base.entries) {
      if (names.includes(name)) continue;
      const fix = names.length > 0 ? didYouMean(name, names, 'There are') : 'The file has no section on.';
      problems.push(mistake(key, `base names the data ${name}, which the sweep does not have`, fix));
    }
    const files = (chosen !== null && base.entries.get(chosen)) || [...base.entries.values()][0];
    return files?.tree ?? null;
  }

  private file(item: Tree): string {
    const path = resolve(this.folder, String(toValue(item)));
    return relative(this.cwd, path) || path;
  }

  private async readFile(file: string, item: Tree, problems: UserError[]): Promise<Tree[] | null> {
    try {
      return await fileLayers([file], this.cwd);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // What stands in the file has a place there; what is wrong with its name is wrong here.
      problems.push(error.place.line === undefined ? mistake(item.origin, error.problem, error.fix) : error);
      return null;
    }
  }
}

function sameLabels(cells: readonly SweepCell[], drafts: readonly Draft[]): UserError[] {
  const labels = cells.map(({ label }) => label);
  const twice = [...new Set(labels.filter((label, i) => labels.indexOf(label) !== i))];
  return twice.map((label) => {
    const last = drafts.findLast((draft) => draft.label === label)!;
    return mistake(
      last.origin,
      `two cells are called ${label}`,
      'Name the points of an axis, or give another label.',
    );
  });
}

/** One mistake in a shared file is found in every cell. */
function unique(problems: readonly UserError[]): UserError[] {
  const all = problems.flatMap((problem) => (problem instanceof UserErrors ? problem.all : [problem]));
  return [...new Map(all.map((problem) => [problem.message, problem])).values()];
}
