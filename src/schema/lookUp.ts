import type { Field, Shape, VariantsShape } from './shape.js';
import type { MapTree, Tree } from './tree.js';

/** Which variant a map is, as far as it says. */
export function variantOf(shape: VariantsShape, tree: Tree): string | undefined {
  if (tree.kind !== 'map') return undefined;
  if (shape.discriminator === null) return variantKeys(shape, tree)[0];
  const mark = tree.entries.get(shape.discriminator)?.tree;
  return mark?.kind === 'value' && shape.variants.has(String(mark.value)) ? String(mark.value) : undefined;
}

/** The identifying keys that are there, for variants without a discriminator. */
export function variantKeys(shape: VariantsShape, tree: MapTree): string[] {
  return [...shape.variants.keys()].filter((key) => tree.entries.has(key));
}

/** The field of that name, in whichever variant has it. */
export function fieldOf(shape: Shape | undefined, key: string, variant?: string): Field | undefined {
  if (shape?.kind === 'map') return shape.fields.get(key);
  if (shape?.kind !== 'variants') return undefined;
  const own = variant === undefined ? undefined : shape.variants.get(variant)?.fields.get(key);
  return own ?? [...shape.variants.values()].map((map) => map.fields.get(key)).find((found) => found);
}

/** The shape of what stands at a key: of a field, or of the values of a map of names. */
export function shapeBelow(shape: Shape | undefined, key: string, variant?: string): Shape | undefined {
  return shape?.kind === 'record' ? shape.value : fieldOf(shape, key, variant)?.shape;
}

/** Every key of a shape, whatever the variant. */
export function keysOf(shape: Shape | undefined): string[] {
  if (shape?.kind === 'map') return [...shape.fields.keys()];
  if (shape?.kind !== 'variants') return [];
  return [...new Set([...shape.variants.values()].flatMap((map) => [...map.fields.keys()]))];
}

/** Dotted paths of all options whose last part is `key`; NAME stands for names of the user's choice. */
export function pathsEndingIn(shape: Shape, key: string, path = ''): string[] {
  if (shape.kind === 'record') return pathsEndingIn(shape.value, key, join(path, 'NAME'));
  if (shape.kind === 'either') return shape.options.flatMap((option) => pathsEndingIn(option, key, path));
  const found = keysOf(shape).flatMap((name) => {
    const here = join(path, name);
    const below = pathsEndingIn(fieldOf(shape, name)!.shape, key, here);
    return name === key ? [here, ...below] : below;
  });
  return [...new Set(found)];
}

/** A dotted path one key further. */
export const join = (path: string, key: string): string => (path ? `${path}.${key}` : key);
