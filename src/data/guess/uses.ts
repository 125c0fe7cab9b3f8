import { bracketed, historySeparator, separatorOf, type TagSeparator } from './lists.js';
import { isStay, meaningOf, rankOf } from './names.js';
import { type Column, type Constancy, constancyOf, type Profile } from './profile.js';
import { count, percent, rowsText } from './words.js';

/** What a column of the log is good for, and why. */
export type Use = { readonly column: Column; readonly why: string } & (
  | { readonly kind: 'label' | 'played' | 'context' | 'rating' | 'segments' | 'unused' }
  /** Whether it is the same in (nearly) all rows of an item. */
  | { readonly kind: 'duration'; readonly ofItem: boolean }
  | { readonly kind: 'category'; readonly of: 'items' | 'users' }
  | { readonly kind: 'tag' | 'history'; readonly separator: TagSeparator | null }
);

interface Evidence {
  readonly profile: Profile;
  readonly header: boolean;
  readonly item: Column;
  readonly byItem: ReadonlyMap<string, Constancy>;
  readonly byUser: ReadonlyMap<string, Constancy>;
}

/** Goes through the columns that are neither identifiers nor time. */
export async function usesOf(
  profile: Profile,
  header: boolean,
  ids: { readonly user: Column; readonly item: Column },
  columns: readonly Column[],
): Promise<Use[]> {
  const varied = columns.filter(({ filled, distinct }) => filled > 0 && distinct > 1);
  const byItem = await constancyOf(profile, ids.item.name, varied);
  const byUser = await constancyOf(profile, ids.user.name, varied);
  const evidence = { profile, header, item: ids.item, byItem, byUser };
  const uses: Use[] = [];
  for (const column of columns) uses.push(await useOf(column, evidence));
  return uses;
}

async function useOf(column: Column, evidence: Evidence): Promise<Use> {
  const { profile } = evidence;
  const { kind, distinct, filled, numeric } = column;
  if (filled === 0) return { column, kind: 'unused', why: 'empty' };
  if (meaningOf(column.name) === 'label') {
    // The name of a label says what it means that all rows are alike.
    if (column.ones === profile.rows) return { column, kind: 'label', why: '1 in all rows' };
    if (column.zeros === profile.rows) return { column, kind: 'unused', why: '0 in all rows' };
  }
  if (distinct === 1) return { column, kind: 'unused', why: 'the same in every row' };
  const listed = numeric ? null : await listUse(column, evidence);
  if (listed) return listed;
  if (kind === 'list')
    return { column, kind: 'unused', why: 'lists that differ between the rows of an item' };
  const own = numberUse(column, evidence);
  if (!own || own.kind === 'category' || filled === profile.rows) return own ?? categoryUse(column, evidence);
  return { column, kind: 'unused', why: `${rowsText(profile.rows - filled)} without a number` };
}

function isBinary({ filled, zeros, ones }: Column): boolean {
  return zeros > 0 && ones > 0 && zeros + ones === filled;
}

/** 0 or 1: what a user did, unless it is the same in all rows of an item or of a user. */
function binaryUse(column: Column, evidence: Evidence): Use {
  const { rows } = evidence.profile;
  const why = `0 or 1, 1 in ${percent(column.ones, rows)} of the rows`;
  const named = meaningOf(column.name) === 'label';
  const of = constantOf(column, evidence);
  if (of && !named) return { column, kind: 'category', of: of.room, why: of.why };
  const varies = (evidence.byUser.get(column.name)?.varying ?? 0) > 0;
  if (!named && !varies) {
    return { column, kind: 'unused', why: `${why}; never differs between the rows of a user` };
  }
  return { column, kind: 'label', why: of ? `${why}; ${of.why}` : why };
}

