import type { Card } from '../card.js';
import { type Interactions, partNames, type Store } from '../types.js';

/** How far from a mean, relatively, and from a share a printed one may be: it is rounded. */
const slack = 0.02;

/** Counts that are not as a card expects them, in words. */
export function differences(
  { expect }: Card,
  { interactions, userIds, itemIds }: Pick<Store, 'interactions' | 'userIds' | 'itemIds'>,
): string[] {
  if (!expect) return [];
  const { positives, parts, positivesPerUser, ...wanted } = expect;
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
    ...partNames.flatMap((name, number) => {
      const { users, items } = parts?.[name] ?? {};
      return [
        ...(users === undefined
          ? []
          : difference(`users of ${name}`, distinctIn(interactions, 'user', userIds.length, number), users)),
        ...(items === undefined
          ? []
          : difference(`items of ${name}`, distinctIn(interactions, 'item', itemIds.length, number), items)),
      ];
    }),
    ...Object.entries(positivesPerUser ?? {}).flatMap(([name, want]) =>
      spreadDifferences(name, perUser(interactions, name, userIds.length, want.part), want),
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

function distinctIn(
  { rows, part, ...ids }: Interactions,
  key: 'user' | 'item',
  size: number,
  number: number,
): number {
  const seen = new Uint8Array(size);
  for (let row = 0; row < rows; row++) if (part?.[row] === number) seen[ids[key][row]!] = 1;
  return count(seen, 1);
}

/** How many positive rows each user has. [users] */
function perUser(
  { rows, user, part, columns }: Interactions,
  column: string,
  users: number,
  of: (typeof partNames)[number] | undefined,
): Int32Array {
  const counts = new Int32Array(users);
  const number = of && partNames.indexOf(of);
  for (let row = 0; row < rows; row++) {
    if (columns[column]?.[row] === 1 && (number === undefined || part?.[row] === number))
      counts[user[row]!]!++;
  }
  return counts;
}

function spreadDifferences(
  name: string,
  counts: Int32Array,
  { mean, belowMean }: { readonly mean: number; readonly belowMean?: number | undefined },
): string[] {
  const found = counts.reduce((sum, one) => sum + one, 0) / counts.length;
  const below = counts.reduce((sum, one) => sum + (one < mean ? 1 : 0), 0) / counts.length;
  return [
    ...(Math.abs(found / mean - 1) <= slack
      ? []
      : [`${found.toFixed(2)} rows with ${name} a user, expected about ${mean}`]),
    ...(belowMean === undefined || Math.abs(below - belowMean) <= slack
      ? []
      : [`${below.toFixed(3)} of the users have fewer than ${mean} of them, expected about ${belowMean}`]),
  ];
}
