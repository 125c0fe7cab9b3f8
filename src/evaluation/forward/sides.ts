/** A side of an array that depends on sizes: a constant and multiples of named sizes, such as `items`. */
export interface Side {
  readonly constant: number;
  readonly terms: readonly (readonly [size: string, times: number])[];
}

/** A shape whose sides depend on sizes. */
export type Sides = readonly Side[];

export const side = (size: string, times = 1): Side => ({ constant: 0, terms: [[size, times]] });
export const fixed = (constant: number): Side => ({ constant, terms: [] });

/** The side's length, or null while one of its sizes is not known. */
export function lengthOfSide({ constant, terms }: Side, sizes: ReadonlyMap<string, number>): number | null {
  let length = constant;
  for (const [size, times] of terms) {
    const known = sizes.get(size);
    if (known === undefined) return null;
    length += times * known;
  }
  return length;
}

/** `[items, 64]`; sizes that are known as numbers. */
export function shapeText(sides: Sides, sizes: ReadonlyMap<string, number> = new Map()): string {
  return `[${sides.map((side) => lengthOfSide(side, sizes) ?? sideText(side)).join(', ')}]`;
}

function sideText({ constant, terms }: Side): string {
  const parts = terms.map(([size, times]) => (times === 1 ? size : `${times} x ${size}`));
  return [...parts, ...(constant !== 0 || parts.length === 0 ? [constant] : [])].join(' + ');
}

/**
 * How the sides of an array depend on sizes.
 *
 * @param shape its shape
 * @param grown for each size the value it had, and the shape when it was one more
 */
export function sidesOf(
  shape: readonly number[],
  grown: ReadonlyMap<string, { readonly value: number; readonly shape: readonly number[] }>,
): Sides {
  return shape.map((length, axis) => {
    const terms: [string, number][] = [];
    let constant = length;
    for (const [size, other] of grown) {
      const times = (other.shape[axis] ?? length) - length;
      if (times === 0) continue;
      terms.push([size, times]);
      constant -= times * other.value;
    }
    return { constant, terms };
  });
}
