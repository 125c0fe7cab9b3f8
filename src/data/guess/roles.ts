import { basename } from 'node:path';
import { didYouMean, UserError } from '../../base/index.js';
import { timeUnit } from '../timeUnit.js';
import { meaningOf, plainName, rankOf } from './names.js';
import type { Column, Profile } from './profile.js';
import { count, describeColumns, others } from './words.js';

/** Columns that the user has named; they are taken as they are. */
export interface GivenColumns {
  readonly user?: string | undefined;
  readonly item?: string | undefined;
  readonly time?: string | undefined;
  /** Numeric columns to keep, in place of all that would be guessed. */
  readonly labels: readonly string[];
  /** Categories of the item, in place of all that would be guessed. */
  readonly categories: readonly string[];
}

/** A column and the reason for taking it. */
export interface Choice {
  readonly column: Column;
  readonly why: string;
}

/** @throws UserError when there is no such column */
export function columnNamed({ columns, file }: Profile, name: string): Column {
  const column = columns.find((one) => one.name === name);
  if (column) return column;
  throw new UserError(
    `there is no column ${name}`,
    didYouMean(
      name,
      columns.map((one) => one.name),
    ),
    { file },
  );
}

/**
 * The columns of user and item: given, by name, or else by what they hold.
 *
 * @param header whether the file names its columns
 * @throws UserError that asks for --user or --item when nothing tells which column it is
 */
export function chooseIds(
  profile: Profile,
  header: boolean,
  given: GivenColumns,
): { readonly user: Choice; readonly item: Choice } {
  const named = {
    user: given.user === undefined ? byName(profile, 'user') : givenChoice(profile, given.user),
    item: given.item === undefined ? byName(profile, 'item') : givenChoice(profile, given.item),
  };
  const taken = [named.user?.column, named.item?.column, ...givenNames(profile, given)];
  const left = profile.columns.filter((column) => !taken.includes(column) && isIdLike(column, profile));
  const user = named.user ?? byContent(profile, left, 'user', header, named.item === null);
  const rest = left.filter((column) => column !== user.column);
  const item = named.item ?? byContent(profile, rest, 'item', header, named.user === null);
  if (user.column !== item.column) return { user, item };
  throw new UserError(
    `column ${user.column.name} cannot hold both users and items`,
    'Name another column with --user or --item.',
    { file: profile.file },
  );
}

function givenNames(profile: Profile, { time, labels, categories }: GivenColumns): Column[] {
  const names = [...(time === undefined ? [] : [time]), ...labels, ...categories];
  return names.map((name) => columnNamed(profile, name));
}

function givenChoice(profile: Profile, name: string): Choice {
  const column = columnNamed(profile, name);
  return { column, why: `as given; ${count(column.distinct)} values` };
}

function byName({ columns }: Profile, meaning: 'user' | 'item'): Choice | null {
  const named = columns
    .filter(({ name, kind, filled }) => kind === 'text' && filled > 0 && rankOf(name, meaning) >= 0)
    .sort((a, b) => rankOf(a.name, meaning) - rankOf(b.name, meaning));
  const [column, ...rest] = named;
  if (!column) return null;
  const too = others(
    rest.map(({ name }) => name),
    `the ${meaning}`,
  );
  return { column, why: `by its name; ${count(column.distinct)} values${too}` };
}

/** Without a header the first columns that look like identifiers; with one, only where there is no other. */
function byContent(
  profile: Profile,
  candidates: readonly Column[],
  kind: 'user' | 'item',
  header: boolean,
  bothUnnamed: boolean,
): Choice {
  const values = (column: Column): string => `${count(column.distinct)} values`;
  if (!header && candidates[0]) {
    const [column, ...rest] = candidates;
    const position = `the ${bothUnnamed && kind === 'user' ? 'first' : 'next'} column that looks like identifiers`;
    const later = rest.slice(kind === 'user' ? 1 : 0).map(({ name }) => name);
    return { column, why: `${position}; ${values(column)}${others(later, `the ${kind}`)}` };
  }
  const ids = candidates.filter(({ name }) => plainName(name).endsWith('id') && meaningOf(name) === null);
  if (ids.length === 1 && !bothUnnamed) {
    return { column: ids[0]!, why: `the only other column that is called an id; ${values(ids[0]!)}` };
  }
  throw new UserError(
    `cannot tell which column holds the ${kind}s`,
    `Say --${kind} COLUMN. ${basename(profile.file)} has ${describeColumns(profile.columns)}.`,
    { file: profile.file },
  );
}

/** Whole numbers from 0, or short texts, in every row; not just a few; of no other known meaning. */
function isIdLike(column: Column, { rows }: Profile): boolean {
  const { kind, filled, distinct, numeric, whole, min, max, longest, name } = column;
  if (kind === 'list' || filled < rows || longest > 64) return false;
  if (distinct < 2 || distinct <= Math.min(10, rows / 10)) return false;
  const meaning = meaningOf(name);
  if (meaning !== null && meaning !== 'user' && meaning !== 'item') return false;
  return !numeric || (whole && min >= 0 && timeUnit(min, max) === null);
}
