import type { Card } from '../card.js';
import { partNames, type Store } from '../types.js';

/** Counts that are not as a card expects them, in words. */
export function differences(
  { expect }: Card,
  { interactions, userIds, itemIds }: Pick<Store, 'interactions' | 'userIds' | 'itemIds'>,
): string[] {
  if (!expect) return [];
  const { positives, ...wanted } = expect;
  const { rows, part, columns } = interactions;
  const found: Record<string, number> = { rows, users: userIds.length, items: itemIds.length };
  partNames.forEach((name, number) => {
    found[name] = part ? count(part, number) : 0;
  });
  return [
    ...Object.entries(wanted).flatMap(([what, want]) => difference(what, found[what]!, want)),
    ...Object.entries(positives).flatMap(([name, want]) =>
      difference(`rows with ${name}`, columns[name] ? count(columns[name], 1) : 0, want),
    ),
  ];
}

function difference(what: string, found: number, wanted: number): string[] {
  return found === wanted ? [] : [`${found} ${what}, expected ${wanted}`];
}

function count(values: Uint8Array | Float32Array, value: number): number {
  let times = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === value) times++;
  return times;
}
