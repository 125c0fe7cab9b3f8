import { didYouMean, type UserError } from '../base/index.js';
import {
  branch,
  type Entry,
  type MapTree,
  mistake,
  type Origin,
  originAt,
  type Tree,
  toValue,
} from '../schema/index.js';
import { pathOf } from './layers.js';
import { over, shape } from './load.js';
import type { SweepConfig } from './sweepSchema.js';

/** An axis of a grid. */
export interface Axis {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A value of an axis. */
export interface Point {
  /** As the file has it: the name of a named point, or else the value. */
  readonly value: unknown;
  /** As it stands in the label of a cell. */
  readonly label: string;
  /** What it sets, over the experiment; null where it sets nothing. */
  readonly tree: Tree | null;
  /** The files that it names in place of the base. */
  readonly base: Tree | null;
  /** Whether there is a mistake in what it sets. */
  readonly wrong: boolean;
  readonly origin: Origin;
}

/**
 * The axes of a sweep file that has the right shape; what is wrong with them goes to `problems`.
 *
 * @param common what cells have beneath, which says of which model options are
 */
export function axesOf(file: Tree, common: Tree, problems: UserError[]): Axis[] {
  const entries = entriesOf(file, 'axes');
  return entries.map(([name, { key, tree }]): Axis => {
    if (tree.kind === 'list') {
      const path = optionPath(name, key, common, problems);
      const points = tree.items.map((value): Point => {
        const set = path && branch(path, value, key);
        return {
          value: toValue(value),
          label: valueLabel(name, value),
          tree: set,
          base: null,
          wrong: path === null,
          origin: value.origin,
        };
      });
      return { name, points };
    }
    const points = [...(tree as MapTree).entries].map(([label, { key: origin, tree: set }]): Point => {
      const { base, rest } = withoutBase(set as MapTree);
      const before = problems.length;
      const tree = assigned(rest, base === null ? common : null, problems);
      return { value: label, label, tree, base, wrong: problems.length > before, origin };
    });
    if (points.length === 0) {
      problems.push(mistake(tree.origin, `axes.${name} has no points`, 'Give it some, or remove the line.'));
    }
    return { name, points };
  });
}

/** Which axes go together; what is wrong goes to `problems`. An axis that nothing is zipped with is alone. */
export function groupsOf(
  { zip = [] }: SweepConfig,
  axes: readonly Axis[],
  file: Tree,
  problems: UserError[],
): Axis[][] {
  const names = axes.map(({ name }) => name);
  const seen = new Set<string>();
  zip.forEach((together, i) => {
    together.forEach((name, j) => {
      const origin = originAt(file, ['zip', i, j]);
      if (!names.includes(name)) {
        problems.push(
          mistake(origin, `zip names ${name}, which is no axis`, didYouMean(name, names, 'Axes')),
        );
      } else if (seen.has(name)) {
        problems.push(mistake(origin, `zip names ${name} twice`, 'An axis goes with one group.'));
      }
      seen.add(name);
    });
    const zipped = axes.filter(({ name }) => together.includes(name));
    if (new Set(zipped.map(({ points }) => points.length)).size > 1) {
      const sizes = zipped.map(({ name, points }) => `${name} has ${points.length}`).join(', ');
      problems.push(
        mistake(
          originAt(file, ['zip', i]),
          `zipped axes differ in length: ${sizes}`,
          'Give them as many points.',
        ),
      );
    }
  });
  const groupOf = (name: string) => zip.find((together) => together.includes(name)) ?? [name];
  // A group stands where its first axis stands.
  const first = names.filter((name) =>
    groupOf(name).every((other) => names.indexOf(other) >= names.indexOf(name)),
  );
  return first.map((name) => axes.filter((axis) => groupOf(name).includes(axis.name)));
}

/**
 * Options by their dotted path as one tree over an experiment; null where there are none.
 *
 * @param common what lies beneath; null where that is not known
 */
export function assigned(set: MapTree | undefined, common: Tree | null, problems: UserError[]): Tree | null {
  const trees = [...(set?.entries ?? [])].flatMap(([path, { key, tree }]) => {
    const words = optionPath(path, key, common, problems);
    return words ? [branch(words, tree, key)] : [];
  });
  return trees.length > 0 ? trees.reduce(over) : null;
}

/** The entries of a map in a file, in the order of the file; none where it is not there. */
export function entriesOf(file: Tree, key: string): [string, Entry][] {
  const map = file.kind === 'map' ? file.entries.get(key)?.tree : undefined;
  return map?.kind === 'map' ? [...map.entries] : [];
}

/** Options that a sweep does not set, and why. */
export const notSet: Readonly<Record<string, string>> = {
  seed: 'Use seeds: every cell is trained with each of them.',
  name: 'Runs are named after the sweep.',
  tune: 'A sweep searches nothing; see mvrec tune.',
};

/** The keys of an option that a sweep may set; null where it may not, or there is none. */
export function optionPath(
  path: string,
  origin: Origin,
  common: Tree | null,
  problems: UserError[],
): readonly string[] | null {
  const reserved = notSet[path.split('.')[0]!];
  if (reserved !== undefined) {
    problems.push(mistake(origin, `a sweep cannot set ${path}`, reserved));
    return null;
  }
  try {
    return pathOf(path, shape, common, (problem, fix) => mistake(origin, `${path}: ${problem}`, fix));
  } catch (error) {
    problems.push(error as UserError);
    return null;
  }
}

export function withoutBase(set: MapTree): { base: Tree | null; rest: MapTree } {
  const base = set.entries.get('base')?.tree ?? null;
  const rest = { ...set, entries: new Map([...set.entries].filter(([key]) => key !== 'base')) };
  return { base, rest };
}

/** `SCAA_s`, but `layers=3`. */
function valueLabel(path: string, tree: Tree): string {
  if (tree.kind === 'value' && typeof tree.value === 'string') return tree.value;
  return `${path.split('.').at(-1)}=${JSON.stringify(toValue(tree))}`;
}
