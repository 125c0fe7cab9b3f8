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
  groundLayers,
  type LoadedExperiment,
  type LoadRequest,
  layered,
  nameOf,
  over,
  overrideLayers,
  resolved,
  shape,
  togetherWrong,
} from './load.js';
import { assigned, axesOf, entriesOf, groupsOf, notSet } from './sweepAxes.js';
import { Bases } from './sweepBases.js';
import { collecting, conditioned, conditionsOf, type Draft, gridCells, listedCells } from './sweepCells.js';
import { type SweepConfig, sweepName, sweepSchema } from './sweepSchema.js';

/** Which sweep to load, and what the command line says beside it. */
export interface SweepRequest
  extends Pick<LoadRequest, 'set' | 'engine' | 'name' | 'env' | 'cwd' | 'project'> {
  readonly file: string;
  /** Name of the stand-in; default: the first. */
  readonly on?: string | undefined;
  /** Checks of the caller's own, also of a sweep with other mistakes; it throws what it finds. */
  readonly check?: (outline: SweepOutline) => void;
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

/** A sweep as far as it could be read. */
export interface SweepOutline extends Pick<LoadedSweep, 'sweep' | 'axes' | 'mistake'> {
  /** All of its cells, null those of which something is wrong. */
  readonly cells: readonly (Omit<SweepCell, 'loaded'> & { readonly loaded: LoadedExperiment | null })[];
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
  if (at(tree, 'model') && at(tree, 'data') && !at(tree, 'cells') && !at(tree, 'axes')) {
    throw new UserError(
      `${request.file} is an experiment, not a sweep`,
      'Train it with mvrec train, or name it as the base of a sweep; start from experiments/sweep.yaml.',
    );
  }
  const config = parsed(tree);
  const folder = tree.origin.folder;
  const problems: UserError[] = [];

  const ground = await groundLayers(request);
  const names = entriesOf(tree, 'on').map(([name]) => name);
  const bases = new Bases(folder, cwd, at(tree, 'base') ?? null, {
    names,
    chosen: request.on ?? names[0] ?? null,
  });
  const common = [...ground, ...((await bases.of(null, [])) ?? []), ...inline(tree)].reduce(over);
  const axes = axesOf(tree, common, problems);
  const conditions = conditionsOf(tree, axes, common, problems);
  const listed = listedCells(tree, common, problems);
  problems.push(...useless(tree));
  if (config.seeds !== undefined && request.set?.some((assignment) => /^\s*seed\s*=/.test(assignment))) {
    problems.push(
      new UserError(
        '--set seed: the sweep has seeds, which count',
        'Give --seeds: 9 is 1 to 9, and 9, (with a comma) is 9 alone.',
      ),
    );
  }
  const before = problems.length;
  const on = standIn(tree, request.on, common, problems);
  const overrides = collecting(problems, () =>
    overrideLayers({ set: request.set, engine: request.engine }, cwd, common),
  );
  const allWrong = problems.length > before;
  const ungridded: UserError[] = [];
  const groups = groupsOf(config, axes, tree, ungridded);
  if (config.axes && axes.length === 0) {
    ungridded.push(
      mistake(originAt(tree, ['axes']), 'axes is empty', 'Name an option with its values, or remove it.'),
    );
  }
  if (ungridded.length > 0 || (request.on !== undefined && !on))
    throw new UserErrors([...ungridded, ...problems]);

  if (request.name !== undefined && !sweepName.test(request.name)) {
    throw new UserError(
      `--name ${request.name} is no name of a folder`,
      'Letters, digits, _, . and -, the first none of the last two.',
    );
  }
  const name = request.name ?? config.name ?? nameOf([request.file]);
  const own: Draft = {
    label: name,
    coordinates: {},
    base: null,
    layers: [],
    wrong: false,
    origin: tree.origin,
  };
  const drafts = [...gridCells(groups, tree), ...listed];
  const outline = await outlineOf(
    drafts.length > 0 ? drafts : [own],
    { tree, ground, bases, stand: on?.set ?? null, conditions, overrides: allWrong ? null : overrides },
    name,
    problems,
  );
  problems.push(...sameLabels(outline, drafts));
  const shared = {
    sweep: { ...config, name },
    axes: axes.map(({ name, points }) => ({ name, values: points.map(({ value }) => value) })),
    mistake: ({ path, problem, fix }: Finding) =>
      mistake(originAt(tree, typeof path === 'string' ? path.split('.') : path), problem, fix),
  };
  if (outline.length > 0) collecting(problems, () => request.check?.({ ...shared, cells: outline }));
  if (problems.length > 0) throw new UserErrors(unique(problems));
  const cells = outline.flatMap((cell) => (cell.loaded ? { ...cell, loaded: cell.loaded } : []));
  if (cells.length === 0) {
    throw mistake(originAt(tree, ['when']), 'the conditions leave no cell', 'Remove one that skips.');
  }
  const { seeds } = config;
  return {
    ...shared,
    folder,
    on: on && { name: on.name, title: on.title, control: on.control },
    changes: changesOf(request, names),
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : (seeds ?? null),
    cells,
  };
}

/** What cells are made of, beside what each of them sets. */
interface Shared {
  readonly tree: MapTree;
  readonly ground: readonly Tree[];
  readonly bases: Bases;
  readonly stand: Tree | null;
  readonly conditions: ReturnType<typeof conditionsOf>;
  /** Null: there is a mistake in what all cells share. */
  readonly overrides: readonly Tree[] | null;
}

/** Resolves the cells that the conditions leave; what is wrong goes to `problems`. */
async function outlineOf(
  drafts: readonly Draft[],
  { tree, ground, bases, stand, conditions, overrides }: Shared,
  name: string,
  problems: UserError[],
): Promise<SweepOutline['cells']> {
  const cells: SweepOutline['cells'][number][] = [];
  for (const { label, coordinates, base: own, layers, wrong, origin } of drafts) {
    const base = await bases.of(own, problems);
    if (base === null) {
      cells.push({ label, coordinates, loaded: null });
      continue;
    }
    const upper = [...base, ...inline(tree), ...(stand ? [stand] : []), ...layers];
    if (upper.length === 0 && !wrong && overrides)
      throw mistake(tree.origin, 'the sweep has neither base nor experiment', sweepFile.needs);
    const loaded = collecting(problems, () => {
      const whole = conditioned(upper, coordinates, conditions, ground);
      if (!whole) return 'skipped';
      if (!wrong && overrides) return resolved(ground, [...whole, ...overrides], name, origin);
      // What is wrong already may be missing: of the rest no more is asked than that it is right.
      if (whole.length > 0) problems.push(...check(shape, layered(ground, whole).tree, 'part'));
      return null;
    });
    if (loaded !== 'skipped') cells.push({ label, coordinates, loaded });
  }
  return cells;
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

function standIn(tree: Tree, wanted: string | undefined, common: Tree, problems: UserError[]) {
  const entries = entriesOf(tree, 'on');
  const names = entries.map(([name]) => name);
  // All are checked, whichever is chosen.
  const all = entries.map(([name, { tree: stand }]) => ({
    name,
    title: String(toValue(at(stand, 'title')!)),
    set: assigned(at(stand, 'set') as MapTree | undefined, common, problems),
    control: at(stand, 'control') !== undefined,
  }));
  if (wanted === undefined) return all[0] ?? null;
  const found = all.find(({ name }) => name === wanted);
  if (found) return found;
  const fix = names.length > 0 ? didYouMean(wanted, names, 'There are') : 'The file has no section on.';
  problems.push(new UserError(`--on ${wanted}: the sweep names no such data`, fix));
  return null;
}

function sameLabels(cells: SweepOutline['cells'], drafts: readonly Draft[]): UserError[] {
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
