import type { ClaimPlan } from './types.js';

/** Cells that differ on one axis alone, and on those that go together with it; in the order of the axis. */
export type Slice = readonly { readonly label: string; readonly point: unknown }[];

/** Values of axes are plain data. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** @param where values on other axes; cells with others are left out */
export function slicesAlong(
  { axes, cells }: ClaimPlan,
  name: string,
  where: Readonly<Record<string, unknown>> = {},
): Slice[] {
  const { values } = axes.find((axis) => axis.name === name)!;
  const fixed = axes.map((axis) => axis.name).filter((other) => !goTogether(cells, name, other));
  const slices = new Map<string, { label: string; point: unknown }[]>();
  for (const { label, coordinates } of cells) {
    if (!Object.hasOwn(coordinates, name)) continue; // a listed cell is on no axis
    if (!Object.entries(where).every(([axis, value]) => same(coordinates[axis], value))) continue;
    const key = JSON.stringify(fixed.map((axis) => coordinates[axis]));
    const slice = slices.get(key) ?? [];
    slices.set(key, slice);
    slice.push({ label, point: coordinates[name] });
  }
  const place = (point: unknown): number => values.findIndex((value) => same(value, point));
  return [...slices.values()].map((slice) => slice.toSorted((a, b) => place(a.point) - place(b.point)));
}

/** Whether each point of one axis comes with one point of the other, and the other way round. */
export function goTogether(
  cells: readonly Pick<ClaimPlan['cells'][number], 'coordinates'>[],
  one: string,
  other: string,
): boolean {
  const pairs = new Set<string>();
  const sides = [new Set<string>(), new Set<string>()] as const;
  for (const { coordinates } of cells) {
    if (!Object.hasOwn(coordinates, one)) continue;
    const [a, b] = [JSON.stringify(coordinates[one]), JSON.stringify(coordinates[other])];
    pairs.add(JSON.stringify([a, b]));
    sides[0].add(a);
    sides[1].add(b);
  }
  return pairs.size === sides[0].size && pairs.size === sides[1].size;
}
