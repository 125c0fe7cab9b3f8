import { rankOf, vocabulary } from './names.js';
import { type Column, numberCell, type Profile } from './profile.js';
import type { Use } from './uses.js';
import { percent } from './words.js';

/** A label that is made of a column of numbers. */
export interface MadeLabel {
  readonly name: string;
  readonly spec: { readonly column: string; readonly over?: string; readonly atLeast: number };
  readonly why: string;
}

/**
 * Columns of 0 and 1 with the likeliest target first, those that are always 1 after the others; columns of no known name
 * last, in the order of the file.
 */
export function labelsOf(uses: readonly Use[]): Use[] {
  const place = ({ column }: Use): number => {
    const rank = rankOf(column.name, 'label');
    if (rank < 0) return Number.MAX_SAFE_INTEGER;
    return column.zeros === 0 ? vocabulary.label.length + rank : rank;
  };
  return uses.filter(({ kind }) => kind === 'label').sort((a, b) => place(a) - place(b));
}

/** For a log without a column of both 0 and 1: of its ratings, of the share of a video that was watched, or none. */
export async function makeLabel(
  profile: Profile,
  uses: readonly Use[],
  called: (column: Column) => string,
): Promise<MadeLabel | null> {
  const rating = uses.find(({ kind }) => kind === 'rating');
  if (rating) {
    const { name, max } = rating.column;
    const atLeast = 0.8 * max;
    const rate = await rateOf(profile, `${numberCell(name)} >= ${atLeast}`);
    const why = `no column holds 0 and 1: ${atLeast} of ${max} and more count as liked (${percent(rate, 1)} of the rows)`;
    return { name: 'liked', spec: { column: called(rating.column), atLeast }, why };
  }
  const ratio = uses.find(({ column }) => rankOf(column.name, 'ratio') >= 0 && column.numeric)?.column;
  const played = uses.find(({ kind }) => kind === 'played')?.column;
  const duration = uses.find(({ kind }) => kind === 'duration')?.column;
  if (ratio) return watched(profile, { column: called(ratio) }, numberCell(ratio.name));
  if (!played || !duration) return null;
  const share = `${numberCell(played.name)} / nullif(${numberCell(duration.name)}, 0)`;
  return watched(profile, { column: called(played), over: called(duration) }, share);
}

/** The largest of some usual shares that neither nearly all nor nearly no rows reach. */
async function watched(
  profile: Profile,
  of: Omit<MadeLabel['spec'], 'atLeast'>,
  share: string,
): Promise<MadeLabel | null> {
  for (const atLeast of [1, 0.8, 0.5]) {
    const rate = await rateOf(profile, `${share} >= ${atLeast}`);
    if (rate < 0.05 || rate > 0.95) continue;
    const why = `no column holds 0 and 1: ${100 * atLeast} % of the video and more count as watched (${percent(rate, 1)} of the rows)`;
    return { name: 'watched', spec: { ...of, atLeast }, why };
  }
  return null;
}

async function rateOf({ database, rows }: Profile, condition: string): Promise<number> {
  return (await database.number(`SELECT count_if(${condition}) FROM guess`)) / rows;
}
