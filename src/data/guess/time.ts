import { UserError } from '../../base/index.js';
import { milliseconds, timeUnit } from '../timeUnit.js';
import { refuseBadCell } from './badCell.js';
import { rankOf } from './names.js';
import { type Column, filledCell, numberCell, type Profile } from './profile.js';
import { type Choice, columnNamed } from './roles.js';
import { count, others, shortened } from './words.js';

export interface TimeChoice extends Choice {
  /** Whether it holds dates in words instead of numbers. */
  readonly dates: boolean;
  /** Rows without a time. */
  readonly missing: number;
}

/**
 * The column of times: given, by name, or in a file without names by its size. `null` with a reason where there is none and
 * the order of the rows has to do.
 *
 * @param ids columns of users and items
 * @throws UserError when a few times are not what the others are, or the only times are texts and the rows of a user do not stand in their order
 */
export async function chooseTime(
  profile: Profile,
  header: boolean,
  given: string | undefined,
  ids: { readonly user: Column; readonly item: Column },
): Promise<TimeChoice | { readonly column: null; readonly why: string }> {
  if (given !== undefined) return givenTime(profile, columnNamed(profile, given));
  const free = profile.columns.filter((column) => column !== ids.user && column !== ids.item);
  const named = free
    .filter(({ name, filled }) => filled > 0 && rankOf(name, 'time') >= 0)
    .sort((a, b) => rankOf(a.name, 'time') - rankOf(b.name, 'time'));
  const [column, ...rest] = named.filter((one) => one.distinct > 1 && mostlyNumbers(one));
  if (column) return numbers(profile, column, 'by its name', rest);
  if (!header) {
    const last = free.filter((one) => isTimeLike(one, profile)).at(-1);
    if (last) return numbers(profile, last, 'by the size of its numbers');
  }
  const text = named.find(({ numeric, kind, distinct }) => !numeric && kind === 'text' && distinct > 1);
  if (!text) return { column: null, why: 'no column holds times, so the order of the rows is the time' };
  if (await mostlyDates(profile, text)) return dates(profile, text, 'by its name');
  await requireOrder(profile, ids.user, text);
  const sample = await sampleOf(profile, text);
  return {
    column: null,
    why: `${text.name} holds texts (${sample}), and the rows of each user stand in their order, so that order is the time`,
  };
}

/** Share of a column's filled cells from which on the others are errors. */
const MOSTLY = 0.9;

function mostlyNumbers({ finite, filled }: Column): boolean {
  return finite > 0 && finite >= MOSTLY * filled;
}

async function givenTime(profile: Profile, column: Column): Promise<TimeChoice> {
  if (!mostlyNumbers(column) && (await mostlyDates(profile, column))) {
    return dates(profile, column, 'as given');
  }
  return numbers(profile, column, 'as given');
}

async function numbers(
  profile: Profile,
  column: Column,
  reason: string,
  rest: readonly Column[] = [],
): Promise<TimeChoice> {
  if (!column.numeric) await refuseTime(profile, column, 'a number', `isfinite(${numberCell(column.name)})`);
  const too = others(
    rest.map(({ name }) => name),
    'the time',
  );
  const missing = profile.rows - column.filled;
  return { column, why: `${reason}: ${spanText(column)}${too}`, missing, dates: false };
}

async function dates(profile: Profile, column: Column, reason: string): Promise<TimeChoice> {
  if ((await countDates(profile, column)) < column.filled) {
    await refuseTime(profile, column, 'a date', `${dateCell(column.name)} IS NOT NULL`);
  }
  const why = `${reason}: dates such as ${await sampleOf(profile, column)}`;
  return { column, why, missing: profile.rows - column.filled, dates: true };
}

/** An empty cell is a missing time, which is no error. */
function refuseTime(profile: Profile, column: Column, wanted: string, good: string): Promise<never> {
  const fix = 'Correct the file, or leave the cell empty: rows without a time are dropped.';
  return refuseBadCell(profile, column, wanted, `${filledCell(column.name)} IS NULL OR ${good}`, fix);
}

function spanText({ min, max }: Column): string {
  const unit = timeUnit(min, max);
  if (!unit) return `${min} to ${max}, no unit that counts from 1970`;
  const [first, last] = [min, max].map((time) =>
    new Date(milliseconds(time, unit)).toISOString().slice(0, 10),
  );
  return `${unit} since 1970, ${first === last ? first : `${first} to ${last}`}`;
}

/** Times of a known unit, or large numbers that lie close together, with many values. */
function isTimeLike(column: Column, { rows }: Profile): boolean {
  const { min, max, distinct } = column;
  if (!mostlyNumbers(column) || distinct <= Math.min(10, rows / 10)) return false;
  return timeUnit(min, max) !== null || (min >= 1e9 && (max - min) / max < 0.1);
}

const dateCell = (name: string): string => `TRY_CAST(${filledCell(name)} AS TIMESTAMPTZ)`;

function countDates({ database }: Profile, { name }: Column): Promise<number> {
  return database.number(`SELECT count(${dateCell(name)}) FROM guess`);
}

async function mostlyDates(profile: Profile, column: Column): Promise<boolean> {
  return column.filled > 0 && (await countDates(profile, column)) >= MOSTLY * column.filled;
}

/** Texts such as 2022w15d3 sort as times do. */
async function requireOrder({ database, file }: Profile, user: Column, time: Column): Promise<void> {
  const cell = filledCell(time.name);
  const back = await database.number(
    `SELECT count(*) FROM (SELECT ${cell} AS time,
       lag(${cell}) OVER (PARTITION BY ${filledCell(user.name)} ORDER BY rowid) AS before FROM guess) WHERE time < before`,
  );
  if (back === 0) return;
  throw new UserError(
    `the times of column ${time.name} are texts, and going down its rows they go back ${count(back)} times within a user`,
    'Write them as numbers, for example milliseconds since 1970, or sort the rows of each user by time.',
    { file },
  );
}

async function sampleOf({ database }: Profile, { name }: Column): Promise<string> {
  const [value = ''] = await database.texts(
    `SELECT ${filledCell(name)} AS value FROM guess WHERE value IS NOT NULL LIMIT 1`,
  );
  return shortened(value);
}
