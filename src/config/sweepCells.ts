import { didYouMean, UserError } from '../base/index.js';
import {
  at,
  fieldOf,
  type MapTree,
  mistake,
  type Origin,
  originAt,
  type Shape,
  shapeBelow,
  type Tree,
  toValue,
  variantOf,
} from '../schema/index.js';
import { layered, shape } from './load.js';
import { type Axis, assigned, entriesOf, optionPath, type Point } from './sweepAxes.js';

/** A cell before it is resolved. */
export interface Draft {
  readonly label: string;
  /** Axis by axis, the values as the file has them; empty for a listed cell. */
  readonly coordinates: Readonly<Record<string, unknown>>;
  /** Files in place of the base, as the file has them; null: the base. */
  readonly base: Tree | null;
  /** What it sets, lowest first. */
  readonly layers: readonly Tree[];
  /** Whether there is a mistake in what it sets. */
  readonly wrong: boolean;
  /** Where it is written. */
  readonly origin: Origin;
}

const mostCells = 10_000;

/** All combinations of the points of the groups, the last group changing first. */
export function gridCells(groups: readonly (readonly Axis[])[], file: Tree): Draft[] {
  const sizes = groups.map(([first]) => first!.points.length);
  const total = sizes.reduce((product, size) => product * size, 1);
  if (total > mostCells) {
    const problem = `the grid has ${total.toLocaleString('en')} cells`;
    throw mistake(
      originAt(file, ['axes']),
      problem,
      `Give fewer points; at most ${mostCells.toLocaleString('en')}.`,
    );
  }
  return Array.from({ length: groups.length === 0 ? 0 : total }, (_, number) => {
    let rest = number;
    const places = sizes.map(() => 0);
    for (let i = sizes.length - 1; i >= 0; i--) {
      places[i] = rest % sizes[i]!;
      rest = Math.floor(rest / sizes[i]!);
    }
    const chosen = groups.flatMap((axes, i) =>
      axes.map(({ name, points }) => ({ name, point: points[places[i]!]! })),
    );
    const points = chosen.map(({ point }) => point);
    return {
      label: points.map(({ label }) => label).join(', '),
      coordinates: Object.fromEntries(chosen.map(({ name, point }) => [name, point.value])),
      base: points.reduce((base: Tree | null, point: Point) => point.base ?? base, null),
      layers: points.flatMap(({ tree }) => tree ?? []),
      wrong: points.some(({ wrong }) => wrong),
      origin: points.at(-1)!.origin,
    };
  });
}

/** The cells that the file lists one by one. */
export function listedCells(file: Tree, common: Tree, problems: UserError[]): Draft[] {
  const cells = at(file, 'cells');
  if (cells?.kind !== 'list') return [];
  return cells.items.map((cell): Draft => {
    const label = at(cell, 'label')!;
    const base = at(cell, 'base') ?? null;
    const before = problems.length;
    const set = assigned(at(cell, 'set') as MapTree | undefined, base === null ? common : null, problems);
    return {
      label: String(toValue(label)),
      coordinates: {},
      base,
      layers: set ? [set] : [],
      wrong: problems.length > before,
      origin: label.origin,
    };
  });
}

/** A condition on cells. */
export interface Condition {
  readonly holds: readonly {
    readonly key: string;
    readonly path: readonly string[] | null;
    readonly values: Tree;
  }[];
  readonly set: Tree | null;
  readonly skip: boolean;
}

export function conditionsOf(
  file: Tree,
  axes: readonly Axis[],
  common: Tree,
  problems: UserError[],
): Condition[] {
  const conditions = at(file, 'when');
  if (conditions?.kind !== 'list') return [];
  return conditions.items.map((item): Condition => {
    const holds = entriesOf(item, 'if').map(([key, { key: origin, tree: values }]) => {
      const axis = axes.find(({ name }) => name === key);
      if (!axis) return { key, path: optionPath(key, origin, common, problems), values };
      for (const one of alternatives(
        values,
        axis.points.map(({ value }) => value),
      )) {
        if (axis.points.some(({ value }) => same(value, one))) continue;
        const known = axis.points.map(({ value }) =>
          typeof value === 'string' ? value : JSON.stringify(value),
        );
        const problem = `the axis ${key} has no point ${typeof one === 'string' ? one : JSON.stringify(one)}`;
        problems.push(mistake(values.origin, problem, didYouMean(String(one), known, 'Points')));
      }
      return { key, path: null, values };
    });
    const before = problems.length;
    const set = assigned(at(item, 'set') as MapTree | undefined, common, problems);
    if (problems.length === before && (set === null) === (at(item, 'skip') === undefined)) {
      const problem = `this condition ${set === null ? 'leads to nothing' : 'both sets options and skips'}`;
      problems.push(mistake(item.origin, problem, 'Give it either set or skip: true.'));
    }
    return { holds, set, skip: at(item, 'skip') !== undefined };
  });
}

/**
 * The upper layers of a cell after the conditions; null where one leaves the cell out.
 *
 * @param lower what lies beneath, for options that the cell itself does not set
 */
export function conditioned(
  upper: readonly Tree[],
  coordinates: Draft['coordinates'],
  conditions: readonly Condition[],
  lower: readonly Tree[],
): readonly Tree[] | null {
  let result = upper;
  for (const { holds, set, skip } of conditions) {
    const whole = layered(lower, result).tree;
    const applies = holds.every(({ key, path, values }) => {
      const value = path ? optionIn(whole, path) : coordinates[key];
      return value !== undefined && alternatives(values, [value]).some((one) => same(one, value));
    });
    if (!applies) continue;
    if (skip) return null;
    if (set) result = [...result, set];
  }
  return result;
}

/** Value of an option: what is written, or else the schema's default; undefined where the cell has no such option. */
function optionIn(tree: Tree, path: readonly string[]): unknown {
  let whole: Shape | undefined = shape;
  let node: Tree | undefined = tree;
  let fallback: unknown;
  for (const key of path) {
    const own: Shape | undefined =
      whole?.kind === 'variants' && node ? whole.variants.get(variantOf(whole, node) ?? '') : whole;
    fallback = fieldOf(own, key)?.fallback;
    whole = shapeBelow(own, key);
    node = node && at(node, [key]);
  }
  return node ? toValue(node) : fallback;
}

/** A list stands for any of its items, unless it is itself one of the values in question. */
function alternatives(tree: Tree, values: readonly unknown[]): readonly unknown[] {
  const value = toValue(tree);
  return Array.isArray(value) && !values.some((other) => same(other, value)) ? value : [value];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Runs what may find mistakes, and collects them. */
export function collecting<T>(problems: UserError[], work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push(error);
    return null;
  }
}
