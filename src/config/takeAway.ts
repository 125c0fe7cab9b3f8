import {
  type Entry,
  fieldOf,
  join,
  type Origin,
  type Shape,
  shapeBelow,
  type Tree,
  variantOf,
} from '../schema/index.js';

/** A tree without the keys that are null, and who took each of them away, by its dotted path. */
export interface Remainder {
  readonly tree: Tree;
  readonly taken: ReadonlyMap<string, Origin>;
}

/**
 * Drops every key with a written `null`, which takes away what weaker sources say, so that the default holds: keys that may be
 * absent and of which null is no value. Others stay, for the check of the whole.
 *
 * @param merged all sources, so that only the strongest word on a key is left
 */
export function takeAway(merged: Tree, root: Shape): Remainder {
  const taken = new Map<string, Origin>();
  const visit = (tree: Tree, shape: Shape | undefined, path: string): Tree => {
    if (tree.kind !== 'map') return tree;
    const variant = shape?.kind === 'variants' ? variantOf(shape, tree) : undefined;
    const entries = new Map<string, Entry>();
    for (const [key, entry] of tree.entries) {
      const here = join(path, key);
      if (isWrittenNull(entry.tree) && mayBeTaken(shape, key, variant)) taken.set(here, entry.tree.origin);
      else entries.set(key, { ...entry, tree: visit(entry.tree, shapeBelow(shape, key, variant), here) });
    }
    return { ...tree, entries };
  };
  return { tree: visit(merged, root, ''), taken };
}

/** A weaker tree without what a stronger one says null to, of which a still stronger one may say more. */
export function cut(weaker: Tree, stronger: Tree): Tree {
  if (weaker.kind !== 'map' || stronger.kind !== 'map') return weaker;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of weaker.entries) {
    const by = stronger.entries.get(key);
    if (by && isWrittenNull(by.tree)) continue;
    entries.set(key, by ? { ...entry, tree: cut(entry.tree, by.tree) } : entry);
  }
  return { ...weaker, entries };
}

const isWrittenNull = (tree: Tree): boolean => tree.kind === 'value' && tree.value === null && !tree.empty;

function mayBeTaken(shape: Shape | undefined, key: string, variant: string | undefined): boolean {
  if (shape?.kind === 'record') return !takesNull(shape.value);
  const field = fieldOf(shape, key, variant);
  return field !== undefined && !field.required && !takesNull(field.shape);
}

function takesNull(shape: Shape): boolean {
  switch (shape.kind) {
    case 'value':
      return shape.schema.safeParse(null).success;
    case 'either':
      return shape.options.some(takesNull);
    default:
      return shape.kind === 'any';
  }
}