/** What the name of a numeric column says, or in a file without names what ratings look like. */
function numberUse(column: Column, evidence: Evidence): Use | null {
  if (!column.numeric) return null;
  if (isBinary(column)) return binaryUse(column, evidence);
  const { name, min, max, distinct } = column;
  const negative = min < 0 ? `; some are negative (${min})` : '';
  const range = `${min} to ${max}`;
  if (rankOf(name, 'played') >= 0 || isStay(name)) {
    const kind = rankOf(name, 'played') >= 0 ? 'played' : 'context';
    return { column, kind, why: `by its name a time that was spent, ${range}${negative}` };
  }
  if (rankOf(name, 'duration') >= 0) {
    const item = evidence.byItem.get(name);
    const ofItem = item !== undefined && item.varying <= item.groups / 100;
    return {
      column,
      kind: 'duration',
      ofItem,
      why: `by its name the length of the video, ${range}${negative}`,
    };
  }
  if (rankOf(name, 'ratio') >= 0) return { column, kind: 'context', why: `by its name a share, ${range}` };
  const scale = min >= 0 && max <= 10 && distinct >= 3 && distinct <= 21;
  if (scale && (rankOf(name, 'rating') >= 0 || (!evidence.header && max === 5 && distinct <= 11))) {
    return { column, kind: 'rating', why: `${distinct} values from ${range}` };
  }
  return null;
}

/** Columns whose cells hold several values: list columns, and texts with separators. */
async function listUse(column: Column, evidence: Evidence): Promise<Use | null> {
  const { profile, item } = evidence;
  const history = await historySeparator(profile, column, item);
  if (history !== undefined) {
    return { column, kind: 'history', separator: history, why: 'by its name; its entries are items' };
  }
  if (constantOf(column, evidence)?.room === 'items') {
    const why = 'several values each, the same in all rows of an item';
    if (column.kind === 'list') return { column, kind: 'tag', separator: null, why };
    const separator = await separatorOf(profile, column, item);
    if (separator) return { column, kind: 'tag', separator, why };
  }
  if (column.kind === 'list' || column.filled < profile.rows || !(await bracketed(profile, column)))
    return null;
  return { column, kind: 'segments', why: 'lists of -1, 0 and 1 in brackets' };
}

/** Columns of few values that are the same in all rows of an item or a user. */
function categoryUse(column: Column, evidence: Evidence): Use {
  const of = constantOf(column, evidence);
  const { profile, item } = evidence;
  const { name, distinct, numeric, whole, longest, filled } = column;
  const values = `${count(distinct)} values`;
  if (!of) return { column, kind: 'unused', why: `${values}; ${doubt(column, evidence)}` };
  if (numeric && !whole) return { column, kind: 'unused', why: `fractions; ${of.why}` };
  const groups = of.room === 'items' ? item.distinct : profile.rows;
  const few = distinct <= 1000 && distinct <= Math.max(20, groups / 4) && longest <= 64;
  if (!few && rankOf(name, 'group') < 0) {
    return { column, kind: 'unused', why: `${values}, too many for a category; ${of.why}` };
  }
  const unknown = filled < profile.rows ? `, unknown in ${count(profile.rows - filled)} rows` : '';
  return { column, kind: 'category', of: of.room, why: `${values}${unknown}; ${of.why}` };
}

/** Why a column is not taken for one of items or users. */
function doubt({ name }: Column, { byItem, byUser }: Evidence): string {
  const varies = (found: Constancy | undefined): boolean =>
    (found?.varying ?? 0) > (found?.groups ?? 0) / 100;
  if (varies(byItem.get(name)) && varies(byUser.get(name))) {
    return 'differs between the rows of an item, and of a user';
  }
  return 'too few rows of one item or one user to tell whose it is';
}

/**
 * Whether a column is the same in all rows of an item, or else of a user: at most one group in a hundred may differ, and
 * chance would have made at least five differ (a probability below 1 %).
 */
function constantOf(
  { name }: Column,
  { byItem, byUser }: Evidence,
): { readonly room: 'items' | 'users'; readonly why: string } | null {
  for (const [room, found] of [
    ['items', byItem.get(name)],
    ['users', byUser.get(name)],
  ] as const) {
    if (!found || found.expected < 5 || found.varying > found.groups / 100) continue;
    const one = room === 'items' ? 'an item' : 'a user';
    const but = found.varying > 0 ? `, but for ${count(found.varying)} of ${count(found.groups)}` : '';
    return { room, why: `the same in all rows of ${one}${but}` };
  }
  return null;
}
