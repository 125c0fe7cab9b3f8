import type { Place } from '../base/index.js';

/** Who gave a value. */
export interface Origin {
  /** For people: `experiments/quickstart.yaml:12:5`, `--set`, `MVREC_ENGINE`, `preset thacil/released`, `default`. */
  readonly words: string;
  /** Where it is written, for a value that comes from a file. */
  readonly place?: Place;
  /** Relative paths among the values start from this folder. */
  readonly folder: string;
}

/** Plain data in which every value remembers where it came from. */
export type Tree = MapTree | ListTree | ValueTree;

export interface MapTree {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly origin: Origin;
}
export interface Entry {
  /** Where the key is written. */
  readonly key: Origin;
  readonly tree: Tree;
}
export interface ListTree {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly origin: Origin;
}
export interface ValueTree {
  readonly kind: 'value';
  readonly value: unknown;
  /** Of a null: nothing is written there, not even `null`. */
  readonly empty?: true;
  readonly origin: Origin;
}

/** Plain data as a tree that is from one place throughout. */
export function fromValue(value: unknown, origin: Origin): Tree {
  if (Array.isArray(value)) {
    return { kind: 'list', items: value.map((item) => fromValue(item, origin)), origin };
  }
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(
      ([key, child]) => [key, { key: origin, tree: fromValue(child, origin) }] as const,
    );
    return { kind: 'map', entries: new Map(entries), origin };
  }
  return { kind: 'value', value, origin };
}

/** The plain data of a tree. */
export function toValue(tree: Tree): unknown {
  switch (tree.kind) {
    case 'map':
      return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, toValue(entry.tree)]));
    case 'list':
      return tree.items.map(toValue);
    case 'value':
      return tree.value;
  }
}

/**
 * A map with a single value at the end of a path.
 *
 * @param origin where the path is written; default: where the value is
 */
export function branch(path: readonly string[], tree: Tree, origin = tree.origin): Tree {
  return path.reduceRight<Tree>(
    (child, key) => ({ kind: 'map', entries: new Map([[key, { key: origin, tree: child }]]), origin }),
    tree,
  );
}

/** The tree at a path, dotted or key by key, or undefined where there is none. List items go by their position. */
export function at(tree: Tree, path: string | readonly (string | number)[]): Tree | undefined {
  const keys = typeof path !== 'string' ? path : path === '' ? [] : path.split('.');
  let current: Tree | undefined = tree;
  for (const key of keys) {
    if (current?.kind === 'map') current = current.entries.get(String(key))?.tree;
    else if (current?.kind === 'list') current = current.items[Number(key)];
    else return undefined;
  }
  return current;
}

/** Who wrote what is at a path, or else the nearest thing above it; of a map its key. */
export function originAt(tree: Tree, path: readonly (string | number)[]): Origin {
  const above = path.slice(0, -1);
  const own = at(tree, path);
  if (path.length === 0) return tree.origin;
  if (own === undefined) return originAt(tree, above);
  const parent = at(tree, above);
  const isKey = own.kind === 'map' && parent?.kind === 'map';
  return isKey ? parent.entries.get(String(path.at(-1)))!.key : own.origin;
}
