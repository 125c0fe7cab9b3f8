import { type Entry, type MapTree, type Shape, shapeBelow, type Tree, variantOf } from '../schema/index.js';

/**
 * Lays `upper` over `lower`: maps are merged key by key, everything else is replaced whole. Where `upper` picks
 * another variant (another model, another kind of negatives), the options of the old one fall away.
 */
export function merge(lower: Tree, upper: Tree, shape: Shape | undefined): Tree {
  if (lower.kind !== 'map' || upper.kind !== 'map') return upper;
  const kept = shape?.kind === 'variants' ? withoutOldVariant(lower, upper, shape) : lower;
  const variant = shape?.kind === 'variants' ? variantOf(shape, upper) : undefined;
  const entries = new Map<string, Entry>(kept.entries);
  for (const [key, entry] of upper.entries) {
    const below = entries.get(key);
    const tree = below ? merge(below.tree, entry.tree, shapeBelow(shape, key, variant)) : entry.tree;
    entries.set(key, { key: entry.key, tree });
  }
  // A section that a flag adds to is still the one in the file.
  const origin = upper.origin.place || !lower.origin.place ? upper.origin : lower.origin;
  return { kind: 'map', entries, origin };
}

/** Keys that the old variant does not know stay, so that a slip of the keys is reported and not dropped. */
function withoutOldVariant(lower: MapTree, upper: MapTree, shape: Shape & { kind: 'variants' }): MapTree {
  const before = variantOf(shape, lower);
  const after = variantOf(shape, upper);
  if (before === undefined || after === undefined || before === after) return lower;
  const old = shape.variants.get(before)!.fields;
  return { ...lower, entries: new Map([...lower.entries].filter(([key]) => !old.has(key))) };
}
